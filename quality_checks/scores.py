"""Fair scores of record quality: weighted indices with intervals, shrinkage and funnel limits; no league table.

The index of a stratum is the weight of what is in order over the weight of what was judged:
D = sum(w ok) / sum(w applicable). Nothing judged is no score, never 100 %.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl

from quality_checks.case_mix import MIX, expected_share, summed
from quality_checks.clustering import Clustering, Grouping, estimate_clustering
from quality_checks.clusters import OVERALL, Strata, cluster_sums, dimensions_of
from quality_checks.contributions import rule_weights
from quality_checks.intervals import between_variance, funnel, ordinary_variation, shrunk_share, wilson
from quality_checks.rules import WEIGHTS, Catalogue
from quality_checks.schema import UNKNOWN

DIMENSIONS = ("completeness", "conformance", "timeliness", "plausibility", "overall")
# Weights of fatal and convention rules that the sensitivity band tries beside the published 4 : 2.
WEIGHT_SCHEMES = ((1, 1), (4, 2), (8, 2), (2, 1), (4, 1))
LEVELS: dict[str, tuple[str, ...]] = {"unit": ("unit", "area"), "area": ("area",), "county": ()}
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
    cells: pl.DataFrame, clusters: pl.DataFrame, catalogue: Catalogue, *, county: str = "", minimum_rules: int = 3
) -> pl.DataFrame:
    """Indices of units, areas and the county by dimension.

    Args:
        cells: counts of the engine.
        clusters: weights of documents with their authors and clients.
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
    parts, judge = [], _Judge.of(clusters, catalogue, minimum_rules)
    for level, place in LEVELS.items():
        parts += [
            table.with_columns(level=pl.lit(level), dimension=pl.lit(dimension))
            for dimension, table in _judged(counts, clusters, judge, place).items()
        ]
    return _placed(pl.concat(parts, how="diagonal_relaxed"), county, SCHEMA)


def _judged(
    counts: pl.DataFrame, clusters: pl.DataFrame, judge: _Judge, place: tuple[str, ...]
) -> dict[str, pl.DataFrame]:
    """Scores of places by dimension, those that are clearly worse left out of what the others are held against.

    Two bad units of one task would hide one another, and make ordinary ones look good.
    """
    worse: pl.DataFrame | None = None
    strata = Strata.of(clusters, place)
    for _ in range(MOST_ROUNDS):
        rates = counts.join(expected_share(counts, place, worse), on=[*place, *MIX])
        found = {d: _against_the_funnel(table) for d, table in judge.scored(rates, clusters, place, strata)}
        if not place or OVERALL not in found:
            break
        low = found[OVERALL].filter(pl.col("outside") == "low").select(place).sort(place)
        if low.equals(worse) if worse is not None else low.is_empty():
            break
        worse = low
    return found


def quality_profile(
    cells: pl.DataFrame, clusters: pl.DataFrame, catalogue: Catalogue, *, county: str = "", minimum_rules: int = 3
) -> pl.DataFrame:
    """The same indices by service task, by document type and by month, for every unit, area and the county.

    Arguments are those of `quality_scores`.

    Returns:
        The table `quality_profile`: level, unit, area, split (`service_task`, `document_type` or `month`), value
        (the code, or the month as YYYY-MM), dimension, counts, index with interval, shrunk value and the range
        over weight schemes.
    """
    parts, judge = [], _Judge.of(clusters, catalogue, minimum_rules)
    for split in SPLITS:
        counts = _counts(cells, catalogue, ("unit", "area", split)).with_columns(_value(split), _rate=pl.lit(0.0))
        grouped = clusters.with_columns(_value(split))
        for level, place in LEVELS.items() if counts.height else ():
            keys = (*place, "value")
            for dimension, table in judge.scored(counts, grouped, keys, Strata.of(grouped, keys)):
                parts.append(
                    table.with_columns(level=pl.lit(level), split=pl.lit(split), dimension=pl.lit(dimension))
                )
    if not parts:
        return pl.DataFrame(schema=PROFILE_SCHEMA)
    return _placed(pl.concat(parts, how="diagonal_relaxed"), county, PROFILE_SCHEMA)


def _value(split: str) -> pl.Expr:
    """The value of a split as text."""
    return (pl.col("month").dt.strftime("%Y-%m") if split == "month" else pl.col(split)).alias("value")


def _counts(cells: pl.DataFrame, catalogue: Catalogue, keys: Sequence[str]) -> pl.DataFrame:
    """Findings of scored rules by stratum."""
    scored = [rule.id for rule in catalogue.scored]
    return (
        cells.lazy()
        .filter(pl.col("eligible") > 0, pl.col("rule_id").is_in(scored))
        .group_by("rule_id", *keys)
        .agg(pl.col("eligible", "failed").sum())
        .collect()
    )


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
    clustering: dict[str, Clustering]
    minimum_rules: int

    @classmethod
    def of(cls, clusters: pl.DataFrame, catalogue: Catalogue, minimum_rules: int) -> _Judge:
        present, grouping = [d for d in DIMENSIONS if d in dimensions_of(clusters)], Grouping.of(clusters)
        clustering = {d: estimate_clustering(clusters, d, grouping) for d in present}
        return cls(rule_weights(catalogue), clustering, minimum_rules)

    def scored(
        self, counts: pl.DataFrame, clusters: pl.DataFrame, keys: Sequence[str], strata: Strata
    ) -> Iterator[tuple[str, pl.DataFrame]]:
        """Index, interval and shrunk value of every stratum (of `strata`, by `keys`), dimension by dimension."""
        sums = self._sums(counts, keys)
        for dimension, clustering in self.clustering.items():
            own = sums.filter(pl.col("dimension") == dimension)
            if own.is_empty():
                continue
            squares = cluster_sums(clusters, keys, dimension, strata)
            joined = own.join(squares, on=list(keys), how="left").sort(keys) if keys else own.hstack(squares)
            table = _indices(joined, clustering)
            enough = pl.col("rules") >= self.minimum_rules
            yield dimension, table.with_columns(pl.when(enough).then(pl.col(name)) for name in SHOWN)

    def _sums(self, counts: pl.DataFrame, keys: Sequence[str]) -> pl.DataFrame:
        """Counts and weights of every stratum by dimension, `overall` included."""
        by_rule = counts.group_by(*keys, "rule_id").agg(
            pl.col("eligible", "failed").sum(), _due=summed(pl.col("eligible") * (1 - pl.col("_rate")))
        )
        known = by_rule.join(self.rules, on="rule_id")
        twice = pl.concat([known, known.with_columns(dimension=pl.lit(OVERALL))])
        return twice.group_by(*keys, "dimension").agg(
            pl.col("eligible", "failed").sum(),
            pl.len().cast(pl.Int64).alias("rules"),
            ((pl.col("eligible") - pl.col("failed")) * pl.col("weight")).sum().alias("_ok"),
            (pl.col("eligible") * pl.col("weight")).sum().alias("_all"),
            summed(pl.col("_due") * pl.col("weight")).alias("_expected"),
            *_schemes(),
        )


def _schemes() -> list[pl.Expr]:
    """The index under each scheme of weights; a weight of a rule's own keeps its proportion to the usual one."""
    fatal = pl.col("severity") == "fatal"
    own = pl.col("weight") / pl.when(fatal).then(WEIGHTS["fatal"]).otherwise(WEIGHTS["convention"])
    found = []
    for i, (heavy, light) in enumerate(WEIGHT_SCHEMES):
        weight = own * pl.when(fatal).then(heavy).otherwise(light)
        ok = ((pl.col("eligible") - pl.col("failed")) * weight).sum()
        found.append((ok / (pl.col("eligible") * weight).sum()).alias(f"_scheme_{i}"))
    return found


def _indices(part: pl.DataFrame, clustering: Clustering) -> pl.DataFrame:
    total = part["_all"].to_numpy()
    index = part["_ok"].to_numpy() / total
    squares = [part[f"squares_{group}"].fill_null(0.0).to_numpy() for group in ("author", "client")]
    size = clustering.effective_size(total, *squares)
    low, high = wilson(index, size)
    schemes = part.select(f"_scheme_{i}" for i in range(len(WEIGHT_SCHEMES)))
    return part.with_columns(
        index=pl.Series(index),
        low=pl.Series(low),
        high=pl.Series(high),
        shrunk=pl.Series(_shrunk(part, index, size)),
        effective=pl.Series(size),
        weights_low=schemes.min_horizontal(),
        weights_high=schemes.max_horizontal(),
    )


def _shrunk(part: pl.DataFrame, index: Any, size: Any) -> Any:
    """Towards the same stratum of the area's other units, or of the county's places where the area has too few."""
    result = np.array(index)
    values = part["value"].to_numpy() if "value" in part.columns else np.zeros(part.height)
    areas = part["area"].to_numpy() if "unit" in part.columns else None
    for value in np.unique(values):
        same = values == value
        result[same] = shrunk_share(index[same], size[same], *between_variance(index[same], size[same]))
        for area in () if areas is None else np.unique(areas[same]):
            own = same & (areas == area)
            if own.sum() >= FEWEST_SIBLINGS:
                result[own] = shrunk_share(index[own], size[own], *between_variance(index[own], size[own]))
    return result


def _against_the_funnel(part: pl.DataFrame) -> pl.DataFrame:
    """Limits around what is expected of each place's own mix.

    None where the index is not shown, and none for documents of no known unit: their unit is missing in them all.
    """
    named = pl.col("unit") != UNKNOWN if "unit" in part.columns else pl.lit(value=True)
    part = part.with_columns(_shown=pl.when(named).then(pl.col("index")))
    index, size = part["_shown"].to_numpy(), part["effective"].to_numpy()
    expected = (part["_expected"] / part["_all"]).to_numpy()
    shift, variance = ordinary_variation(index - expected, expected, size)
    low, high = funnel(np.clip(expected + shift, 0.0, 1.0), size, variance)
    side = np.where(index < low, "low", np.where(index > high, "high", ""))
    shown = pl.col("_shown").is_not_null()
    limited = part.with_columns(
        funnel_low=pl.Series(low), funnel_high=pl.Series(high), outside=pl.Series(side, dtype=pl.String)
    )
    return limited.with_columns(
        pl.when(shown).then(pl.col(name)) for name in ("funnel_low", "funnel_high", "outside")
    )
