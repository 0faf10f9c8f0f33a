"""Disclosure control: small counts go, and nothing published gives them back."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reporting.disclosure import Margin, protect, protect_inputs
from reporting.disclosure.pattern import hidden_pattern
from reporting.disclosure.protect import DisclosureError
from reporting.disclosure.rounding import FOLLOWS_NEED
from reporting.disclosure.sums import Sum
from tests.reporting.sample_inputs import by_rounding, sample_inputs, with_a_small_service


def table(counts: dict[tuple[str, str], int]) -> pl.DataFrame:
    """Counts by area and age with their margins `C` (county) and `all`."""
    areas, ages = sorted({a for a, _ in counts}), sorted({g for _, g in counts})
    rows = [(a, g, n) for (a, g), n in counts.items()]
    rows += [(a, "all", sum(counts[a, g] for g in ages)) for a in areas]
    rows += [("C", g, sum(counts[a, g] for a in areas)) for g in ages]
    rows += [("C", "all", sum(counts.values()))]
    return pl.DataFrame(rows, schema=["area", "age", "n"], orient="row")


BY = (Margin("area", total="C"), Margin("age", total="all"))


def test_small_counts_are_hidden_and_zeros_shown():
    protected = protect(
        pl.DataFrame({"area": ["a", "b", "c", "d"], "n": [0, 1, 4, 5]}), count="n", by=(Margin("area"),), k=5
    )
    assert protected["n"].to_list() == [0, None, None, 5]
    assert protected["suppressed"].to_list() == ["", "primary", "primary", ""]


def test_a_lone_hidden_cell_cannot_be_had_by_subtraction():
    counts = {("a", "young"): 3, ("a", "old"): 20, ("b", "young"): 30, ("b", "old"): 40}
    protected = protect(table(counts), count="n", by=BY, k=5)
    hidden = protected.filter(pl.col("suppressed") != "")
    # The smallest pattern: a rectangle of four inner cells (or its like through the margins).
    assert hidden.height == 4
    assert protected.filter((pl.col("area") == "a") & (pl.col("age") == "young"))["n"].to_list() == [None]


def test_two_hidden_cells_that_leave_no_room_get_company():
    # 1 + 2 = 3: with the total shown each would be known to be 1 or 2, so the total's cell or another is hidden.
    protected = protect(
        pl.DataFrame({"area": ["C", "a", "b", "c"], "n": [53, 1, 2, 50]}),
        count="n",
        by=(Margin("area", total="C"),),
        k=5,
    )
    assert protected.filter(pl.col("suppressed") == "")["area"].to_list() in (["C"], ["c"])


def test_what_is_derived_from_a_hidden_count_is_hidden_with_it():
    counts = pl.DataFrame({"area": ["a", "b"], "n": [3, 30], "rate": [0.3, 0.4], "people": [200, 200]})
    protected = protect(counts, count="n", by=(Margin("area"),), k=5, derived=("rate",))
    assert protected["rate"].to_list() == [None, 0.4]
    small = protect(
        counts, count="n", by=(Margin("area"),), k=2, derived=("rate",), denominator="people", min_denominator=300
    )
    assert small["rate"].null_count() == 2


def test_a_cell_given_twice_is_refused():
    with pytest.raises(DisclosureError, match="twice"):
        protect(pl.DataFrame({"area": ["a", "a"], "n": [1, 2]}), count="n", by=(Margin("area"),), k=5)


def test_a_cell_that_no_single_sum_gives_but_all_together_do_is_protected():
    # x0+x1=s, x1+x2=s, x0+x2=s over three cells: each sum has two hidden cells, together they give all three.
    sums = [Sum(3, np.array([0, 1])), Sum(4, np.array([1, 2])), Sum(5, np.array([0, 2]))]
    counts = np.array([3.0, 4, 2, 7, 6, 5])
    pattern = hidden_pattern(counts, sums, k=5)
    assert pattern[:3].tolist() == [1, 1, 1]
    assert (pattern[3:] != 0).any(), "three sums over three hidden cells give all three"


@settings(max_examples=25, deadline=None)
@given(st.lists(st.integers(0, 12), min_size=12, max_size=12), st.integers(3, 6))
def test_no_hidden_cell_of_any_small_table_is_recoverable(values, k):
    counts = {(a, g): values[3 * i + j] for i, a in enumerate("wxyz") for j, g in enumerate(("p", "q", "r"))}
    protected = protect(table(counts), count="n", by=BY, k=k)
    cells = {key: i for i, key in enumerate(protected.select("area", "age").iter_rows())}
    ages, areas = ("p", "q", "r", "all"), ("w", "x", "y", "z", "C")
    rows = []
    for area in areas:
        rows.append({cells[area, g]: 1.0 for g in ages[:3]} | {cells[area, "all"]: -1.0})
    for age in ages:
        rows.append({cells[a, age]: 1.0 for a in areas[:4]} | {cells["C", age]: -1.0})
    full = np.zeros((len(rows), len(cells)))
    for r, row in enumerate(rows):
        for c, v in row.items():
            full[r, c] = v
    hidden = np.flatnonzero((protected["suppressed"] != "").to_numpy())
    basis = full[:, hidden]
    for j in range(len(hidden)):
        unit = np.eye(len(hidden))[j]
        solution, *_ = np.linalg.lstsq(basis.T, unit, rcond=None)
        assert not np.allclose(basis.T @ solution, unit, atol=1e-8), "a hidden cell follows from the sums"
    shown = protected.filter(pl.col("suppressed") == "")["n"]
    assert ((shown == 0) | (shown >= k)).all()


def test_a_whole_edition_shows_no_small_observed_count():
    protected = protect_inputs(sample_inputs())
    need, months = protected.inputs.need("need_forecast"), protected.inputs.need("month_forecast")
    observed = need.filter(pl.col("kind") == "observed").drop_nulls("mean")
    assert observed.filter((pl.col("mean") > 0) & (pl.col("mean") < 5)).is_empty()
    counted = months.drop_nulls("y")
    assert counted.filter((pl.col("y") > 0) & (pl.col("y") < 5)).is_empty()
    assert protected.suppressed.filter(pl.col("table") == "need_forecast")["primary"].item() > 0


def test_a_forecast_is_hidden_with_its_latest_observed_count():
    need = protect_inputs(sample_inputs()).inputs.need("need_forecast")
    cell = ["area", "service", "sex", "age_group"]
    base = need.filter(pl.col("year") == 2025).select(*cell, (pl.col("mean").is_null()).alias("base_hidden"))
    forecast = need.filter(pl.col("kind") == "forecast").join(base, on=cell)
    assert forecast.filter(pl.col("base_hidden"))["q0.5"].null_count() == forecast["base_hidden"].sum()
    assert forecast["base_hidden"].sum() > 0


def test_a_measure_of_few_persons_is_hidden():
    measures = protect_inputs(sample_inputs()).inputs.need("measures")
    assert measures.filter(pl.col("area") == "21-lounais")["value"].null_count() == 10


def test_a_hidden_month_does_not_follow_from_its_years_total():
    inputs = sample_inputs()
    month = (pl.col("area") == "21-itainen") & (pl.col("service") == "home_care")
    march = month & (pl.col("ds") == date(2025, 3, 1))
    months = inputs.need("month_forecast").filter(~(pl.col("area") == "21"))
    small = months.with_columns(pl.when(march).then(3.0).otherwise("y").alias("y"))
    total = small.filter(month & (pl.col("ds").dt.year() == 2025))["y"].sum()
    whole = (pl.col("sex") == "all") & (pl.col("age_group") == "all") & (pl.col("year") == 2025)
    need = inputs.need("need_forecast").with_columns(
        pl.when(month & whole).then(total).otherwise("mean").alias("mean")
    )
    protected = protect_inputs(replace(inputs, need_forecast=need, month_forecast=small)).inputs
    shown = protected.need("need_forecast").filter(month & whole)["mean"].item()
    hidden = protected.need("month_forecast").filter(month & (pl.col("ds").dt.year() == 2025))["y"].null_count()
    assert shown is None or hidden >= 2


def test_a_total_of_the_running_year_is_hidden_where_one_of_its_months_is():
    inputs = sample_inputs()
    month = (pl.col("area") == "21-itainen") & (pl.col("service") == "home_care")
    march = (pl.col("service") == "home_care") & (pl.col("ds") == date(2026, 3, 1))
    months = inputs.need("month_forecast")
    less = months.filter(month & march)["y"].item() - 3.0
    fewer = march & pl.col("area").is_in(["21", "21-itainen"])
    months = months.with_columns(pl.when(fewer).then(pl.col("y") - less).otherwise("y").alias("y"))
    protected = protect_inputs(replace(inputs, month_forecast=months)).inputs
    running = protected.need("need_forecast").filter(pl.col("flag").str.contains("running"))
    mine = running.filter(month)
    assert mine["mean"].null_count() == mine.height > 0
    later = protected.need("need_forecast").filter(month & (pl.col("year") == 2027) & (pl.col("sex") == "all"))
    assert later["mean"].null_count() < later.height
    whole = running.filter((pl.col("sex") == "all") & (pl.col("age_group") == "all"))
    alone = whole.group_by("service").agg(pl.col("mean").is_null().sum().alias("hidden"))
    assert 1 not in alone["hidden"].to_list()
    scenarios = protected.need("need_scenarios").filter(month)
    hidden = scenarios.filter(pl.col("year") == 2026)
    assert hidden["q0.5"].null_count() == hidden.height > 0
    assert scenarios.filter(pl.col("year") > 2026)["q0.5"].null_count() == 0
    ending = inputs.need("need_drivers").with_columns(to_year=pl.lit(2026, pl.Int64))
    made = protect_inputs(replace(inputs, month_forecast=months, need_drivers=ending)).inputs.need("need_drivers")
    assert made.filter(month)["mean"].null_count() == made.filter(month).height > 0
    assert made["mean"].null_count() < made.height
    untold = protect_inputs(replace(inputs, month_forecast=None)).inputs.need("need_forecast")
    assert untold.filter(pl.col("flag").str.contains("running"))["mean"].null_count() == running.height


def test_the_running_year_is_rounded_with_the_counts_it_rests_on():
    made = protect_inputs(by_rounding(sample_inputs()), secret=b"key").inputs
    running = made.need("need_forecast").filter(pl.col("flag").str.contains("running"))
    figures = running.select("mean", "q0.025", "q0.5", "q0.975").to_numpy()
    assert running.height > 0
    assert (figures % 5 == 0).all()
    later = made.need("need_forecast").filter((pl.col("kind") == "forecast") & (pl.col("year") == 2030))
    assert not (later["mean"].to_numpy() % 5 == 0).all()
    scenarios = made.need("need_scenarios")
    assert 2026 not in scenarios["year"].to_list()
    assert scenarios.height > 0
    ending = sample_inputs().need("need_drivers").with_columns(to_year=pl.lit(2026, pl.Int64))
    coarse = by_rounding(replace(sample_inputs(), need_drivers=ending))
    assert protect_inputs(coarse, secret=b"key").inputs.need_drivers is None, "no row is left"


def test_no_exact_count_follows_from_a_forecast_less_its_change_by_rounding():
    inputs = sample_inputs()
    made = protect_inputs(by_rounding(inputs), secret=b"key").inputs
    key = ["area", "service"]

    def worked_out(drivers: pl.DataFrame) -> pl.DataFrame:
        """The count of the first year as it follows from each forecast and its change since then."""
        whole = made.need("need_forecast").filter(sex="all", age_group="all", kind="forecast")
        later = whole.select(*key, to_year="year", later="mean")
        changes = drivers.filter(driver="total").join(later, on=[*key, "to_year"])
        return changes.select(*key, year="from_year", count=pl.col("later") - pl.col("mean"))

    told, exact = worked_out(made.need("need_drivers")), worked_out(inputs.need("need_drivers"))
    counts = made.need("need_forecast").filter(sex="all", age_group="all", kind="observed")
    both = told.join(counts.select(*key, "year", "mean"), on=[*key, "year"])
    moved = (told["count"] - exact["count"]).abs()
    assert both.height == told.height > 0
    assert (told["count"] - both["mean"]).abs().max() == pytest.approx(0.0, abs=1e-6)
    assert 0 < moved.max() < 5
    parts = made.need("need_drivers").filter(pl.col("driver") != "total")
    assert parts.filter(pl.col("driver") != "base_year").equals(
        inputs.need("need_drivers")
        .filter(~pl.col("driver").is_in(["total", "base_year"]))
        .join(parts.select(*key, "to_year").unique(), on=[*key, "to_year"], how="semi")
        .with_columns(suppressed=pl.lit(""))
    )


def test_what_explains_a_forecast_is_hidden_without_it_and_where_it_has_no_key():
    inputs = sample_inputs()
    alone = protect_inputs(replace(inputs, need_forecast=None)).inputs
    assert [getattr(alone, name) for name in FOLLOWS_NEED] == [None] * len(FOLLOWS_NEED)
    strange = {
        name: inputs.need(name).with_columns(pl.lit("21-nowhere").alias("area")).head(3) for name in FOLLOWS_NEED
    }
    for name in FOLLOWS_NEED:
        hidden = protect_inputs(replace(inputs, **strange)).inputs.need(name)
        assert hidden.select(pl.col(pl.Float64)).null_count().sum_horizontal().item() == 3 * sum(
            kind == pl.Float64 for kind in hidden.dtypes
        )


def test_drivers_are_hidden_with_the_count_they_start_from_and_with_the_forecast():
    """A shown start and a shown change would give a forecast that is hidden with a later count."""
    inputs = with_a_small_service(sample_inputs())
    for start in (2024, 2025):
        drivers = inputs.need("need_drivers").with_columns(pl.lit(start).alias("from_year"))
        protected = protect_inputs(replace(inputs, need_drivers=drivers)).inputs
        need = protected.need("need_forecast").filter((pl.col("year") == 2025) & (pl.col("suppressed") != ""))
        hidden = protected.need("need_drivers").join(need, on=["area", "service"], how="semi")
        assert hidden["mean"].null_count() == hidden.height > 0
        assert protected.need("need_drivers")["mean"].null_count() == hidden.height


def test_no_score_tells_how_many_findings_it_rests_on():
    inputs = sample_inputs()
    scores = inputs.need("quality_scores").with_columns(pl.lit(3.0).alias("effective"))
    assert "effective" not in protect_inputs(replace(inputs, quality_scores=scores)).inputs.need("quality_scores")


def test_an_index_that_rests_on_few_defects_is_hidden_as_their_number_is_elsewhere():
    """A unit of 800 documents with three defects, beside two units whose defects are many."""
    inputs = sample_inputs()
    scores = inputs.need("quality_scores").filter(pl.col("dimension") == "overall")
    units = scores.filter(level="unit").sort("unit")
    few = (pl.col("level") == "unit") & (pl.col("unit") == units["unit"][0])
    fewer = units["failed"][0] - 3
    own = (
        few | (pl.col("level") == "county") | ((pl.col("level") == "area") & (pl.col("area") == units["area"][0]))
    )
    failed = pl.when(own).then(pl.col("failed") - fewer).otherwise("failed")
    documents = pl.when(few).then(800).otherwise("documents")
    edition = replace(inputs, quality_scores=scores.with_columns(failed=failed, documents=documents))
    shown = protect_inputs(edition).inputs.need("quality_scores")
    assert shown.filter(few)["index"].to_list() == [None]
    beside = shown.filter(pl.col("level") == "unit", pl.col("area") == units["area"][0], ~few)
    assert beside["index"].null_count() >= 1  # else it would follow from the area's
    assert shown.filter(level="county")["index"].null_count() == 0
    many = protect_inputs(replace(inputs, quality_scores=scores)).inputs.need("quality_scores")
    assert many.filter(few)["index"].null_count() == 0
