"""The synthetic county with known truth: what a county would deliver, and beside it what really is.

Everything here is invented and marked so; municipality names and codes and the sizes of populations are real.
"""

from sources.synthetic.demo import MARKER, DemoSummary, is_synthetic, write_demo
from sources.synthetic.geography import UnknownCountyError, demo_county, demo_slugs

__all__ = [
    "MARKER",
    "DemoSummary",
    "UnknownCountyError",
    "demo_county",
    "demo_slugs",
    "is_synthetic",
    "write_demo",
]
