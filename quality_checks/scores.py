"""Fair scores of record quality: weighted indices with intervals, shrinkage and funnel limits; no league table.

The index of a stratum is the weight of what is in order over the weight of what was judged:
D = sum(w ok) / sum(w applicable). Nothing judged is no score, never 100 %.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

import numpy as np
import polars as pl

from quality_checks.case_mix import MILLIONTHS, MIX, expected_share, millionths
from quality_checks.clustering import Clustering, Weighed
from quality_checks.clusters import GROUPS, OVERALL
from quality_checks.contributions import rule_weights
from quality_checks.intervals import (
    between_variance,
    funnel,
    moved_centre,
    ordinary_variation,
    shrunk_share,
    wilson,
)
from quality_checks.rules import WEIGHTS, Catalogue
from quality_checks.schema import UNKNOWN
from quality_checks.strata import Strata

Frame = TypeVar("Frame", pl.DataFrame, pl.LazyFrame)
DIMENSIONS = ("completeness", "conformance", "timeliness", "plausibility", "overall")
# Weights of fatal and convention rules that the sensitivity band tries beside the published 4 : 2.
WEIGHT_SCHEMES = ((1, 1), (4, 2), (8, 2), (2, 1), (4, 1))
LEVELS: dict[str, tuple[str, ...]] = {"unit": ("unit", "area"), "area": ("area",), "county": ()}
SEVERITIES = ("_heavy", "_light")
SPLITS = ("service_task", "document_type", "month")
FEWEST_SIBLINGS = 5
MOST_ROUNDS = 4
"""Times at most that the places found worse are left out of what others are held against."""
_NUMBERS = ("documents", "eligible", "failed", "rules")
SCHEMA: dict[str, pl.DataType] = {
    **dict.fromkeys(("level", "unit", "area", "dimension"), pl.String()),
    **dict.fromkeys(_NUMBERS, pl.Int64()),
    **dict.fromkeys(("index", "low", "high", "shrunk", "funnel_low", "funnel_high"), pl.Float64()),
    "outside": pl.String(),
    **dict.fromkeys(("weights_low", "weights_high", "effective"), pl.Float64()),
}
PROFILE_SCHEMA: dict[str, pl.DataType] = {
    **dict.fromkeys(("level", "unit", "area", "split", "value", "dimension"), pl.String()),
    **dict.fromkeys(_NUMBERS, pl.Int64()),
    **dict.fromkeys(("index", "low", "high", "shrunk", "weights_low", "weights_high"), pl.Float64()),
}
SHOWN = ("index", "low", "high", "shrunk", "weights_low", "weights_high")


def quality_scores(
    cells: pl.DataFrame,
    clusters: pl.DataFrame | Weighed,
    catalogue: Catalogue,
    *,
    county: str = "",
    minimum_rules: int = 3,
) -> pl.DataFrame:
    """Indices of units, areas and the county by dimension.

    Args:
        cells: counts of the engine.
        clusters: weights of documents with their authors and clients; `Weighed.of` them where several tables are
            made.
        catalogue: the rules, for their weights.
        county: code that stands as the area of the county's row.
        minimum_rules: rules that must have been applicable before an index is shown.

    Returns:
        The table `quality_scores`: eligible and failed are numbers of findings, the index is weighted; index and
        limits are null where fewer rules applied; `outside` is `low`, `high` or empty against the funnel;
        `effective` is the number of independent findings that the interval rests on.
    """
    counts = _counts(cells, catalogue, ("unit", "area", "service_task", "document_type"))
    if counts.is_empty():
        return pl.DataFrame(schema=SCHEMA)
    weighed = Weighed.of(clusters)
    judge = _Judge(_weights(catalogue), weighed.clustering, minimum_rules)
    strata, by_rule, parts = weighed.units, counts, []
    for level, place in LEVELS.items():
        by_rule, strata = _by_rule(by_rule, place), strata.over(place) if level != "unit" else strata
        held = _held(judge.scored(by_rule, place, strata), counts, judge, place)
        parts.append(held.with_columns(level=pl.lit(level)))
    return _placed(pl.concat(parts, how="diagonal_relaxed"), county, SCHEMA)


def _held(table: pl.DataFrame, counts: pl.DataFrame, judge: _Judge, place: tuple[str, ...]) -> pl.DataFrame:
    """Scores of places held against others, without those that are clearly worse.

    Two bad units of one task would hide one another, and make ordinary ones look good.
    """
    worse: pl.DataFrame | None = None
    overall = table.filter(pl.col("dimension") == OVERALL)
    for _ in range(MOST_ROUNDS):
        expected = judge.expected(counts.join(expected_share(counts, place, worse), on=[*place, *MIX]), place)
        if not place or overall.is_empty():
            break
        found = _against_the_funnel(overall.join(expected, on=[*place, "dimension"], maintain_order="left"))
        low = found.filter(pl.col("outside") == "low").select(place)
        if low.equals(worse) if worse is not None else low.is_empty():
            break
        worse = low
    held = table.join(expected, on=[*place, "dimension"], maintain_order="left")
    return pl.concat([_against_the_funnel(part) for part in held.partition_by("dimension")])


def quality_profile(
    cells: pl.DataFrame,
    clusters: pl.DataFrame | Weighed,
    catalogue: Catalogue,
    *,
    county: str = "",
    minimum_rules: int = 3,
) -> pl.DataFrame:
    """The same indices by service task, by document type and by month, for every unit, area and the county.

    Arguments are those of `quality_scores`.

    Returns:
        The table `quality_profile`: level, unit, area, split (`service_task`, `document_type` or `month`), value
        (the code, or the month as YYYY-MM), dimension, counts, index with interval, shrunk value and the range
        over weight schemes.
    """
    parts, weighed = [], Weighed.of(clusters)
    judge = _Judge(_weights(catalogue), weighed.clustering, minimum_rules)
    for split in SPLITS:
        by_rule = _counts(cells, catalogue, ("unit", "area", split)).rename({split: "value"})
        if by_rule.is_empty():
            break
        strata = weighed.documents.by(("unit", "area", pl.col(split).alias("value")))
        for level, place in LEVELS.items():
            keys = (*place, "value")
            if level != "unit":
                by_rule, strata = _by_rule(by_rule, keys), strata.over(keys)
            table = judge.scored(by_rule, keys, strata)
            parts.append(table.with_columns(_text(split), level=pl.lit(level), split=pl.lit(split)))
    if not parts:
        return pl.DataFrame(schema=PROFILE_SCHEMA)
    return _placed(pl.concat(parts, how="diagonal_relaxed"), county, PROFILE_SCHEMA)


def _text(split: str) -> pl.Expr:
    """The value of a split as text."""
    value = pl.col("value")
    return value.dt.strftime("%Y-%m") if split == "month" else value


def _counts(cells: pl.DataFrame, catalogue: Catalogue, keys: Sequence[str]) -> pl.DataFrame:
    """Findings of scored rules by stratum."""
    scored = [rule.id for rule in catalogue.scored]
    judged = cells.lazy().filter(pl.col("eligible") > 0, pl.col("rule_id").is_in(scored))
    return _by_rule(judged, keys).collect()


def _by_rule(counts: Frame, keys: Sequence[str]) -> Frame:
    """Findings of each rule by stratum."""
    return counts.group_by("rule_id", *keys).agg(pl.col("eligible", "failed").sum())


def _placed(table: pl.DataFrame, county: str, schema: dict[str, pl.DataType]) -> pl.DataFrame:
    """Columns in order; rows that are no unit's or no area's say so by an empty or the county's code."""
    whole = pl.col("level") == "county"
    named = table.with_columns(
        pl.when(whole).then(pl.lit(county)).otherwise(pl.col("area")).alias("area"),
        pl.col("unit").fill_null(""),
    )
    keys = [name for name in ("level", "area", "unit", "split", "value", "dimension") if name in schema]
    return named.select(pl.col(name).cast(kind) for name, kind in schema.items()).sort(keys)


@dataclass(frozen=True)
class _Judge:
    """What every stratum is judged with: rules and their weights, how findings go together, rules needed."""

    rules: pl.DataFrame
    clustering: Mapping[str, Clustering]
    minimum_rules: int

    def scored(self, by_rule: pl.DataFrame, keys: Sequence[str], strata: Strata) -> pl.DataFrame:
        """Index, interval and shrunk value of every stratum and dimension, in order.

        Args:
            by_rule: findings by `rule_id` and `keys`.
            keys: columns that make a stratum.
            strata: the same strata.
        """
        sound = pl.col("eligible") - pl.col("failed")
        sums = self._by_dimension(
            by_rule, keys,
            pl.col("eligible", "failed").sum(),
            pl.len().cast(pl.Int64).alias("rules"),
            (sound * pl.col("weight")).sum().alias("_ok"),
            (pl.col("eligible") * pl.col("weight")).sum().alias("_all"),
            *((sound * pl.col(part)).sum().alias(f"_ok{part}") for part in SEVERITIES),
            *((pl.col("eligible") * pl.col(part)).sum().alias(f"_all{part}") for part in SEVERITIES),
        ).with_columns(_schemes())  # fmt: skip
        known = sums.filter(pl.col("dimension").is_in([d for d in DIMENSIONS if d in self.clustering]))
        joined = known.join(strata.squares(), on=[*keys, "dimension"], how="left").sort("dimension", *keys)
        enough = pl.col("rules") >= self.minimum_rules
        return _indices(joined, self.clustering).with_columns(pl.when(enough).then(pl.col(name)) for name in SHOWN)

    def expected(self, rates: pl.DataFrame, keys: Sequence[str]) -> pl.DataFrame:
        """Weight expected to be in order (`_expected`) by stratum and dimension, from counts with `_rate`."""
        due = millionths(pl.col("eligible") * (1 - pl.col("_rate"))).alias("_due") / MILLIONTHS
        by_rule = rates.group_by("rule_id", *keys).agg(due)
        expected = millionths(pl.col("_due") * pl.col("weight")).alias("_expected")
        return self._by_dimension(by_rule, keys, expected).with_columns(pl.col("_expected") / MILLIONTHS)

    def _by_dimension(self, by_rule: pl.DataFrame, keys: Sequence[str], *sums: pl.Expr) -> pl.DataFrame:
        """Sums over rules, with their weights, by dimension and over all of them."""
        known = by_rule.lazy().join(self.rules.lazy(), on="rule_id")
        parts = known.group_by(*keys, "dimension").agg(sums).collect()
        every = pl.exclude("dimension", *keys).sum()
        overall = parts.group_by(keys).agg(every) if keys else parts.select(every)
        overall = overall.with_columns(dimension=pl.lit(OVERALL))
        # One chunk: Polars divides the only row of a chunk in another way than many, to another last bit.
        return pl.concat([parts, overall.select(parts.columns)], rechunk=True)


def _weights(catalogue: Catalogue) -> pl.DataFrame:
    """Weights of rules, and how many times the usual one that is, apart by severity (`SEVERITIES`)."""
    rules, fatal = rule_weights(catalogue), pl.col("severity") == "fatal"
    own = pl.col("weight") / pl.when(fatal).then(WEIGHTS["fatal"]).otherwise(WEIGHTS["convention"])
    return rules.with_columns(
        _heavy=pl.when(fatal).then(own).otherwise(0.0), _light=pl.when(fatal).then(0.0).otherwise(own)
    )


def _schemes() -> list[pl.Expr]:
    """The index under each scheme of weights; a weight of a rule's own keeps its proportion to the usual one."""
    sums = [[pl.col(f"{kind}{part}") for part in SEVERITIES] for kind in ("_ok", "_all")]
    weighed = [[a * heavy + b * light for a, b in sums] for heavy, light in WEIGHT_SCHEMES]
    return [(ok / every).alias(f"_scheme_{i}") for i, (ok, every) in enumerate(weighed)]


def _indices(table: pl.DataFrame, clustering: Mapping[str, Clustering]) -> pl.DataFrame:
    total = table["_all"].to_numpy()
    index = table["_ok"].to_numpy() / total
    squares = [table[f"squares_{group}"].fill_null(0.0).to_numpy() for group in GROUPS]
    size = np.zeros(table.height)
    for (dimension,), rows in _rows_by(table, ["dimension"]):
        size[rows] = clustering[dimension].effective_size(total[rows], *(square[rows] for square in squares))
    low, high = wilson(index, size)
    schemes = table.select(f"_scheme_{i}" for i in range(len(WEIGHT_SCHEMES)))
    return table.with_columns(
        index=pl.Series(index),
        low=pl.Series(low),
        high=pl.Series(high),
        shrunk=pl.Series(_shrunk(table, index, size)),
        effective=pl.Series(size),
        weights_low=schemes.min_horizontal(),
        weights_high=schemes.max_horizontal(),
    )


def _shrunk(table: pl.DataFrame, index: Any, size: Any) -> Any:
    """Towards the same stratum of the area's other units, or of the county's places where the area has too few."""
    result = np.array(index)
    same = [name for name in ("dimension", "value") if name in table.columns]
    whole, areas = (same, 1), ([*same, "area"], FEWEST_SIBLINGS)
    for keys, fewest in (whole, areas) if "unit" in table.columns else (whole,):
        for _, rows in _rows_by(table, keys):
            if len(rows) >= fewest:
                own = index[rows], size[rows]
                result[rows] = shrunk_share(*own, *between_variance(*own))
    return result


def _rows_by(table: pl.DataFrame, keys: Sequence[str]) -> Iterator[tuple[tuple[str, ...], Any]]:
    """Row numbers of each combination of some columns, in order."""
    groups = table.select(keys).with_row_index("_row").group_by(keys).agg("_row")
    for *values, rows in groups.iter_rows():
        yield tuple(values), np.array(rows)


def _against_the_funnel(part: pl.DataFrame) -> pl.DataFrame:
    """Limits around what is expected of each place's own mix.

    None where the index is not shown, and none for documents of no known unit: their unit is missing in them all.
    """
    named = pl.col("unit") != UNKNOWN if "unit" in part.columns else pl.lit(value=True)
    part = part.with_columns(_shown=pl.when(named).then(pl.col("index")))
    index, size = part["_shown"].to_numpy(), part["effective"].to_numpy()
    expected = (part["_expected"] / part["_all"]).to_numpy()
    shift, variance = ordinary_variation(index - expected, expected, size)
    known = np.isfinite(index) & (size > 0)
    low, high = funnel(moved_centre(expected, shift, size[known]), size, variance)
    side = np.where(index < low, "low", np.where(index > high, "high", ""))
    shown = pl.col("_shown").is_not_null()
    limited = part.with_columns(
        funnel_low=pl.Series(low), funnel_high=pl.Series(high), outside=pl.Series(side, dtype=pl.String)
    )
    return limited.with_columns(
        pl.when(shown).then(pl.col(name)) for name in ("funnel_low", "funnel_high", "outside")
    )
