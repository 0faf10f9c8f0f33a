"""How strongly findings of one author, and of one client, go together: estimated, never assumed.

Residuals of documents around their unit's share have three sources: the finding itself (dispersion; findings of
one document go together), the author and the client. Sums of squared residuals by document, by author and by
client have expectations that are linear in the three, also when authors and clients cross (Henderson's method of
moments, 1953), so that three equations pooled over all units give them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from math import fsum

import numpy as np
import numpy.typing as npt
import polars as pl

from quality_checks.clusters import GROUPS
from quality_checks.strata import Documents, Strata
from quality_checks.unit_sums import UnitSums

Array = npt.NDArray[np.float64]
# A county with few clusters leans on the correlation usual among records of one hand: by a third at twenty
# clusters beyond one of each unit, hardly any more at a hundred, where its own tells more.
USUAL_CORRELATION = 0.1
FEW_CLUSTERS = 20.0
# Squares beside those of binomial findings that are rounding alone: every document has failed the same share.
NOTHING = 1e-9


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


@dataclass(frozen=True)
class Weighed:
    """What documents weigh in the scores and how they go together, which all tables of scores rest on.

    Attributes:
        documents: all documents.
        units: strata of units.
        clustering: by dimension.
    """

    documents: Documents
    units: Strata
    clustering: dict[str, Clustering]

    @classmethod
    def of(cls, clusters: pl.DataFrame | Weighed) -> Weighed:
        """From documents as `clusters.clusters_of` gives them."""
        if isinstance(clusters, Weighed):
            return clusters
        documents = Documents.of(clusters)
        sums = UnitSums.of(documents)
        return cls(documents, sums.strata, {d: estimate_clustering(sums, d) for d in documents.dimensions})


def estimate_clustering(sums: UnitSums, dimension: str) -> Clustering:
    """Dispersion and correlations of one dimension, from all units together.

    Args:
        sums: over the documents of each unit.
        dimension: whose weights are meant.
    """
    usual = Clustering(1 - USUAL_CORRELATION, USUAL_CORRELATION, 0.0)
    table = sums.of_dimension(dimension)
    if table.is_empty():
        return usual
    squares, expected = _moments({c.name: c.cast(pl.Float64).to_numpy() for c in table.get_columns()})
    if not squares[0] > NOTHING * expected[0, 0]:
        return usual
    beyond = [int(table[f"{group} count"].sum()) - table.height for group in GROUPS]
    # Clusters that are whole units tell nothing: what is computed of them is rounding alone.
    told = np.array([True, *(free > 0 for free in beyond)])
    dispersion, by_author, by_client = _solved(squares * told, expected * np.outer(told, told))
    leaned = []
    for free, found, prior in zip(beyond, (by_author, by_client), (USUAL_CORRELATION, 0.0), strict=True):
        lean = float(np.exp(-free / FEW_CLUSTERS))
        leaned.append((1 - lean) * min(found, 1.0) + lean * prior)
    return Clustering(dispersion, *leaned)


def _moments(of: Mapping[str, Array]) -> tuple[Array, Array]:
    """Sums of squares by document, author, client, and their expectations per dispersion and correlation.

    With M the projection that takes out the unit's share, the expectation of the squares of clusters g under a
    source k is the sum over g of s_k(g, g) - 2 e_g k_g / E + e_g^2 K / E^2, where s_k is the source's variance
    within g, k_g its covariance with the whole unit, and K its variance of the unit. A sum over clusters is one
    over documents of e times what their clusters have. Units are added exactly: their order does not matter.

    Args:
        of: sums by unit: see `UnitSums.of_dimension`.
    """
    total = of["e"]
    share = of["f"] / total
    pq = share * (1 - share)
    ee, authors, clients, across = of["ee"], of["author ee"], of["client ee"], of["both across"]
    size = (ee, authors, clients)
    both = of["both ee"]
    within = ((total, ee, ee), (total, authors, both), (total, both, clients))
    with_unit = (
        (ee, of["author own"], of["client own"]),
        (authors, of["author eee"], across),
        (clients, across, of["client eee"]),
    )
    of_unit = (total, authors, clients)  # variance of the unit by source
    squares, expected = np.empty(3), np.empty((3, 3))
    for g, prefix in enumerate(("", "author ", "client ")):
        failed, own, judged = (of[f"{prefix}{product}"] for product in ("ff", "ef", "ee"))
        squares[g] = fsum(failed - 2 * share * own + share**2 * judged)
        for k in range(3):
            inside = within[g][k] - 2 * with_unit[g][k] / total
            expected[g, k] = fsum(pq * (inside + size[g] * of_unit[k] / total**2))
    return squares, expected


def _solved(squares: Array, expected: Array) -> tuple[float, float, float]:
    """Non-negative least squares."""
    from scipy.optimize import nnls

    scale = 1 / np.maximum(expected[:, 0], 1e-12)
    found, _ = nnls(expected * scale[:, None], squares * scale)
    return float(found[0]), float(found[1]), float(found[2])
