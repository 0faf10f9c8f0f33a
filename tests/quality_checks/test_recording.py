"""Recording delays, coverage and the figures that say they rest on poor records."""

from datetime import date, timedelta

import numpy as np
import polars as pl
import pytest

from quality_checks.recording import coverage_flags, flags_of_services, mark_figures, recording_delays
from quality_checks.recording.delays import arrived_shares

AS_OF = date(2026, 10, 31)


def records(rng, *, mean: float, per_day: int = 4, days: int = 400, unit: str = "u", service: str = "home_care"):
    """Events of the days before `AS_OF` that are recorded by then, with exponential delays of that mean."""
    happened = np.repeat(np.arange(days), per_day)
    delay = np.floor(rng.exponential(mean, happened.size)).astype(int)
    here = delay <= happened
    day = [AS_OF - timedelta(days=int(n)) for n in happened[here]]
    return pl.DataFrame(
        {
            "unit": unit, "area": "a", "service": service, "happened": day,
            "recorded": [d + timedelta(days=int(n)) for d, n in zip(day, delay[here], strict=True)],
        }
    )  # fmt: skip


def test_shares_that_arrive_follow_a_hand_made_triangle():
    # Delays of 0 and 1 days. Of 10 old events 6 came at once; of the youngest only those at once are here.
    triangle = np.zeros((1, 3, 3))
    triangle[0, 0, 2], triangle[0, 1, 2], triangle[0, 0, 0] = 600, 400, 300
    share = arrived_shares(triangle)[0]
    assert share == pytest.approx([0.6, 1.0, 1.0], abs=0.03)


def test_the_part_that_is_here_and_the_part_in_time_are_recovered():
    delays = recording_delays(records(np.random.default_rng(1), mean=10.0, per_day=12), source="e", as_of=AS_OF)
    months = {row["month"]: row for row in delays.iter_rows(named=True)}
    ages = np.arange(31)
    arrived = np.mean(1 - np.exp(-(ages + 1) / 10))
    latest = months[date(2026, 10, 1)]
    assert latest["expected_share"] == pytest.approx(arrived, abs=0.06)
    for month in (date(2026, 10, 1), date(2026, 3, 1)):
        assert months[month]["within_7"] == pytest.approx(1 - np.exp(-0.8), abs=0.09), month
    assert months[date(2026, 3, 1)]["expected_share"] > 0.99
    assert months[date(2026, 3, 1)]["median_days"] == pytest.approx(10 * np.log(2), abs=2)


def test_records_before_their_event_or_after_the_day_tell_nothing():
    day = date(2026, 5, 4)
    rows = pl.DataFrame(
        {
            "unit": "u", "area": "a", "service": "s", "happened": [day, day, None, day],
            "recorded": [day - timedelta(days=1), date(2027, 1, 1), day, day],
        }
    )  # fmt: skip
    assert recording_delays(rows, source="e", as_of=AS_OF)["records"].to_list() == [1]
    assert recording_delays(rows.head(1), source="e", as_of=AS_OF).is_empty()
    assert coverage_flags(recording_delays(rows.head(1), source="e", as_of=AS_OF), AS_OF).is_empty()


def delays(rows: list[tuple[date, int, float, float]], area: str = "a", service: str = "s") -> pl.DataFrame:
    """Months as (month, records, share in time, expected share)."""
    table = pl.DataFrame(rows, schema=["month", "records", "within_7", "expected_share"], orient="row")
    return table.with_columns(source=pl.lit("e"), area=pl.lit(area), service=pl.lit(service), unit=pl.lit("u"))


def months(count: int) -> list[date]:
    return pl.date_range(date(2025, 1, 1), date(2028, 1, 1), "1mo", eager=True)[:count].to_list()


def test_months_that_are_late_incomplete_or_of_another_size_are_flagged():
    steady = [(m, 200, 0.9, 1.0) for m in months(18)]
    assert set(coverage_flags(delays(steady), AS_OF)["flag"]) == {""}
    late = [*steady[:-1], (steady[-1][0], 200, 0.6, 1.0)]
    assert coverage_flags(delays(late), AS_OF)["flag"].to_list()[-1] == "late"
    slow = [(m, 200, 0.3, 1.0) for m in months(18)]
    assert set(coverage_flags(delays(slow), AS_OF)["flag"]) == {"late"}
    few = [(m, 10, 0.3, 1.0) for m in months(18)]
    assert set(coverage_flags(delays(few), AS_OF)["flag"]) == {""}
    here = [*steady[:-1], (steady[-1][0], 120, 0.9, 0.6)]
    assert coverage_flags(delays(here), AS_OF)["flag"].to_list()[-1] == "incomplete"
    grown = [(m, 100 if n < 10 else 400, 0.9, 1.0) for n, m in enumerate(months(18))]
    flags = coverage_flags(delays(grown), AS_OF)["flag"].to_list()
    assert "break" in flags[8:12]
    assert set(flags[:8]) == {""}


def test_poor_records_of_a_task_flag_its_latest_year():
    scores = pl.DataFrame(
        {
            "level": "area", "split": "service_task", "dimension": "overall", "area": ["a", "b"],
            "value": "s", "index": [0.6, 0.95], "high": [0.7, 0.97],
        }
    )  # fmt: skip
    rows = pl.concat([delays([(m, 200, 0.9, 1.0) for m in months(22)], area) for area in ("a", "b")])
    flags = coverage_flags(rows, AS_OF, scores)
    assert set(flags.filter(pl.col("area") == "b")["flag"]) == {""}
    poor = flags.filter(pl.col("flag") == "poor")
    assert poor["month"].min() == date(2025, 11, 1)
    assert poor["index"].unique().to_list() == [0.6]
    named = flags_of_services(flags, {"home_care": ("s",), "housing": ("s",), "dental": ()})
    assert set(named["service"]) == {"home_care", "housing"}


def figures(time: str, values: list, kinds: list[str]) -> pl.DataFrame:
    one = pl.DataFrame({time: values, "kind": kinds, "flag": [""] * len(values)})
    return pl.concat(
        one.with_columns(area=pl.lit(a), service=pl.lit(s)) for a in ("a", "b", "09") for s in ("s", "t")
    )


def test_figures_from_poor_months_say_so():
    flagged = months(22)[-4:]
    rows = [(m, 200, 0.2 if m in flagged else 0.9, 1.0) for m in months(22)]
    flags = pl.concat(
        [
            coverage_flags(delays(rows), AS_OF),
            coverage_flags(delays([(m, 5000, 0.9, 1.0) for m in months(22)], "b"), AS_OF),
        ]
    )
    year = figures("year", [2025, 2026, 2027], ["observed", "observed", "forecast"])
    marked = mark_figures(year, flags, time="year", total="09", as_of=AS_OF)
    told = marked.filter(pl.col("flag") == "poorly_recorded").select("area", "service", "year").rows()
    assert sorted(told) == [("a", "s", 2026), ("a", "s", 2027)]
    month = figures("ds", [months(22)[0], flagged[0], date(2026, 12, 1)], ["observed", "estimated", "forecast"])
    month = month.with_columns(pl.col("ds").cast(pl.Datetime("us")), flag=pl.lit("incomplete"))
    marked = mark_figures(month, flags, time="ds", total="09", as_of=AS_OF)
    assert marked.height == month.height
    told = marked.filter(pl.col("flag") == "incomplete,poorly_recorded").select("area", "service").rows()
    assert sorted(told) == [("a", "s"), ("a", "s")]
    assert mark_figures(marked, flags, time="ds", total="09", as_of=AS_OF).equals(marked)


def test_the_countys_total_says_so_when_a_fifth_of_its_records_are_poor():
    poor = coverage_flags(delays([(m, 200, 0.2, 1.0) for m in months(22)]), AS_OF)
    good = coverage_flags(delays([(m, 300, 0.9, 1.0) for m in months(22)], "b"), AS_OF)
    marked = mark_figures(
        figures("year", [2026], ["observed"]), pl.concat([poor, good]), time="year", total="09", as_of=AS_OF
    )
    told = marked.filter(pl.col("flag") != "").select("area", "service").rows()
    assert sorted(told) == [("09", "s"), ("a", "s")]
