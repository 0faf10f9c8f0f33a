"""Scores against simulated counties with known truth: who belongs together, fair limits, change, contributions."""

from datetime import date

import numpy as np
import polars as pl
import pytest
from quality_documents import document, spoilt

from benchmarks.record_scores import RULE, World, coverage, funnel_errors, scores_of, signalled
from quality_checks.case_mix import expected_share
from quality_checks.changes import quality_changes
from quality_checks.clustering import Clustering, Weighed
from quality_checks.clusters import dimensions_of
from quality_checks.contributions import contributions_by_place, mend_first
from quality_checks.rules import Catalogue, CatalogueError
from quality_checks.scores import quality_profile, quality_scores
from quality_checks.strata import Documents
from quality_checks.unit_sums import UnitSums

MONTHS = pl.date_range(date(2024, 1, 1), date(2027, 12, 1), "1mo", eager=True)


def weights(documents: pl.DataFrame, weight: int = 1) -> pl.DataFrame:
    return documents.with_columns(
        pl.lit(weight).alias("a:overall"), (pl.col("failed") * weight).alias("f:overall")
    )


def test_correlations_within_authors_and_clients_are_told_apart():
    rng = np.random.default_rng(1)
    drawn = World(units=150, documents=(100, 100), author=0.1, per_client=4).drawn(rng)[0]
    found = Weighed.of(weights(drawn, 4)).clustering["overall"]
    assert found.by_author == pytest.approx(0.1, abs=0.025)
    assert found.by_client < 0.03
    by_client = World(units=150, documents=(100, 100), author=0.0, client=0.15).drawn(rng)[0]
    found = Weighed.of(weights(by_client)).clustering["overall"]
    assert found.by_author < 0.03
    assert found.by_client == pytest.approx(0.15, abs=0.04)


def test_without_correlation_the_effective_size_is_the_number_of_findings():
    size = Clustering(1.0, 0.0).effective_size(np.array([120.0, 0.0]), np.array([1440.0, 0.0]))
    assert size.tolist() == pytest.approx([120.0, 0.0])
    # Ten authors with twelve each: 1 / (0.9 / 120 + 0.1 x 1440 / 120^2).
    clustered = Clustering(0.9, 0.1).effective_size(np.array([120.0]), np.array([1440.0]))
    assert clustered == pytest.approx([1 / (0.9 / 120 + 0.1 * 1440 / 120**2)])


def test_nothing_to_learn_from_leans_on_what_is_usual():
    drawn = World(units=2, documents=(3, 3)).drawn(np.random.default_rng(1))[0].with_columns(failed=0)
    assert Weighed.of(weights(drawn)).clustering["overall"].by_author == pytest.approx(0.1)


@pytest.mark.parametrize("seed", [2, 5, 7])
def test_authors_or_clients_that_nobody_named_tell_nothing_of_the_others(seed):
    rng = np.random.default_rng(seed)
    unit = rng.integers(0, 7, 3000)
    judged = rng.integers(1, 200, 3000)
    failed = rng.binomial(judged, 0.05 + 0.1 * unit / 7)
    rows = pl.DataFrame({"unit": unit.astype(str), "area": "", "a:overall": judged, "f:overall": failed})
    named = {"all": np.zeros(3000, dtype=np.int64), "some": np.arange(3000) // 3}
    for author, client in (("all", "some"), ("some", "all"), ("all", "all")):
        own = rows.with_columns(author=pl.Series(named[author]), client=pl.Series(named[client]))
        found = Weighed.of(own).clustering["overall"]
        assert found.dispersion == pytest.approx(1.0, abs=0.1)
        assert found.by_client < 0.05


@pytest.mark.parametrize("documents", [100, 1000, 10007])
@pytest.mark.parametrize(("judged", "failed"), [(3, 1), (49, 1), (11, 3)])
def test_where_every_document_fails_the_same_share_correlations_are_the_usual(documents, judged, failed):
    place = pl.Series(range(documents))
    rows = pl.DataFrame({"unit": (place % 7).cast(pl.String), "author": place % 35, "client": place // 3})
    rows = rows.with_columns(pl.lit(judged).alias("a:x"), pl.lit(failed).alias("f:x"), area=pl.lit(""))
    assert Weighed.of(rows).clustering["x"] == Clustering(0.9, 0.1, 0.0)


def test_squares_are_summed_by_author_and_by_client():
    rows = pl.DataFrame(
        {
            "unit": ["u", "u", "v", "v"], "area": "a", "author": [1, 1, 1, 2], "client": [1, 2, 2, 2],
            "a:overall": [4, 6, 2, 3], "f:overall": [0, 2, 0, 0],
        }
    )  # fmt: skip
    units = Documents.of(rows).by(("unit", "area"))
    both = units.squares().sort("unit").select("unit", "documents", "squares_author", "squares_client")
    assert both.rows() == [("u", 2, 10**2, 4**2 + 6**2), ("v", 2, 2**2 + 3**2, 5**2)]
    for place in (("area",), ()):
        whole = units.over(place).squares().select("documents", "squares_author", "squares_client")
        assert whole.rows() == [(4, 12**2 + 3**2, 4**2 + 11**2)]


@pytest.mark.parametrize("weight", [100, 2_000_000])
def test_how_documents_go_together_does_not_depend_on_their_order_however_much_they_weigh(weight):
    """One hand wrote thousands: cubes of its weights go far beyond what fractions hold whole."""
    rng = np.random.default_rng(3)
    judged = rng.integers(weight // 2, weight, 4000)
    rows = pl.DataFrame(
        {
            "unit": rng.integers(0, 5, 4000).astype(str), "area": "", "client": rng.integers(0, 900, 4000),
            "author": np.where(rng.random(4000) < 0.9, 0, rng.integers(1, 40, 4000)),
            "a:overall": judged, "f:overall": rng.binomial(judged, rng.uniform(0.02, 0.2, 4000)),
        }
    )  # fmt: skip
    first = Weighed.of(rows).clustering
    for seed in range(3):
        assert Weighed.of(rows.sample(fraction=1.0, shuffle=True, seed=seed)).clustering == first


@pytest.mark.parametrize("documents", [3, 5])
def test_squares_of_what_one_hand_wrote_stay_whole_however_much_that_weighs(documents):
    weight = 2**31 - 1  # of so many documents under one author; squares of three times as much need all of 64 bits
    rows = pl.DataFrame(
        {
            "unit": "u", "area": "a", "author": [1] * documents, "client": range(documents),
            "a:overall": [weight] * documents, "f:overall": [weight] * (documents - 1) + [0],
        }
    )  # fmt: skip
    squares = Documents.of(rows).by(("unit", "area")).squares().row(0, named=True)
    assert squares["squares_author"] == float((weight * documents) ** 2)
    sums = UnitSums.of(Documents.of(rows)).of_dimension("overall").row(0, named=True)
    assert sums["author ee"] == (weight * documents) ** 2
    assert sums["author ef"] == weight**2 * documents * (documents - 1)
    assert sums["author ff"] == (weight * (documents - 1)) ** 2
    assert sums["both across"] == weight**3 * documents**2


def test_weights_of_documents_add_up_to_the_cells(judged, catalogue):
    result = judged(spoilt(20))
    rule = {r.id: r.weight for r in catalogue.scored}
    cells = result.cells.filter(pl.col("rule_id").is_in(list(rule))).with_columns(
        w=pl.col("rule_id").replace_strict(rule, default=0)
    )
    judged_weight, failed_weight = cells.select(
        (pl.col("eligible") * pl.col("w")).sum(), (pl.col("failed") * pl.col("w")).sum()
    ).row(0)
    assert result.clusters["a:overall"].sum() == judged_weight
    assert result.clusters["f:overall"].sum() == failed_weight
    assert set(dimensions_of(result.clusters)) == {
        *("completeness", "conformance", "timeliness", "plausibility", "overall"),
    }


def test_intervals_cover_nineteen_times_in_twenty_when_documents_cluster(catalogue):
    held, _ = coverage(World(documents=(50, 50)), 8, catalogue, seed=4)
    assert 0.92 <= held <= 0.98
    both, _ = coverage(World(documents=(100, 100), client=0.1), 6, catalogue, seed=5)
    assert 0.92 <= both <= 0.98


def test_the_funnel_blames_few_ordinary_units_and_finds_bad_ones(catalogue):
    usual = World(units=60, documents=(100, 600), between=0.02, bad=3, by_type=(0.0, -0.1, 0.05))
    blamed, found = funnel_errors(usual, 6, catalogue, seed=6)
    assert blamed <= 0.005
    assert found >= 0.75


def test_bad_units_do_not_hide_one_another_nor_make_ordinary_ones_look_good(catalogue):
    """Six units have documents of a kind of their own; a large and a small one of them document badly."""
    sizes = [World(units=1, documents=(n, n), author=0.0, share=s) for n, s in ((4000, 0.8), (400, 0.8))]
    usual = [World(units=4, documents=(400, 400), author=0.0, share=0.95),
             World(units=30, documents=(400, 400), author=0.0, share=0.95)]  # fmt: skip
    parts = []
    for number, world in enumerate([*sizes, *usual]):
        kind = "case_note" if number == 3 else "client_plan"
        rows = world.drawn(np.random.default_rng(number))[0].with_columns(document_type=pl.lit(kind))
        parts.append(rows.with_columns(pl.format("w{}-{}", pl.lit(number), pl.col("unit")).alias("unit")))
    scores = scores_of(pl.concat(parts), catalogue)
    assert scores.filter(pl.col("outside") == "low")["unit"].str.slice(0, 2).to_list() == ["w0", "w1"]
    assert scores.filter(pl.col("outside") == "high").is_empty()


def test_a_unit_with_harder_documents_is_not_blamed_for_them(catalogue):
    easy = World(units=30, documents=(400, 400), author=0.0, share=0.97).drawn(np.random.default_rng(2))[0]
    hard = World(units=30, documents=(400, 400), author=0.0, share=0.75).drawn(np.random.default_rng(3))[0]
    kinds = (
        easy.with_columns(document_type=pl.lit("case_note")),
        hard.with_columns(document_type=pl.lit("client_plan")),
    )
    mixed = pl.concat(kinds)
    # Half of the units write client plans alone.
    number = pl.col("unit").str.slice(1).cast(pl.Int64)
    rows = mixed.filter((number % 2 == 0) == (pl.col("document_type") == "case_note"))
    scores = scores_of(rows, catalogue)
    assert scores["index"].max() - scores["index"].min() > 0.15
    assert set(scores["outside"]) == {""}


def test_what_is_expected_of_a_place_leaves_its_own_findings_out():
    counts = pl.DataFrame(
        {
            "rule_id": "r", "document_type": "t", "service_task": "s", "unit": ["u", "v"], "area": "a",
            "eligible": [1000, 1000], "failed": [500, 100],
        }
    )  # fmt: skip
    rates = dict(expected_share(counts, ("unit",)).select("unit", "_rate").iter_rows())
    assert rates["u"] == pytest.approx(0.1, abs=0.02)
    assert rates["v"] == pytest.approx(0.5, abs=0.02)
    assert expected_share(counts, ())["_rate"].to_list() == [0.3]


def test_the_profile_tells_tasks_types_and_months_whose_parts_make_the_whole(judged, catalogue):
    result = judged(spoilt(30))
    profile = quality_profile(result.cells, result.clusters, catalogue, county="09", minimum_rules=1)
    scores = quality_scores(result.cells, result.clusters, catalogue, county="09", minimum_rules=1)
    for split in ("service_task", "document_type", "month"):
        rows = profile.filter(pl.col("split") == split, pl.col("dimension") == "overall")
        for level in ("unit", "area", "county"):
            own = rows.filter(pl.col("level") == level)
            whole = scores.filter(pl.col("level") == level, pl.col("dimension") == "overall")
            assert own["eligible"].sum() == whole["eligible"].sum(), (split, level)
            assert own["failed"].sum() == whole["failed"].sum()
            assert own.filter((pl.col("low") > pl.col("index")) | (pl.col("index") > pl.col("high"))).is_empty()
    assert set(profile.filter(pl.col("split") == "month")["value"].str.len_chars()) == {7}
    assert "author" not in profile.columns


def test_what_nothing_was_judged_by_has_no_score_and_never_a_full_one(judged, catalogue):
    none = Catalogue(tuple(rule.model_copy(update={"mode": "shadow"}) for rule in catalogue.rules))
    result = judged(spoilt(4), rules=none)
    assert quality_scores(result.cells, result.clusters, none).is_empty()
    assert quality_profile(result.cells, result.clusters, none).is_empty()
    assert quality_changes(result.cells, none).is_empty()


def test_contributions_add_up_at_every_level(judged, catalogue):
    result = judged(spoilt(30))
    parts = contributions_by_place(result.cells, catalogue, county="09")
    scores = quality_scores(result.cells, result.clusters, catalogue, county="09", minimum_rules=1)
    whole = scores.filter(pl.col("dimension") == "overall").select(
        "level", "unit", "area", lost=1 - pl.col("index")
    )
    sums = parts.group_by("level", "unit", "area").agg(pl.col("contribution").sum())
    joined = sums.join(whole, on=["level", "unit", "area"])
    assert joined.height == whole.height > 3
    assert (joined["contribution"] - joined["lost"]).abs().max() < 1e-12


def test_mending_gives_back_its_share_of_the_index(judged, catalogue):
    result = judged(spoilt(20))
    ranked = mend_first(result.violations, catalogue, cells=result.cells)
    first = ranked.filter(pl.col("place") == 1)
    parts = contributions_by_place(result.cells, catalogue).filter(pl.col("level") == "unit")
    joined = first.join(parts, on=["unit", "area", "rule_id"])
    assert joined.height == first.height > 0
    assert joined.filter(pl.col("index_gain") > pl.col("contribution") + 1e-12).is_empty()
    assert ranked["index_gain"].min() > 0


def monthly_cells(rates: list[float], eligible: int = 400, rule: str = RULE) -> pl.DataFrame:
    return pl.DataFrame(
        {
            "rule_id": rule, "unit": "u", "area": "a", "service_task": "families", "document_type": "case_note",
            "month": MONTHS[: len(rates)], "eligible": [eligible] * len(rates),
            "failed": [round(eligible * r) for r in rates], "not_applicable": 0, "not_evaluable": 0,
        }
    )  # fmt: skip


def test_a_drop_of_ten_points_is_told_and_a_steady_unit_is_not(catalogue):
    steady = quality_changes(monthly_cells([0.10, 0.11, 0.09] * 6), catalogue)
    assert set(steady["signal"]) == {""}
    assert steady["center"].null_count() == 3
    dropped = quality_changes(monthly_cells([0.10, 0.11, 0.09] * 4 + [0.2, 0.2]), catalogue)
    assert dropped["signal"].to_list()[12] == "worse"
    better = quality_changes(monthly_cells([0.20, 0.21, 0.19] * 4 + [0.05, 0.05]), catalogue)
    assert better["signal"].to_list()[12] == "better"


def test_most_drops_of_ten_points_are_told_within_two_months_even_in_small_units(catalogue):
    told, alarms = signalled(0.1, 30, catalogue, seed=7)
    assert told >= 0.75
    assert alarms <= 0.04
    _, calm = signalled(0.0, 3, catalogue, seed=8, each=400)
    assert calm <= 0.005


def test_another_mix_of_documents_is_no_change(catalogue):
    easy = monthly_cells([0.05] * 16)
    hard = monthly_cells([0.25] * 16).with_columns(document_type=pl.lit("client_plan"))
    more = (
        pl.concat([easy.with_row_index("t"), hard.with_row_index("t")])
        .with_columns(
            _k=pl.when((pl.col("t") >= 14) == (pl.col("document_type") == "client_plan")).then(2.0).otherwise(0.5)
        )
        .with_columns((pl.col(c) * pl.col("_k")).round().cast(pl.Int64) for c in ("eligible", "failed"))
    )
    table = quality_changes(more.drop("t", "_k"), catalogue)
    assert table["rate"][15] > table["rate"][12] + 0.1
    assert set(table["signal"]) == {""}


def test_shadow_rules_take_no_part_in_scores_and_charts(judged, catalogue):
    rows = spoilt(20)
    shadowed = Catalogue(
        tuple(r.model_copy(update={"mode": "shadow"}) if r.id == "language_valid" else r for r in catalogue.rules)
    )
    without = Catalogue(tuple(r for r in catalogue.rules if r.id != "language_valid"))
    mine, theirs = judged(rows, rules=shadowed), judged(rows, rules=without)
    assert mine.cells.filter(pl.col("rule_id") == "language_valid")["failed"].sum() > 0
    for table in (quality_scores, quality_profile):
        assert table(mine.cells, mine.clusters, shadowed).equals(table(theirs.cells, theirs.clusters, without))
    assert quality_changes(mine.cells, shadowed).equals(quality_changes(theirs.cells, without))


def test_a_missing_author_is_never_taken_for_many(judged):
    rows = [document("case_note", number=n, author_id=None) for n in range(1, 5)]
    assert judged(rows).clusters["author"].n_unique() == 1


def test_missing_authors_of_two_units_are_not_one_hand(judged):
    units = ("398-older_people", "111-older_people")
    rows = [document("case_note", number=n, author_id=None, unit=units[n % 2]) for n in range(4)]
    assert judged(rows).clusters.select("unit", "author").unique().height == 2


def test_figures_are_equal_to_the_last_bit_whatever_the_order_of_their_counts_and_documents(judged, catalogue):
    result = judged(spoilt(60))

    def figures(cells, clusters):
        tables = (
            table(cells, clusters, catalogue, minimum_rules=1) for table in (quality_scores, quality_profile)
        )
        return [*tables, quality_changes(cells, catalogue)]

    first = figures(result.cells, result.clusters)
    for seed in range(4):
        cells, clusters = (
            table.sample(fraction=1.0, shuffle=True, seed=seed) for table in (result.cells, result.clusters)
        )
        for again in (figures(cells, clusters), figures(cells, Weighed.of(clusters))):
            assert [one.equals(other) for one, other in zip(again, first, strict=True)] == [True] * 3


def test_documents_of_no_known_unit_are_no_unit_of_the_funnel(catalogue):
    drawn = World(units=12, documents=(100, 100)).drawn(np.random.default_rng(5))[0]
    unit = pl.when(pl.col("unit") == "u0003").then(pl.lit("unknown")).otherwise(pl.col("unit"))
    scores = scores_of(drawn.with_columns(unit=unit), catalogue)
    unknown = scores.filter(pl.col("unit") == "unknown").row(0, named=True)
    assert (unknown["outside"], unknown["funnel_low"]) == (None, None)
    assert unknown["index"] is not None
    assert scores.filter(pl.col("unit") != "unknown")["outside"].null_count() == 0


def test_a_rule_weighs_what_it_is_given_and_else_what_its_severity_does(judged, catalogue):
    result = judged(spoilt(20))
    plain = contributions_by_place(result.cells, catalogue).filter(pl.col("level") == "county")
    worst = plain.filter(pl.col("failed") > 0).sort("contribution", descending=True)["rule_id"][0]
    shown = next(r.id for r in catalogue.rules if r.severity == "characterization" and r.mode == "active")
    own = catalogue.with_overrides([{"id": worst, "weight": 20}, {"id": shown, "weight": 1}], "own.yaml")
    assert own.by_id[worst].weight == 20
    assert {r.id for r in own.scored} - {r.id for r in catalogue.scored} == {shown}
    again = own.with_overrides([{"id": worst, "mode": "active"}], "own.yaml")
    assert again.by_id[worst].weight == 20, "a later override keeps it"
    heavier = judged(spoilt(20), rules=own)
    before, after = (
        quality_scores(r.cells, r.clusters, c, minimum_rules=1).filter(
            (pl.col("level") == "county") & (pl.col("dimension") == "overall")
        ).row(0, named=True)
        for r, c in ((result, catalogue), (heavier, own))
    )  # fmt: skip
    assert after["index"] < before["index"]
    assert after["weights_low"] <= after["index"] <= after["weights_high"]
    nothing = catalogue.with_overrides([{"id": worst, "weight": 0}], "own.yaml")
    assert worst not in {r.id for r in nothing.scored}
    with pytest.raises(CatalogueError, match="weight"):
        catalogue.with_overrides([{"id": worst, "weight": 21}], "own.yaml")
