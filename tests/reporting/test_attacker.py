"""Nothing that is hidden can be worked out: linear programming over all tables of two consecutive editions."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import numpy as np
import polars as pl
import pytest

from reporting.disclosure import Limits, Margin, protect, protect_inputs
from reporting.disclosure.pattern import hidden_pattern
from reporting.disclosure.protect import DisclosureError, remembered, sums_of
from reporting.disclosure.rounding import rounded
from reporting.inputs import MONTH_PARTS, QUANTILES, ReportInputs
from tests.reporting.attacker import narrowed, possible_values
from tests.reporting.disclosure_reference import fewest_hidden
from tests.reporting.sample_inputs import by_rounding, sample_inputs

K = 5


def hierarchy(seed: int) -> tuple[pl.DataFrame, tuple[Margin, ...]]:
    """Counts of units in areas in a county by service and sex, with all margins, many of them small."""
    rng = np.random.default_rng(seed)
    areas = int(rng.integers(2, 4))
    units = [f"u{a}{i}" for a in range(areas) for i in range(int(rng.integers(1, 3)))]
    parents = {unit: f"a{unit[1]}" for unit in units} | {f"a{a}": "C" for a in range(areas)}
    services = [f"s{i}" for i in range(int(rng.integers(1, 3)))]
    size = (len(units), len(services), 2)
    counts = rng.poisson(rng.gamma(0.7, rng.choice([3, 10, 40]), size=size))
    rows = [
        (unit, service, sex, int(counts[u, s, x]))
        for u, unit in enumerate(units)
        for s, service in enumerate(services)
        for x, sex in enumerate(("m", "f"))
    ]
    table = pl.DataFrame(rows, schema=["place", "service", "sex", "n"], orient="row")
    key = ["place", "service", "sex"]
    for column, total in (("place", None), ("place", "C"), ("service", "all"), ("sex", "both")):
        kept = table.filter(pl.col(column).str.starts_with("u")) if total != "C" and column == "place" else table
        if total == "C":
            kept = table.filter(pl.col(column).str.starts_with("a"))
        whole = pl.col(column).replace(parents) if total is None else pl.lit(total)
        wholes = kept.with_columns(whole.alias(column)).group_by(key, maintain_order=True).agg(pl.col("n").sum())
        table = pl.concat([table, wholes.select(table.columns)])
    by = (Margin("place", parents=parents), Margin("service", total="all"), Margin("sex", total="both"))
    return table, by


def revised(table: pl.DataFrame, by: tuple[Margin, ...], rng: np.random.Generator) -> pl.DataFrame:
    """The table of the next edition: a few counts are revised, and all sums with them."""
    leaves = pl.col("place").str.starts_with("u") & (pl.col("service") != "all") & (pl.col("sex") != "both")
    lines = table.with_row_index("_row").filter(leaves)
    counts = table["n"].to_numpy().copy()
    for row in rng.choice(lines["_row"].to_numpy(), size=min(2, lines.height), replace=False):
        added = int(rng.integers(1, 4))
        place, service, sex, _ = table.row(int(row))
        above = [place, by[0].parents[place], "C"]
        hit = (
            table["place"].is_in(above)
            & table["service"].is_in([service, "all"])
            & table["sex"].is_in([sex, "both"])
        )
        counts += added * hit.to_numpy().astype(int)
    return table.with_columns(pl.Series("n", counts))


def editions_cells(tables: list[pl.DataFrame], shown: list[pl.DataFrame], by: tuple[Margin, ...]):
    """What both editions tell: an unchanged count is one cell, a revised one is two."""
    key = [margin.column for margin in by]
    told, sums, small = {}, [], []
    first = {row[:-1]: row[-1] for row in tables[0].select(*key, "n").iter_rows()}
    for edition, (table, protected) in enumerate(zip(tables, shown, strict=True)):
        names = [
            (place, 0 if edition == 0 or first.get(place) == n else edition)
            for *place_list, n in table.select(*key, "n").iter_rows()
            for place in [tuple(place_list)]
        ]
        values = table["n"].to_numpy().astype(float)
        for name, value, why in zip(names, values, protected["suppressed"], strict=True):
            if why == "":
                told[name] = value
            if 0 < value < K:
                small.append(name)
        sums += [(names[one.total], [names[int(p)] for p in one.parts]) for one in sums_of(table, by, values)]
    return told, sums, sorted(set(small), key=repr)


def test_no_small_count_of_200_hierarchies_can_be_told_from_two_editions():
    attacked = 0
    for seed in range(200):
        table, by = hierarchy(seed)
        options = {"count": "n", "by": by, "k": K}
        shown = protect(table, **options)
        known = remembered(table, shown, count="n", key=[m.column for m in by], earlier=None)
        later = revised(table, by, np.random.default_rng(seed))
        shown_later = protect(later, **options, earlier=known)
        told, sums, small = editions_cells([table, later], [shown, shown_later], by)
        assert not set(small) & set(told), seed
        attacked += len(small)
        assert narrowed(told, sums, small, K) == {}, seed
    assert attacked > 2000


def test_protecting_each_edition_alone_would_give_counts_away():
    """The attacker is able: two editions that do not know of each other leak."""
    leaks = 0
    for seed in range(40):
        table, by = hierarchy(seed)
        later = revised(table, by, np.random.default_rng(seed))
        shown = [protect(t, count="n", by=by, k=K) for t in (table, later)]
        told, sums, small = editions_cells([table, later], shown, by)
        leaks += len(narrowed(told, sums, [s for s in small if s not in told], K))
    assert leaks > 0


@pytest.mark.parametrize("scale", [4, 12, 30])
def test_hardly_more_is_hidden_than_an_exact_solution_hides(scale):
    quick = exact = 0
    for seed in range(8):
        rng = np.random.default_rng([scale, seed])
        counts = rng.poisson(rng.gamma(0.7, scale, size=(3 + seed % 2, 3)))
        full = np.vstack([counts, counts.sum(axis=0)])
        full = np.hstack([full, full.sum(axis=1, keepdims=True)])
        rows = [(f"a{i}", f"g{j}", int(n)) for (i, j), n in np.ndenumerate(full)]
        table = pl.DataFrame(rows, schema=["area", "age", "n"], orient="row")
        last = (f"a{full.shape[0] - 1}", f"g{full.shape[1] - 1}")
        by = (Margin("area", total=last[0]), Margin("age", total=last[1]))
        values = table["n"].to_numpy().astype(float)
        sums = sums_of(table, by, values)
        found, best = int((hidden_pattern(values, sums, k=K) != 0).sum()), fewest_hidden(values, sums, K)
        assert found <= 1.5 * best, (seed, found, best)
        quick, exact = quick + found, exact + best
    assert quick <= 1.1 * exact


def test_zeros_hidden_by_policy_may_be_anything_below_k():
    table, by = hierarchy(3)
    shown = protect(table, count="n", by=by, k=Limits(K, zeros_shown=False))
    assert shown.filter(pl.col("suppressed") == "")["n"].min() >= K
    values = table["n"].to_numpy().astype(float)
    names = list(range(table.height))
    sums = [(one.total, [int(p) for p in one.parts]) for one in sums_of(table, by, values)]
    told = {i: values[i] for i in names if shown["suppressed"][i] == ""}
    small = [i for i in names if values[i] < K]
    assert all(low < 1e-5 and high > K - 1 - 1e-5 for low, high in possible_values(told, sums, small).values())


def test_a_count_that_one_client_dominates_is_hidden_and_not_narrowed():
    table = pl.DataFrame(
        {"area": ["a", "b", "c", "C"], "n": [60, 200, 300, 560], "largest": [58.0, 3.0, 4.0, 58.0]}
    )
    by = (Margin("area", total="C"),)
    shown = protect(table, count="n", by=by, k=Limits(K, dominance=0.9), largest="largest")
    assert shown["n"][0] is None
    assert shown["n"].null_count() >= 2


def test_an_edition_that_knows_the_one_before_hides_the_same_when_nothing_has_changed():
    inputs = sample_inputs()
    first = protect_inputs(inputs)
    second = protect_inputs(replace(inputs, edition="2026-12"), first.memory)
    for name in ("need_forecast", "month_forecast"):
        assert first.inputs.need(name).equals(second.inputs.need(name))
    assert second.memory["counts"].equals(first.memory["counts"])


def test_a_rule_with_few_defects_does_not_follow_from_the_index_of_its_dimension():
    inputs = sample_inputs()
    # One rule of two in the dimension has three defects in the county; the dimension's own number is shown.
    cells = inputs.need("cells").filter(pl.col("rule_id").is_in(["need-missing", "recorded-late"]))
    few = (pl.col("rule_id") == "need-missing") & (pl.int_range(pl.len()).over("rule_id") >= 3)
    one = pl.when(pl.col("rule_id") == "need-missing").then(1).otherwise("failed")
    cells = cells.with_columns(pl.when(few).then(0).otherwise(one).alias("failed"))
    county = cells["failed"].sum()
    failed = pl.when(pl.col("level") == "county").then(county).otherwise("failed")
    scores = (
        inputs.need("quality_scores").filter(pl.col("dimension") == "completeness").with_columns(failed=failed)
    )
    tied = dict.fromkeys(("need-missing", "recorded-late"), "completeness")
    rules = protect_inputs(replace(inputs, cells=cells, quality_scores=scores, rule_dimensions=tied)).rule_cells
    whole = rules.filter(pl.col("area") == "21")
    assert whole.filter(pl.col("rule_id") == "need-missing")["failed"].to_list() == [None]
    scores_shown = protect_inputs(replace(inputs, cells=cells, quality_scores=scores, rule_dimensions=tied)).inputs
    dimension = scores_shown.need("quality_scores").filter(pl.col("level") == "county")["failed"].item()
    assert dimension is None or whole["failed"].null_count() == 2


def test_few_defects_do_not_follow_from_an_index_that_weighs_heavy_and_light_rules_differently():
    inputs = sample_inputs()
    names = inputs.need("cells")["rule_id"].unique().sort().to_list()[:2]
    cells = inputs.need("cells").filter(pl.col("rule_id").is_in(names))
    # Three defects of a heavy rule and three of a light one in the county; their dimension has six.
    first = pl.int_range(pl.len()).over("rule_id") < 3
    cells = cells.with_columns(failed=pl.when(first).then(1).otherwise(0).cast(pl.Int64))
    scores = inputs.need("quality_scores").filter(
        pl.col("dimension") == "completeness", pl.col("level") == "county"
    )
    edition = replace(
        inputs, cells=cells, quality_scores=scores.with_columns(failed=pl.lit(6, pl.Int64)),
        rule_dimensions=dict.fromkeys(names, "completeness"), rule_weights=dict(zip(names, (4, 2), strict=True)),
    )  # fmt: skip
    alike = replace(edition, rule_weights=dict.fromkeys(names, 2))
    # Rules of one weight keep each other: their sum alone is told. Of two weights the index tells each.
    assert protect_inputs(alike).inputs.need("quality_scores")["index"].item() is not None
    assert protect_inputs(edition).inputs.need("quality_scores")["index"].item() is None


def test_measures_that_are_linked_do_not_give_each_other_away():
    """A numerator must not follow from the county's, from the services' or from the wider limit's."""
    rows = []
    for area, n in (
        ("21-pohjoinen", 40),
        ("21-itainen", 200),
        ("21-kaakkois", 300),
        ("21-lounais", 400),
        ("21", 940),
    ):
        met = {"21-pohjoinen": 3, "21-itainen": 90, "21-kaakkois": 100, "21-lounais": 120, "21": 313}[area]
        for measure, seen in (("seen_within_7_days", met), ("seen_within_14_days", met + 20)):
            rows.append((measure, area, "all", "2025", seen / n, 0.1, 0.9, n, 0, ""))
    schema = ["measure", "area", "group", "period", "value", "low", "high", "n", "excluded", "note"]
    table = pl.DataFrame(rows, schema=schema, orient="row")
    shown = protect_inputs(replace(sample_inputs(), measures=table)).inputs.need("measures")
    week = shown.filter(pl.col("measure") == "seen_within_7_days")
    assert week.filter(pl.col("area") == "21-pohjoinen")["value"].to_list() == [None]
    assert week["value"].null_count() >= 2


def test_rounding_publishes_multiples_alike_everywhere_and_leaves_small_counts_open():
    inputs = sample_inputs()
    by = by_rounding(inputs)
    first = protect_inputs(by, secret=b"key").inputs
    again = protect_inputs(replace(by, edition="2026-12"), secret=b"key").inputs
    other = protect_inputs(by, secret=b"another").inputs
    need = first.need("need_forecast").filter(pl.col("kind") == "observed")
    true = inputs.need("need_forecast").filter(pl.col("kind") == "observed")["mean"]
    assert (need["mean"] % 5 == 0).all()
    assert need["mean"].null_count() == 0
    assert ((need["mean"] - true).abs() < 5).all()
    assert abs((need["mean"] - true).mean()) < 0.3, "rounding is biased"
    assert set(need.filter((true > 0) & (true < 5))["mean"]) == {0.0, 5.0}
    assert first.need("need_forecast").equals(again.need("need_forecast"))
    assert not first.need("need_forecast").equals(other.need("need_forecast"))
    assert (first.need("quality_scores")["documents"].drop_nulls() % 5 == 0).all()
    assert (first.need("measures")["n"].drop_nulls() % 5 == 0).all()
    with pytest.raises(DisclosureError, match="pseudonym key"):
        protect_inputs(by)


def test_rounded_counts_leave_at_least_three_values_to_every_small_count():
    """Linear programming over all sums, a published multiple standing for anything less than a base away."""
    attacked = 0
    for seed in range(20):
        table, by = hierarchy(seed)
        key = [margin.column for margin in by]
        shown = rounded(table, ["n"], key=key, base=5, secret=f"key {seed}".encode())["n"].to_numpy()
        values = table["n"].to_numpy().astype(float)
        sums = [(one.total, [int(p) for p in one.parts]) for one in sums_of(table, by, values)]
        ends = {cell: (max(0.0, m - 4.0), m + 4.0) for cell, m in enumerate(shown)}
        small = [int(cell) for cell in np.flatnonzero((values > 0) & (values < K))]
        for cell, (low, high) in possible_values({}, sums, small, ends).items():
            assert low - 1e-6 <= values[cell] <= high + 1e-6
            assert np.floor(high + 1e-6) - np.ceil(low - 1e-6) >= 2, (seed, cell)
        attacked += len(small)
    assert attacked > 200


def test_rounded_months_do_not_follow_from_their_forecasts_and_estimates():
    for seed in range(4):
        inputs = repeated_months(seed)
        months = inputs.need("month_forecast")
        late = (pl.col("kind") == "observed") & (pl.col("ds") >= date(2026, 11, 1))
        nearly = [
            pl.when(late).then(pl.col("y") * 1.01).otherwise(pl.col(c)).alias(c) for c in ("mean", *QUANTILES)
        ]
        kind = pl.when(late).then(pl.lit("estimated")).otherwise("kind").alias("kind")
        inputs = replace(inputs, month_forecast=months.with_columns(*nearly, kind))
        shown = protect_inputs(by_rounding(inputs), secret=b"key").inputs.need("month_forecast")
        told = shown.unpivot(["y", "mean", *QUANTILES])["value"].drop_nulls()
        assert (told % 5 == 0).all(), seed


def test_rounding_hides_an_index_that_tells_few_defects_and_a_wider_limit_that_tells_few_persons():
    inputs = sample_inputs()
    scores = inputs.need("quality_scores")
    few = (pl.col("level") == "area") & (pl.col("area") == "21-itainen") & (pl.col("dimension") == "timeliness")
    scores = scores.with_columns(
        pl.when(few).then(3).otherwise("failed").cast(scores.schema["failed"]).alias("failed")
    )
    rows = [
        (measure, "21-itainen", "all", "2025", met / 40, 0.1, 0.9, 40, 0, "")
        for measure, met in (("seen_within_7_days", 20), ("seen_within_14_days", 22))
    ]
    schema = ["measure", "area", "group", "period", "value", "low", "high", "n", "excluded", "note"]
    measures = pl.DataFrame(rows, schema=schema, orient="row")
    shown = protect_inputs(
        by_rounding(replace(inputs, quality_scores=scores, measures=measures)), secret=b"key"
    ).inputs
    assert shown.need("quality_scores").filter(few)["index"].to_list() == [None]
    told = shown.need("measures")
    assert told["value"].to_list() == [0.5, None]


@pytest.mark.parametrize("dominance", [0.9, 1.0])
def test_many_visits_of_few_clients_are_hidden_and_so_is_what_one_client_dominates(dominance):
    """The clients behind a count decide, not the count alone; a large count of many clients stays.

    A county that lets one client have the whole count still hides counts of few clients.
    """
    inputs = sample_inputs()
    settings = inputs.county.disclosure.model_copy(update={"dominance": dominance})
    inputs = replace(inputs, county=inputs.county.model_copy(update={"disclosure": settings}))
    need = (
        inputs.need("need_forecast")
        .filter(pl.col("kind") == "observed")
        .with_columns(pl.col("mean").cast(pl.Float64))
    )
    cells = need.filter((pl.col("sex") == "all") & (pl.col("age_group") == "all") & (pl.col("mean") >= 10 * K))
    few, one, many = (cells.row(i, named=True) for i in (0, 1, 2))
    clients = [(few, K - 1, 3), (one, 40, int(one["mean"])), (many, 40, 3)]
    key = ("area", "service", "sex", "age_group")
    contributors = pl.DataFrame(
        [(*(cell[c] for c in key), str(cell["year"]), n, largest) for cell, n, largest in clients],
        schema=[*key, "time", "clients", "largest"],
        orient="row",
    )
    before = protect_inputs(inputs).inputs.need("need_forecast")
    after = protect_inputs(replace(inputs, contributors=contributors)).inputs.need("need_forecast")
    told = [
        [table.row(by_predicate=_is(cell, (*key, "year")), named=True)["mean"] for cell in (few, one, many)]
        for table in (before, after)
    ]
    assert None not in told[0]
    assert told[1][0] is None
    assert (told[1][1] is None) == (dominance < 1.0)
    assert after.row(by_predicate=_is(many, (*key, "year")), named=True)["suppressed"] != "primary"


def _is(row: dict, columns: tuple[str, ...]) -> pl.Expr:
    return pl.all_horizontal([pl.col(c) == row[c] for c in columns] + [pl.col("kind") == row["kind"]])


def repeated_months(seed: int) -> ReportInputs:
    """Few clients by month, forecast as the same month of the last year: what a reader may know of the model."""
    inputs, rng = sample_inputs(), np.random.default_rng(seed)
    areas = [area.code for area in inputs.county.service_areas]
    months = pl.date_range(date(2024, 1, 1), date(2027, 12, 1), "1mo", eager=True).to_list()
    counts = rng.poisson(rng.choice([3.0, 6.0, 9.0, 40.0], size=(1, len(areas))), size=(36, len(areas)))
    counts = np.hstack([counts, counts.sum(axis=1, keepdims=True)])
    rows = []
    for column, area in enumerate([*areas, inputs.county.code]):
        for i, month in enumerate(months):
            count = float(counts[i if i < 36 else i - 12, column])
            kind, y, mean = ("observed", count, None) if i < 36 else ("forecast", None, count)
            rows.append((f"{area}|home_care", area, "home_care", month, kind, y, mean, ""))
    schema = ["unique_id", "area", "service", "ds", "kind", "y", "mean", "flag"]
    table = pl.DataFrame(rows, schema=schema, orient="row").with_columns(
        pl.col("mean").alias(q) for q in QUANTILES
    )
    levels = pl.DataFrame({"area": [*areas, inputs.county.code], "level": counts[24:].mean(axis=0)})
    ahead = table.filter(kind="forecast").select("area", "service", "ds", "mean").join(levels, on="area")
    nothing = [pl.lit(0.0).alias(part) for part in MONTH_PARTS if part not in ("level", "season")]
    parts = ahead.with_columns((pl.col("mean") - pl.col("level")).alias("season"), *nothing)
    others = dict.fromkeys(("need_forecast", "measures", "quality_scores", "cells"))
    return replace(inputs, month_forecast=table, month_parts=parts, **others)


def months_told(inputs: ReportInputs) -> dict[tuple, float]:
    """What a reader knows: counts, forecasts, and levels as the sums of twelve months that they are."""
    counted = inputs.need("month_forecast").filter(pl.col("kind") != "forecast").select("area", "ds", "y")
    ahead = inputs.need("month_forecast").filter(kind="forecast").select("area", "ds", "mean")
    told = {
        key: n for *key, n in [*counted.iter_rows(), *ahead.iter_rows()] if n is not None for key in [tuple(key)]
    }
    if inputs.month_parts is not None:
        for part in inputs.month_parts.drop_nulls("level").iter_rows(named=True):
            told[part["area"], "level"] = 12 * part["level"]
            told[part["area"], part["ds"]] = sum(part[p] for p in MONTH_PARTS)
    return told


def months_sums(inputs: ReportInputs) -> list[tuple]:
    """Areas add up to the county in every month; a level is twelve months, a forecast one of them."""
    areas = [area.code for area in inputs.county.service_areas]
    months = inputs.need("month_forecast").filter(area=inputs.county.code).sort("ds")
    counted, ahead = (months.filter(kind=kind)["ds"].to_list() for kind in ("observed", "forecast"))
    sums = [((inputs.county.code, m), [(area, m) for area in areas]) for m in [*counted, *ahead]]
    for area in [*areas, inputs.county.code]:
        sums += [((area, to), [(area, of)]) for to, of in zip(ahead, counted[-12:], strict=True)]
        sums.append(((area, "level"), [(area, m) for m in counted[-12:]]))
    return sums


def test_no_small_month_can_be_told_from_forecasts_that_repeat_it_or_from_their_parts():
    attacked = shown = 0
    for seed in range(12):
        inputs = repeated_months(seed)
        truth = months_told(replace(inputs, month_parts=None))
        small = [cell for cell, n in truth.items() if 0 < n < K and cell[1] < date(2027, 1, 1)]
        protected = protect_inputs(inputs).inputs
        told = months_told(protected)
        assert not set(small) & set(told), seed
        assert narrowed(told, months_sums(inputs), small, K) == {}, seed
        attacked += len(small)
        shown += protected.need("month_parts")["level"].count()
    assert attacked > 200
    assert shown > 0


def test_parts_of_months_tell_no_hidden_month():
    """A level is the mean of twelve months, and the county's is the sum of its areas'."""
    inputs = sample_inputs()
    months = inputs.need("month_forecast")
    cell = (
        months.filter((pl.col("kind") == "observed") & (pl.col("area") != inputs.county.code))
        .sort("ds")
        .row(-1, named=True)
    )
    here = _is(cell, ("area", "service"))
    small = months.with_columns(
        pl.when(here & (pl.col("ds") == cell["ds"])).then(3).otherwise("y").cast(pl.Int64).alias("y")
    )
    shown = protect_inputs(replace(inputs, month_forecast=small)).inputs.need("month_parts")
    of_service = shown.filter(pl.col("service") == cell["service"])
    hidden = set(of_service.filter(pl.col("level").is_null())["area"])
    assert {cell["area"], inputs.county.code} <= hidden
    assert of_service.filter(pl.col("suppressed") != "").select("mean", *MONTH_PARTS).null_count().row(0) == (
        of_service.filter(pl.col("suppressed") != "").height,
    ) * (len(MONTH_PARTS) + 1)
    assert protect_inputs(by_rounding(inputs), secret=b"key").inputs.month_parts is None
