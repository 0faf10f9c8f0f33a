"""The synthetic county with known truth: what a county would deliver, and beside it what really is.

Everything here is invented and marked so; municipality names and codes and the sizes of populations are real.
"""

from sources.synthetic.demo import AS_OF, DemoSummary, write_demo
from sources.synthetic.geography import UnknownCountyError, demo_county

__all__ = [
    "AS_OF",
    "DemoSummary",
    "UnknownCountyError",
    "demo_county",
    "write_demo",
]
