"""Measures from the registers: access to care, continuity of care, segments, debt, referrals.

Each carries its n, its exclusions and an interval. Plain tables in, plain tables out.
"""

from indicators.county_measures import measures

__all__ = ["measures"]
