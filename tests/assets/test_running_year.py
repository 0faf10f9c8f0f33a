"""Months feed the year under way, and agree with the years that start from it; unknown ages pass both ways."""

from __future__ import annotations

from datetime import date
from types import SimpleNamespace

import numpy as np
import polars as pl
import pytest

from assets.forecast_inputs import known_shares
from assets.months import _year_totals, month_tables, running_year
from assets.need import need_tables
from assets.stages import CountyRun
from forecasting.need_tables import RUNNING
from lake.settings import load_settings

AS_OF = date(2026, 10, 31)
UNKNOWN_SHARE = 0.2


@pytest.fixture(scope="module")
def run(tmp_path_factory):  # type: ignore[no-untyped-def]
    """Lapland with one service that has risen by a tenth in the running year; a fifth of events lack an age."""
    folder = tmp_path_factory.mktemp("lake")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PALVELUTARVE_DATA", str(folder))
        warned: list[str] = []
        log = SimpleNamespace(warning=warned.append, info=warned.append)
        run = CountyRun("lappi", AS_OF, "2026-11", folder, load_settings(), log, "run")
        tables = _tables(run)
        for name, table in tables.items():
            run.lake.write(name, run.county.code, table, "x")
        for make in (running_year, need_tables, month_tables):
            for name, table in make(run).items():
                run.lake.write(name, run.county.code, table, "x")
        yield run


def _tables(run: CountyRun) -> dict[str, pl.DataFrame]:
    rng = np.random.default_rng(1)
    service = next(s.code for s in run.county.services if s.min_age == 0 and s.exposure == "population")
    months = [date(y, m, 1) for y in range(2016, 2027) for m in range(1, 13) if date(y, m, 1) < AS_OF]
    persons, use = [], []
    for area in run.county.service_areas:
        place = area.municipalities[0]
        for year in range(2012, 2036):
            persons += [(place, sex, age, year, 60.0) for sex in ("male", "female") for age in range(101)]
        for month in months:
            level = 120.0 * (1.1 if month.year == 2026 else 1.0)
            for group in run.county.age_groups.labels:
                for sex in ("male", "female"):
                    use.append((area.code, service, sex, group, month, int(rng.poisson(level / 10))))
            unknown = sum(row[-1] for row in use[-2 * len(run.county.age_groups.labels) :]) / 4
            use.append((area.code, service, "male", "unknown", month, round(unknown)))
    people = pl.DataFrame(persons, schema=["area", "sex", "age", "year", "persons"], orient="row")
    return {
        "population": people.filter(pl.col("year") <= 2025),
        "projection": people.filter(pl.col("year") > 2025).with_columns(variant=pl.lit("trend")),
        "service_use": pl.DataFrame(
            use, schema=["area", "service", "sex", "age_group", "period", "count"], orient="row"
        ),
        "break_flags": pl.DataFrame(
            schema={"area": pl.String, "service": pl.String, "ds": pl.Date, "ratio": pl.Float64,
                    "score": pl.Float64, "announced": pl.Boolean}
        ),
        "coverage_flags": pl.DataFrame(
            schema={"source": pl.String, "area": pl.String, "service": pl.String, "month": pl.Date,
                    "flag": pl.String}
        ),
    }  # fmt: skip


def test_the_share_of_known_ages_is_told_by_service(run: CountyRun) -> None:
    shares = known_shares(run.table("service_use"), AS_OF)
    assert shares["share"].item() == pytest.approx(1.0 - UNKNOWN_SHARE, abs=0.01)


def test_the_year_under_way_counts_known_ages_and_the_years_after_start_from_it(run: CountyRun) -> None:
    use, need = run.table("service_use"), run.table("need_forecast")
    known = use.filter(pl.col("age_group") != "unknown")
    last = known.filter(pl.col("period").dt.year() == 2025)["count"].sum()
    so_far = known.filter(pl.col("period").dt.year() == 2026)["count"].sum()
    whole = need.filter(
        (pl.col("area") == run.county.code) & (pl.col("sex") == "all") & (pl.col("age_group") == "all")
    )
    ahead = whole.filter(pl.col("kind") == "forecast").sort("year")
    now, after = ahead.row(0, named=True), ahead.row(1, named=True)
    assert now["year"] == 2026
    assert RUNNING in now["flag"]
    assert now["mean"] == pytest.approx(so_far * 12 / 10, rel=0.02)
    assert now["q0.9"] - now["q0.1"] < 0.05 * now["mean"]
    assert last * 1.01 < after["mean"] < last * 1.13


def test_months_agree_with_years_whatever_share_has_no_age(run: CountyRun) -> None:
    need, months = run.table("need_forecast"), run.table("month_forecast")
    share = known_shares(run.table("service_use"), AS_OF)["share"].item()
    by_year = months.with_columns(
        year=pl.col("ds").dt.year().cast(pl.Int64), value=pl.coalesce(pl.col("mean").fill_nan(None), "y")
    )
    sums = (
        by_year.group_by("area", "year").agg(pl.col("value").sum(), months=pl.len()).filter(pl.col("months") == 12)
    )
    yearly = need.filter(
        (pl.col("kind") == "forecast") & (pl.col("sex") == "all") & (pl.col("age_group") == "all")
    ).select("area", "year", "mean")
    both = sums.join(yearly, on=["area", "year"])
    assert set(both["year"]) == {2026, 2027}
    assert both["value"].to_numpy() * share == pytest.approx(both["mean"].to_numpy(), rel=0.002)


def test_a_service_without_a_single_age_is_not_taken_for_one_with_all() -> None:
    rows = [("a", "aged", 5), ("unknown", "aged", 15), ("unknown", "ageless", 9), ("a", "ended", 0)]
    use = pl.DataFrame(rows, schema=["age_group", "service", "count"], orient="row")
    shares = known_shares(use.with_columns(period=pl.lit(date(2026, 9, 1))), AS_OF)
    assert dict(shares.iter_rows()) == {"aged": 0.25, "ended": 1.0}


@pytest.mark.parametrize(
    ("last", "flag", "expected"),
    [(date(2026, 12, 1), "", [2027, 2028]), (date(2026, 11, 1), "running", [2026, 2027, 2028]),
     (date(2026, 11, 1), "", [2027, 2028])],
)  # fmt: skip
def test_months_agree_with_every_year_that_lies_after_the_last_month(
    last: date, flag: str, expected: list[int]
) -> None:
    years = [2026, 2027, 2028]
    need = pl.DataFrame({"year": years, "mean": [9.0] * 3, "flag": [flag, "", ""]}).with_columns(
        area=pl.lit("x"), service=pl.lit("s"), sex=pl.lit("all"), age_group=pl.lit("all"), kind=pl.lit("forecast")
    )
    use = pl.DataFrame({"period": [last], "service": ["s"], "age_group": ["a"], "count": [3]})
    january = SimpleNamespace(
        as_of=date(2027, 1, 5), county=SimpleNamespace(code="21"), table_or_none={"need_forecast": need}.get
    )
    assert _year_totals(january, use)["year"].to_list() == expected
