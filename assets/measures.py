"""Measures from the registers: access to care, continuity of care, segments, debt, referrals."""

from typing import TYPE_CHECKING

from assets.stages import CountyRun, Stage

if TYPE_CHECKING:
    import polars as pl


def _measures(run: CountyRun) -> dict[str, "pl.DataFrame"]:
    import polars as pl

    from indicators.county_measures import measures

    county = run.county
    visits = [s.code for s in county.services if s.measure in ("visits", "days")]
    return {
        "measures": measures(
            run.table("service_events"),
            run.table("waiting_list"),
            run.table("wellbeing_referrals"),
            area_of_municipality=county.area_of_municipality,
            county_code=county.code,
            limits=county.waiting_limits,
            as_of=run.as_of,
            seed=county.forecast.seed,
            monthly=run.table("service_use").filter(pl.col("service").is_in(visits)),
        )
    }


MEASURE_STAGES: tuple[Stage, ...] = (
    Stage(
        name="measures",
        group="measures",
        tables={
            "measures": "Access, waiting, continuity, segments, capacity and referral uptake, with intervals."
        },
        reads=("service_events", "waiting_list", "wellbeing_referrals", "service_use"),
        code=("indicators", "counties"),
        make=_measures,
        personal=True,
    ),
)
