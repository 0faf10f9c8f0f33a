"""How strongly findings of one author, and of one client, go together: estimated, never assumed.

Residuals of documents around their unit's share have three sources: the finding itself (dispersion; findings of
one document go together), the author and the client. Sums of squared residuals by document, by author and by
client have expectations that are linear in the three, also when authors and clients cross (Henderson's method of
moments, 1953), so that three equations pooled over all units give them.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import polars as pl

from quality_checks.clusters import GROUPS

Array = npt.NDArray[np.float64]
UNIT = ("unit", "area")
# A county with few clusters leans on the correlation usual among records of one hand: by a third at twenty
# clusters beyond one of each unit, hardly any more at a hundred, where its own tells more.
USUAL_CORRELATION = 0.1
FEW_CLUSTERS = 20.0


@dataclass(frozen=True)
class Clustering:
    """How findings go together.

    Attributes:
        dispersion: variance of weights beside what authors and clients share, relative to the binomial.
        by_author: correlation of findings of one author, 0 to 1.
        by_client: correlation of findings about one client, 0 to 1.
    """

    dispersion: float
    by_author: float
    by_client: float = 0.0

    def effective_size(self, total: Array, squares_author: Array, squares_client: Array | float = 0.0) -> Array:
        """Number of independent findings behind weights that sum to `total`; 0 where nothing was judged.

        Args:
            total: sum of weights; shape (strata,).
            squares_author: sum over authors of their squared weights; shape (strata,).
            squares_client: the same over clients.
        """
        known = np.maximum(total, 1e-9)
        spread = (
            self.dispersion / known
            + (self.by_author * squares_author + self.by_client * np.asarray(squares_client)) / known**2
        )
        return np.where(total > 0, 1.0 / np.maximum(spread, 1e-12), 0.0)


def estimate_clustering(clusters: pl.DataFrame, dimension: str) -> Clustering:
    """Dispersion and correlations of one dimension, from all units together.

    Args:
        clusters: as `clusters.clusters_of` gives.
        dimension: whose weights are meant.
    """
    usual = Clustering(1 - USUAL_CORRELATION, USUAL_CORRELATION, 0.0)
    if f"a:{dimension}" not in clusters.columns:
        return usual
    rows = _with_sums(clusters, dimension)
    if rows.is_empty():
        return usual
    squares, expected = _moments(rows)
    if not (expected[0, 0] > 0 and squares[0] > 0):
        return usual
    dispersion, by_author, by_client = _solved(squares, expected)
    units = rows.select(pl.struct(UNIT).n_unique()).item()
    leaned = []
    for name, found, prior in zip(GROUPS, (by_author, by_client), (USUAL_CORRELATION, 0.0), strict=True):
        free = rows.select(pl.struct(*UNIT, name).n_unique()).item() - units
        lean = float(np.exp(-free / FEW_CLUSTERS))
        leaned.append((1 - lean) * min(found, 1.0) + lean * prior)
    return Clustering(dispersion, *leaned)


def _with_sums(clusters: pl.DataFrame, dimension: str) -> pl.DataFrame:
    """Documents with something judged: weight e, residual r, pq of the unit, and sums of e by unit and cluster."""
    e, f = pl.col("e"), pl.col("f")
    return (
        clusters.lazy()
        .select(
            *UNIT, *GROUPS, pl.col(f"a:{dimension}", f"f:{dimension}").cast(pl.Float64).name.map(lambda n: n[0])
        )
        .filter(pl.col("a") > 0)
        .rename({"a": "e"})
        .with_columns(unit_e=e.sum().over(UNIT), unit_f=f.sum().over(UNIT))
        .with_columns(share=pl.col("unit_f") / pl.col("unit_e"))
        .with_columns(r=f - e * pl.col("share"), pq=pl.col("share") * (1 - pl.col("share")))
        .with_columns(
            author_e=e.sum().over(*UNIT, "author"),
            client_e=e.sum().over(*UNIT, "client"),
            both_e=e.sum().over(*UNIT, *GROUPS),
            author_f=f.sum().over(*UNIT, "author"),
            client_f=f.sum().over(*UNIT, "client"),
        )
        # Sums of whole numbers are the same in any order, sums of residuals are not.
        .with_columns(
            author_r=pl.col("author_f") - pl.col("author_e") * pl.col("share"),
            client_r=pl.col("client_f") - pl.col("client_e") * pl.col("share"),
        )
        .collect()
    )


def _moments(rows: pl.DataFrame) -> tuple[Array, Array]:
    """Sums of squares by document, author, client, and their expectations per dispersion and correlation.

    A sum over clusters of x^2 is the sum over documents of e x^2 / (e of the cluster), so that everything is one
    pass over documents. With M the projection that takes out the unit's share, the expectation of the squares of
    clusters g under a source k is the sum over g of s_k(g, g) - 2 e_g k_g / E + e_g^2 K / E^2, where s_k is the
    source's variance within g, k_g its covariance with the whole unit, and K its variance of the unit.
    """
    names = ("e", "author_e", "client_e", "both_e", "unit_e", "r", "author_r", "client_r", "pq")
    e, ea, ec, eac, total, r, ra, rc, pq = (rows[name].to_numpy() for name in names)
    sums = rows.group_by(UNIT).agg(
        _a=(pl.col("e") * pl.col("author_e")).sum(), _c=(pl.col("e") * pl.col("client_e")).sum()
    )
    whole = rows.select(UNIT).join(sums, on=list(UNIT), how="left", maintain_order="left")
    of_unit = np.stack([total, whole["_a"].to_numpy(), whole["_c"].to_numpy()])  # variance of the unit by source
    with_unit = np.stack([np.ones_like(e), ea, ec])  # covariance with the unit per weight, by source
    size = (e, ea, ec)
    within = np.array([[np.ones_like(e), e, e], [np.ones_like(e), ea, eac], [np.ones_like(e), eac, ec]])
    squares = np.array([(r * r).sum(), (ra * ra * e / ea).sum(), (rc * rc * e / ec).sum()])
    expected = np.empty((3, 3))
    for g in range(3):
        for k in range(3):
            terms = within[g, k] - 2 * size[g] * with_unit[k] / total + size[g] * of_unit[k] / total**2
            expected[g, k] = (pq * e * terms).sum()
    return squares, expected


def _solved(squares: Array, expected: Array) -> tuple[float, float, float]:
    """Non-negative least squares."""
    from scipy.optimize import nnls

    scale = 1 / np.maximum(expected[:, 0], 1e-12)
    found, _ = nnls(expected * scale[:, None], squares * scale)
    return float(found[0]), float(found[1]), float(found[2])
