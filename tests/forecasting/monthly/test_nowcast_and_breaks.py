"""Late records are expected, not read as falling need; sudden lasting shifts are recording, not need."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from forecasting.monthly.breaks import detect_breaks
from forecasting.monthly.nowcast import complete_recent

AS_OF = pd.Timestamp("2024-06-30")


def even_delays(days: int = 400) -> pd.DataFrame:
    """Every day 8 events: half recorded the same day, half thirty days later."""
    day = np.repeat(pd.date_range(end="2024-07-10", periods=days), 8)
    delay = np.tile([0, 0, 0, 0, 30, 30, 30, 30], days)
    return pd.DataFrame(
        {
            "area": "A",
            "service": "s",
            "unit": "u",
            "event_date": day,
            "recorded_at": day + pd.to_timedelta(delay, "D"),
        }
    )


def test_the_delay_distribution_is_recovered() -> None:
    delays = complete_recent(even_delays(), as_of=AS_OF, max_delay=60).delays.set_index("delay")["recorded"]
    assert delays[0] == pytest.approx(0.5, abs=0.02)
    assert delays[29] == pytest.approx(0.5, abs=0.02)
    assert delays[30] == pytest.approx(1.0, abs=0.001)


def test_the_latest_month_is_completed_to_what_will_come() -> None:
    result = complete_recent(even_delays(), as_of=AS_OF, max_delay=60)
    june = result.table.set_index("ds").loc["2024-06-01"]
    assert june["observed"] == 4 * 30
    assert june["mean"] == pytest.approx(8 * 30, rel=0.05)
    assert june["q0.1"] < 240 < june["q0.9"]
    assert (result.draws >= result.table["observed"].to_numpy()).all()


def test_complete_months_and_months_not_over_are_left_alone() -> None:
    result = complete_recent(even_delays(), as_of="2024-07-05", max_delay=60)
    assert result.table["ds"].min() >= pd.Timestamp("2024-05-01")
    assert result.table["ds"].max() == pd.Timestamp("2024-06-01")


def test_records_after_the_day_of_knowledge_change_nothing() -> None:
    events = even_delays()
    all_of_it = complete_recent(events, as_of=AS_OF, max_delay=60)
    known = complete_recent(events[events["recorded_at"] <= AS_OF], as_of=AS_OF, max_delay=60)
    pd.testing.assert_frame_equal(all_of_it.table, known.table)


def test_a_triangle_gives_the_same_as_its_events() -> None:
    events = even_delays()
    triangle = events.groupby(list(events.columns)).size().rename("n").reset_index()
    pd.testing.assert_frame_equal(
        complete_recent(events, as_of=AS_OF, max_delay=60).table,
        complete_recent(triangle, as_of=AS_OF, max_delay=60).table,
    )


def test_a_replay_beats_ignoring_the_delay_and_covers_as_promised() -> None:
    rng = np.random.default_rng(2)
    parts = []
    for area in range(4):
        day = np.repeat(days := pd.date_range("2022-01-01", "2024-12-31"), rng.poisson(6, days.size))
        unit = rng.choice(["slow", "fast"], day.size)
        delay = rng.gamma(1.2, np.where(unit == "slow", 25, 8)).astype(int)
        parts.append(
            pd.DataFrame({"area": str(area), "service": "s", "unit": unit, "event_date": day, "delay": delay})
        )
    events = pd.concat(parts)
    events["recorded_at"] = events["event_date"] + pd.to_timedelta(events.pop("delay"), "D")
    month = events["event_date"].dt.to_period("M").dt.to_timestamp().rename("ds")
    truth = events.groupby(["area", "service", month]).size().rename("final").reset_index()
    inside, ours, ignored = [], 0.0, 0.0
    for as_of in pd.date_range("2023-06-10", periods=14, freq="31D"):
        table = complete_recent(events, as_of=as_of, max_delay=150).table.merge(truth)
        table = table[table["ds"] > table["ds"].max() - pd.DateOffset(months=3)]
        inside += ((table["q0.1"] <= table["final"]) & (table["final"] <= table["q0.9"])).tolist()
        ours += ((table["mean"] - table["final"]) ** 2).sum()
        ignored += ((table["observed"] - table["final"]) ** 2).sum()
    assert np.sqrt(ours / ignored) < 0.25
    assert 0.72 < np.mean(inside) < 0.93


@pytest.mark.parametrize(
    ("events", "message"),
    [
        (even_delays().drop(columns="recorded_at"), "lack recorded_at"),
        (even_delays().assign(recorded_at=pd.Timestamp("2030-01-01")), "no event is recorded"),
    ],
)
def test_events_that_cannot_be_completed_are_refused(events: pd.DataFrame, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        complete_recent(events, as_of=AS_OF, max_delay=60)


def units(number: int, level: float, ratio: float = 1.0, seed: int = 1) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    ds = pd.date_range("2015-01-01", periods=108, freq="MS")
    season = np.exp(0.15 * np.sin(2 * np.pi * np.arange(108) / 12))
    mean = level * season * np.where(ds >= "2022-10-01", ratio, 1.0)
    return pd.concat(
        [
            pd.DataFrame(
                {"unique_id": f"u{i:03d}", "ds": ds, "y": rng.poisson(mean * np.exp(rng.normal(0, 0.05, 108)))}
            )
            for i in range(number)
        ]
    )


def test_planted_breaks_are_found_in_nine_units_of_ten() -> None:
    found = detect_breaks(units(60, 30.0, ratio=1.6))
    near = found[(found["ds"] - pd.Timestamp("2022-10-01")).abs() < pd.Timedelta(days=62)]
    assert near["unique_id"].nunique() >= 54
    assert near["ratio"].median() == pytest.approx(1.6, rel=0.08)


def test_false_alarms_stay_under_two_percent_a_year() -> None:
    found = detect_breaks(units(150, 30.0, seed=8))
    assert len(found) / (150 * 9) < 0.02


def test_an_announced_break_is_always_in_the_result() -> None:
    found = detect_breaks(units(2, 100.0), announced=[("u001", "2020-01-01")])
    assert found["unique_id"].tolist() == ["u001"]
    assert found["announced"].tolist() == [True]
    assert found["ratio"].iloc[0] == pytest.approx(1.0, abs=0.1)


def test_a_slow_rise_is_growth_and_not_a_break() -> None:
    ds = pd.date_range("2015-01-01", periods=108, freq="MS")
    y = np.random.default_rng(1).poisson(100 * np.exp(np.linspace(0, 1.0, 108)))
    assert detect_breaks(pd.DataFrame({"unique_id": "u", "ds": ds, "y": y})).empty


def units_with_a_change(
    units: int, ratio: float, seed: int, services: int = 5
) -> tuple[pd.DataFrame, dict[str, str]]:
    """Units whose services, of 30 events a month each, all shift in month 40; some begin later than others."""
    rng = np.random.default_rng(seed)
    ds = pd.date_range("2010-01-01", periods=84, freq="MS")
    rows, groups = [], {}
    for unit in range(units):
        for service in range(services):
            name = f"u{unit}|s{service}"
            groups[name] = f"u{unit}"
            mean = 30.0 * np.where(np.arange(84) >= 40, ratio, 1.0) * np.exp(rng.normal(0.0, 0.05, 84))
            table = pd.DataFrame({"unique_id": name, "ds": ds, "y": rng.poisson(mean)})
            rows.append(table.iloc[3 * service :])
    return pd.concat(rows), groups


def test_a_small_break_that_all_services_of_a_unit_share_is_found_by_them_together() -> None:
    counts, groups = units_with_a_change(30, 1.25, seed=4)
    alone = detect_breaks(counts, disrupted=None)
    together = detect_breaks(counts, groups=groups, disrupted=None)
    near = (together["ds"] - pd.Timestamp("2013-05-01")).abs() <= pd.Timedelta(days=62)
    assert together[near]["unique_id"].nunique() >= 115  # of 150
    assert len(alone) < 90
    assert together[near]["ratio"].between(1.0, 1.7).all()
    exact = together["ds"] == pd.Timestamp("2013-05-01")
    assert exact.sum() > 2 * (alone["ds"] == pd.Timestamp("2013-05-01")).sum()


def test_services_of_a_unit_together_raise_no_false_alarms() -> None:
    counts, groups = units_with_a_change(200, 1.0, seed=5)
    found = detect_breaks(counts, groups=groups, disrupted=None)
    assert found["unique_id"].map(groups).nunique() / 200 / 7 < 0.02
