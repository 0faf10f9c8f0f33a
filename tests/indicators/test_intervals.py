"""Wilson's interval and the bootstrap of a mean."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from indicators.intervals import MANY, bootstrap_mean, generator, wilson, wilson_columns


def test_wilson_is_as_published() -> None:
    # Newcombe 1998, table I: 81 of 263, 15 of 148, 0 of 20, 1 of 29.
    assert wilson(81, 263) == pytest.approx((0.2553, 0.3662), abs=5e-5)
    assert wilson(15, 148) == pytest.approx((0.0624, 0.1605), abs=5e-5)
    assert wilson(0, 20) == pytest.approx((0.0, 0.1611), abs=5e-5)
    assert wilson(1, 29) == pytest.approx((0.0061, 0.1718), abs=5e-5)


def test_wilson_without_cases_is_an_error() -> None:
    with pytest.raises(ValueError, match="n > 0; found 0 of 0"):
        wilson(0, 0)


@settings(max_examples=50, deadline=None)
@given(st.integers(1, 10_000).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))))
def test_the_columns_give_the_same_interval_and_it_holds_the_share(case: tuple[int, int]) -> None:
    x, n = case
    value, low, high = pl.DataFrame({"x": [x], "n": [n]}).select(*wilson_columns("x", "n")).row(0)
    assert (low, high) == pytest.approx(wilson(x, n), abs=1e-12)
    assert low - 1e-12 <= value <= high + 1e-12


def test_a_share_of_no_cases_has_no_value() -> None:
    assert pl.DataFrame({"x": [0], "n": [0]}).select(*wilson_columns("x", "n")).row(0) == (None, None, None)


def test_the_bootstrap_covers_the_mean_about_as_often_as_it_says() -> None:
    rng = np.random.default_rng(1)
    samples = rng.choice([0.0, 0.2, 1.0], p=[0.5, 0.3, 0.2], size=(300, 60))
    bounds = [bootstrap_mean(sample, rng, 400) for sample in samples]
    covered = np.mean([low <= 0.26 <= high for low, high in bounds])
    assert 0.90 <= covered <= 0.98


def test_for_many_persons_the_limit_agrees_with_resampling() -> None:
    values = np.random.default_rng(2).beta(1, 2, MANY + 1).round(2)
    limit = bootstrap_mean(values, np.random.default_rng(1))
    resampled = bootstrap_mean(values[:MANY], np.random.default_rng(1), 4000)
    assert limit == pytest.approx(resampled, abs=0.002)


def test_the_bootstrap_of_equal_values_is_that_value() -> None:
    assert bootstrap_mean(np.full(10, 0.4), np.random.default_rng(1)) == pytest.approx((0.4, 0.4))


def test_a_figure_has_its_own_random_numbers() -> None:
    assert generator(1, "coci", "09").random() == generator(1, "coci", "09").random()
    assert generator(1, "coci", "09").random() != generator(1, "coci", "21").random()
    assert generator(1, "coci", "09").random() != generator(2, "coci", "09").random()


def test_no_share_lies_outside_its_own_interval():
    counts = [(x, n) for n in range(1, 400, 7) for x in (0, 1, n // 2, n - 1, n) if 0 <= x <= n]
    table = pl.DataFrame(counts, schema=["x", "n"], orient="row").select(*wilson_columns("x", "n"))
    assert (table["low"] <= table["value"]).all()
    assert (table["high"] >= table["value"]).all()
