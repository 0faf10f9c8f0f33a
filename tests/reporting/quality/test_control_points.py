"""Recent signals are those of calendar months, whatever months a small unit skips."""

from datetime import date

from reporting.quality.change_points import ChangePoint, last_month, recent_signal


def point(month: date, signal: str = "") -> ChangePoint:
    return ChangePoint(month, 0.1, 0.05, 0.0, 0.2, signal)


def test_a_signal_of_long_ago_is_not_recent_though_few_months_followed():
    sparse = [point(date(2025, 3, 1), "worse"), point(date(2026, 9, 1))]
    full = [point(date(2026, month, 1), "better" if month == 6 else "") for month in range(1, 11)]
    last = last_month([sparse, full])
    assert last == date(2026, 10, 1)
    assert recent_signal(sparse, last) is None
    assert recent_signal(full, last).month == date(2026, 6, 1)
    assert recent_signal(full[:4], last) is None
    assert last_month([]) == date.min
