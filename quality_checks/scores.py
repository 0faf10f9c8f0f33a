"""Fair scores of record quality: weighted indices with intervals, shrinkage and funnel limits; no league table.

The index of a stratum is the weight of what is in order over the weight of what was judged:
D = sum(w ok) / sum(w applicable). Nothing judged is no score, never 100 %.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import polars as pl

from quality_checks.intervals import (
    Clustering,
    between_variance,
    estimate_clustering,
    funnel,
    shrunk_share,
    wilson,
)
from quality_checks.rules import Catalogue

DIMENSIONS = ("completeness", "conformance", "timeliness", "plausibility", "overall")
# Weights of fatal and convention rules that the sensitivity band tries beside the published 4 : 2.
WEIGHT_SCHEMES = ((1, 1), (4, 2), (8, 2), (2, 1), (4, 1))
LEVELS: dict[str, tuple[str, ...]] = {"unit": ("unit", "area"), "area": ("area",), "county": ()}
SCHEMA: dict[str, pl.DataType] = {
    **dict.fromkeys(("level", "unit", "area", "dimension"), pl.String()),
    **dict.fromkeys(("documents", "eligible", "failed", "rules"), pl.Int64()),
    **dict.fromkeys(("index", "low", "high", "shrunk", "funnel_low", "funnel_high"), pl.Float64()),
    "outside": pl.String(),
    **dict.fromkeys(("weights_low", "weights_high"), pl.Float64()),
}


def quality_scores(
    cells: pl.DataFrame, clusters: pl.DataFrame, catalogue: Catalogue, *, county: str = "", minimum_rules: int = 3
) -> pl.DataFrame:
    """Indices of units, areas and the county by dimension.

    Args:
        cells: counts of the engine.
        clusters: weights by author of the engine.
        catalogue: the rules, for their weights.
        county: code that stands as the area of the county's row.
        minimum_rules: rules that must have been applicable before an index is shown.

    Returns:
        The table `quality_scores`: eligible and failed are numbers of findings, the index is weighted; index and
        limits are null where fewer rules applied; `outside` is `low`, `high` or empty against the funnel.
    """
    weighted = _weighted(cells, catalogue)
    if weighted.is_empty():
        return pl.DataFrame(schema=SCHEMA)
    clustering = {d: _clustering(clusters.filter(pl.col("dimension") == d)) for d in DIMENSIONS}
    expected = _expected(weighted)
    parts = [_level(level, weighted, clusters, expected, clustering, minimum_rules) for level in LEVELS]
    table = pl.concat(parts, how="diagonal_relaxed")
    place = pl.when(pl.col("level") == "county").then(pl.lit(county)).otherwise(pl.col("area"))
    return table.with_columns(area=place).select(list(SCHEMA)).sort("level", "area", "unit", "dimension")


def _weighted(cells: pl.DataFrame, catalogue: Catalogue) -> pl.DataFrame:
    """Cells of scored rules, once for their dimension and once for the overall index."""
    rules = pl.DataFrame(
        [(r.id, r.dimension, r.severity, float(r.weight)) for r in catalogue.scored],
        schema={"rule_id": pl.String, "dimension": pl.String, "severity": pl.String, "weight": pl.Float64},
        orient="row",
    )
    scored = cells.filter(pl.col("eligible") > 0).join(rules, on="rule_id")
    return pl.concat([scored, scored.with_columns(dimension=pl.lit("overall"))])


def _clustering(clusters: pl.DataFrame) -> Clustering:
    if clusters.is_empty():
        return Clustering(1.0, 0.1)
    unit = clusters["unit"].rank("dense").to_numpy().astype(np.int64) - 1
    return estimate_clustering(
        unit, clusters["applicable"].to_numpy().astype(float), clusters["failed"].to_numpy().astype(float)
    )


def _expected(weighted: pl.DataFrame) -> pl.DataFrame:
    """Share of defects in the whole county by rule and document type: what a unit's case mix is held against."""
    return weighted.group_by("rule_id", "document_type", "dimension").agg(
        _rate=pl.col("failed").sum() / pl.col("eligible").sum()
    )


def _level(
    level: str,
    weighted: pl.DataFrame,
    clusters: pl.DataFrame,
    expected: pl.DataFrame,
    clustering: dict[str, Clustering],
    minimum_rules: int,
) -> pl.DataFrame:
    keys = [*LEVELS[level], "dimension"]
    sums = (
        weighted.join(expected, on=["rule_id", "document_type", "dimension"])
        .group_by(keys)
        .agg(
            pl.col("eligible").sum(),
            pl.col("failed").sum(),
            rules=pl.col("rule_id").n_unique().cast(pl.Int64),
            _ok=((pl.col("eligible") - pl.col("failed")) * pl.col("weight")).sum(),
            _all=(pl.col("eligible") * pl.col("weight")).sum(),
            _expected=(pl.col("eligible") * (1 - pl.col("_rate")) * pl.col("weight")).sum(),
            **_schemes(),
        )
    )
    squares = (
        clusters.group_by(*keys, "author")
        .agg(pl.col("applicable").sum(), pl.col("documents").sum())
        .group_by(keys)
        .agg(pl.col("documents").sum(), _squares=(pl.col("applicable").cast(pl.Float64) ** 2).sum())
    )
    frame = sums.join(squares, on=keys, how="left").sort(keys)
    scored = [_scored(part, clustering[str(d)]) for (d,), part in frame.group_by("dimension", maintain_order=True)]
    table = pl.concat(scored)
    enough = pl.col("rules") >= minimum_rules
    shown = ("index", "low", "high", "shrunk", "funnel_low", "funnel_high", "weights_low", "weights_high")
    return table.with_columns(
        *(pl.when(enough).then(pl.col(name)) for name in shown),
        level=pl.lit(level),
        outside=pl.when(enough).then("outside"),
        **({} if "unit" in keys else {"unit": pl.lit("")}),
        **({} if "area" in keys else {"area": pl.lit("")}),
    )


def _schemes() -> dict[str, pl.Expr]:
    columns: dict[str, pl.Expr] = {}
    fatal = pl.col("severity") == "fatal"
    for i, (heavy, light) in enumerate(WEIGHT_SCHEMES):
        weight = pl.when(fatal).then(heavy).otherwise(light)
        ok = ((pl.col("eligible") - pl.col("failed")) * weight).sum()
        columns[f"_scheme_{i}"] = ok / (pl.col("eligible") * weight).sum()
    return columns


def _scored(part: pl.DataFrame, clustering: Clustering) -> pl.DataFrame:
    """Index, interval, shrunk value and funnel of the strata of one dimension."""
    total = part["_all"].to_numpy()
    index = part["_ok"].to_numpy() / total
    squares = part["_squares"].fill_null(0.0).to_numpy()
    size = clustering.effective_size(total, squares)
    low, high = wilson(index, size)
    expected = part["_expected"].to_numpy() / total
    funnel_low, funnel_high = funnel(expected, size, _ordinary_variance(index - expected, expected, size))
    schemes = part.select(f"_scheme_{i}" for i in range(len(WEIGHT_SCHEMES)))
    return part.with_columns(
        index=pl.Series(index),
        low=pl.Series(low),
        high=pl.Series(high),
        shrunk=pl.Series(_shrunk(part, index, size)),
        funnel_low=pl.Series(funnel_low),
        funnel_high=pl.Series(funnel_high),
        outside=pl.Series(np.where(index < funnel_low, "low", np.where(index > funnel_high, "high", ""))),
        weights_low=schemes.min_horizontal(),
        weights_high=schemes.max_horizontal(),
    )


def _shrunk(part: pl.DataFrame, index: Any, size: Any) -> Any:
    """Towards the other units of the area, or of the county where the area has fewer than five."""
    mean, variance = between_variance(index, np.maximum(size, 1e-9))
    result = shrunk_share(index, size, mean, variance)
    if "unit" not in part.columns:
        return result
    areas = part["area"].to_numpy()
    for area in np.unique(areas):
        own = areas == area
        if own.sum() >= 5:
            result[own] = shrunk_share(index[own], size[own], *between_variance(index[own], size[own]))
    return result


def _ordinary_variance(residual: Any, expected: Any, size: Any) -> float:
    """Variance of true shares between ordinary units.

    From the middle half of the standardised residuals, so that bad units do not widen the limits that should find
    them; what chance alone explains is taken off.
    """
    if residual.size < 5:
        return 0.0
    chance = np.maximum(expected * (1 - expected), 1e-9) / np.maximum(size, 1e-9)
    standard = residual / np.sqrt(chance)
    low, high = np.quantile(standard, (0.25, 0.75))
    excess = max(0.0, float((high - low) / 1.349) ** 2 - 1.0)
    return excess * float(np.median(chance))


def rule_contributions(cells: pl.DataFrame, catalogue: Catalogue, by: Sequence[str] = ()) -> pl.DataFrame:
    """What each rule takes off the overall index; the parts add up to 1 - index exactly.

    Returns:
        `by`, rule_id, dimension, eligible, failed, contribution (share of the index lost to the rule).
    """
    weighted = _weighted(cells, catalogue).filter(pl.col("dimension") == "overall").drop("dimension")
    dimension = {rule.id: rule.dimension for rule in catalogue.rules}
    sums = weighted.group_by(*by, "rule_id").agg(
        pl.col("eligible").sum(),
        pl.col("failed").sum(),
        _lost=(pl.col("failed") * pl.col("weight")).sum(),
        _all=(pl.col("eligible") * pl.col("weight")).sum(),
    )
    total = pl.col("_all").sum().over(by) if by else pl.col("_all").sum()
    return (
        sums.with_columns(
            dimension=pl.col("rule_id").replace_strict(dimension, return_dtype=pl.String),
            contribution=pl.col("_lost") / total,
        )
        .select(*by, "rule_id", "dimension", "eligible", "failed", "contribution")
        .sort(*by, "contribution", "rule_id", descending=[*(False for _ in by), True, False])
    )


def mend_first(
    violations: pl.DataFrame, catalogue: Catalogue, by: Sequence[str] = ("unit", "area")
) -> pl.DataFrame:
    """What to mend first: weight x number x the share that can still be mended.

    Returns:
        `by`, rule_id, severity, defects, oldest_days, gain, place (1 is first).
    """
    rules = pl.DataFrame(
        [(r.id, float(r.weight), r.recoverable) for r in catalogue.scored],
        schema={"rule_id": pl.String, "_weight": pl.Float64, "_recoverable": pl.Float64},
        orient="row",
    )
    return (
        violations.join(rules, on="rule_id")
        .group_by(*by, "rule_id", "severity")
        .agg(
            defects=pl.len().cast(pl.Int64),
            oldest_days=pl.col("age_days").max(),
            gain=(pl.col("_weight") * pl.col("_recoverable")).sum(),
        )
        .filter(pl.col("gain") > 0)
        .sort(*by, "gain", "rule_id", descending=[*(False for _ in by), True, False])
        .with_columns(place=pl.int_range(1, pl.len() + 1).over(by))
    )
