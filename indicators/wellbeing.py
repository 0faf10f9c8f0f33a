"""Wellbeing referrals (hyvinvointilähete): how many were taken up, and how soon the first contact came."""

from __future__ import annotations

import polars as pl

from indicators.tables import Scope, shares, tidy, with_area, year_of

UPTAKE_NOTE = "of referrals with a known outcome; excluded: no outcome yet"
CONTACT_NOTE = "excluded: referred too lately for the days to have passed"


def referral_uptake(
    referrals: pl.DataFrame,
    scope: Scope,
    *,
    contact_days: int = 14,
) -> pl.DataFrame:
    """Uptake of wellbeing referrals by service area and year of referral; groups are the kinds of activity.

    For figures by municipality, give a mapping of each municipality to itself; such figures are small and belong
    in the county's own planning, not in a publication beside those of the areas.

    Args:
        referrals: contract table `wellbeing_referrals`.
        scope: whose figures, and of which day.
        contact_days: calendar days within which a first contact is expected.

    Returns:
        Measures `wellbeing_referral_uptake` and `share_contacted_within_<d>_days`.
    """
    rows = with_area(referrals.filter(pl.col("referred_on") <= scope.as_of), scope, "wellbeing_referrals")
    rows = rows.with_columns(year_of("referred_on"), group=pl.col("to_kind"))
    took_up = pl.col("outcome") == "took_up"
    waited = (pl.col("contacted_on") - pl.col("referred_on")).dt.total_days()
    in_time = ((waited <= contact_days) & (pl.col("contacted_on") <= scope.as_of)).fill_null(False)
    is_due = (pl.lit(scope.as_of) - pl.col("referred_on")).dt.total_days() >= contact_days
    in_time = pl.when(is_due | in_time).then(in_time)
    contacted = f"share_contacted_within_{contact_days}_days"
    return tidy(
        [
            shares(_cells(rows, "wellbeing_referral_uptake", took_up), scope.county_code, UPTAKE_NOTE),
            shares(_cells(rows, contacted, in_time), scope.county_code, CONTACT_NOTE),
        ]
    )


def _cells(rows: pl.DataFrame, measure: str, succeeded: pl.Expr) -> pl.DataFrame:
    """Cells of a share; a row that cannot be judged yet (null) is excluded."""
    return rows.group_by("area", "group", "period").agg(
        measure=pl.lit(measure),
        successes=succeeded.fill_null(False).sum(),
        n=succeeded.is_not_null().sum(),
        excluded=succeeded.is_null().sum(),
    )
