"""How strongly findings of one author, and of one client, go together: estimated, never assumed.

Residuals of documents around their unit's share have three sources: the finding itself (dispersion; findings of
one document go together), the author and the client. Sums of squared residuals by document, by author and by
client have expectations that are linear in the three, also when authors and clients cross (Henderson's method of
moments, 1953), so that three equations pooled over all units give them.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from math import fsum

import numpy as np
import numpy.typing as npt
import polars as pl

from quality_checks.clusters import Strata, together

Array = npt.NDArray[np.float64]
Codes = npt.NDArray[np.int64]
UNIT = ("unit", "area")
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
class Grouping:
    """Which documents go together.

    Attributes:
        unit: number of each document's unit, from 0; shape (documents,), like the others.
        author: number of its author among those of all units; one who writes in two units is two.
        client: the same of its client.
        both: the same of author and client together.
    """

    unit: Codes
    author: Codes
    client: Codes
    both: Codes

    @classmethod
    def of(cls, clusters: pl.DataFrame) -> Grouping:
        """From documents as `clusters.clusters_of` gives them."""
        units = Strata.of(clusters, UNIT)
        return cls(units.stratum, units.author, units.client, together(units.author, units.client))

    def only(self, wanted: npt.NDArray[np.bool_]) -> Grouping:
        """Of some of the documents."""
        return Grouping(self.unit[wanted], self.author[wanted], self.client[wanted], self.both[wanted])


def estimate_clustering(clusters: pl.DataFrame, dimension: str, grouping: Grouping | None = None) -> Clustering:
    """Dispersion and correlations of one dimension, from all units together.

    Args:
        clusters: as `clusters.clusters_of` gives.
        dimension: whose weights are meant.
        grouping: of the same documents; found when None.
    """
    usual = Clustering(1 - USUAL_CORRELATION, USUAL_CORRELATION, 0.0)
    if f"a:{dimension}" not in clusters.columns:
        return usual
    weight, failed = (clusters[f"{sign}:{dimension}"].cast(pl.Float64).to_numpy() for sign in "af")
    judged = weight > 0
    if not judged.any():
        return usual
    own = (grouping or Grouping.of(clusters)).only(judged)
    squares, expected = _moments(weight[judged], failed[judged], own)
    if not squares[0] > NOTHING * expected[0, 0]:
        return usual
    units, *clusters_of_each = (np.count_nonzero(np.bincount(c)) for c in (own.unit, own.author, own.client))
    beyond = [number - units for number in clusters_of_each]
    # Clusters that are whole units tell nothing: what is computed of them is rounding alone.
    told = np.array([True, *(free > 0 for free in beyond)])
    dispersion, by_author, by_client = _solved(squares * told, expected * np.outer(told, told))
    leaned = []
    for free, found, prior in zip(beyond, (by_author, by_client), (USUAL_CORRELATION, 0.0), strict=True):
        lean = float(np.exp(-free / FEW_CLUSTERS))
        leaned.append((1 - lean) * min(found, 1.0) + lean * prior)
    return Clustering(dispersion, *leaned)


def _moments(e: Array, f: Array, own: Grouping) -> tuple[Array, Array]:
    """Sums of squares by document, author, client, and their expectations per dispersion and correlation.

    With M the projection that takes out the unit's share, the expectation of the squares of clusters g under a
    source k is the sum over g of s_k(g, g) - 2 e_g k_g / E + e_g^2 K / E^2, where s_k is the source's variance
    within g, k_g its covariance with the whole unit, and K its variance of the unit. A sum over clusters is one
    over documents of e times what their clusters have. All sums within a unit are of whole numbers, and units are
    added exactly, so that the order of documents does not matter.

    Args:
        e: weights judged, all above 0; shape (documents,).
        f: weights failed.
        own: which documents go together.
    """
    ea, ec, eac = (_of_group(codes, e) for codes in (own.author, own.client, own.both))
    size, with_unit = (e, ea, ec), (np.ones_like(e), ea, ec)
    within = ((with_unit[0], e, e), (with_unit[0], ea, eac), (with_unit[0], eac, ec))
    units = _Units(own.unit)
    total = units.sums(e)
    share = units.sums(f) / total
    pq = share * (1 - share)
    of_unit = (total, units.sums(e * ea), units.sums(e * ec))  # variance of the unit by source
    squares, expected = np.empty(3), np.empty((3, 3))
    for g, codes in enumerate((np.arange(len(e)), own.author, own.client)):
        squares[g] = fsum(units.squares(codes, e, f, share))
        own_size = units.sums(e * size[g])
        for k in range(3):
            inside = units.sums(e * within[g][k]) - 2 * units.sums(e * size[g] * with_unit[k]) / total
            expected[g, k] = fsum(pq * (inside + own_size * of_unit[k] / total**2))
    return squares, expected


def _of_group(codes: Codes, values: Array) -> Array:
    """For each document the sum of the values of its group."""
    return _summed(codes, values)[codes]


def _summed(codes: Codes, values: Array) -> Array:
    found: Array = np.bincount(codes, weights=values).astype(np.float64)
    return found


@dataclass(frozen=True)
class _Units:
    """Sums over the documents of each unit that has some; `codes` numbers each document's unit."""

    codes: Codes

    @cached_property
    def present(self) -> Codes:
        """Numbers of the units."""
        return np.flatnonzero(np.bincount(self.codes))

    def sums(self, values: Array) -> Array:
        """By unit, in the order of `present`."""
        return _summed(self.codes, values)[self.present]

    def squares(self, clusters: Codes, e: Array, f: Array, share: Array) -> Array:
        """By unit, the sum over its clusters of squared residuals around the unit's share."""
        unit = np.zeros(int(clusters.max()) + 1, dtype=np.int64)
        unit[clusters] = self.codes
        judged, failed = _summed(clusters, e), _summed(clusters, f)
        both, own, others = (
            _summed(unit, values)[self.present] for values in (failed * failed, failed * judged, judged * judged)
        )
        return both - 2 * share * own + share**2 * others


def _solved(squares: Array, expected: Array) -> tuple[float, float, float]:
    """Non-negative least squares."""
    from scipy.optimize import nnls

    scale = 1 / np.maximum(expected[:, 0], 1e-12)
    found, _ = nnls(expected * scale[:, None], squares * scale)
    return float(found[0]), float(found[1]), float(found[2])
