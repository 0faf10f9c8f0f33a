"""All series at once: likelihoods of every model by one matrix product, weights pooled over the panel, forecasts.

Input is complete (gaps filled, calendar and level shifts taken out); output is, per series and horizon, a mean, a
median and a spread on the series' own scale, from the end and from earlier origins. Nothing here draws quantiles:
spreads of earlier origins are judged against what came (`intervals`).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from forecasting.monthly.kernels import Model, factors_of, family
from forecasting.monthly.lasting import mean_correlation
from forecasting.monthly.panel import BoolArray
from forecasting.monthly.periods import Frequency, IntArray
from forecasting.monthly.scales import SCALES, Scale, scale_of
from forecasting.scores import FloatArray

Float32Array = NDArray[np.float32]
Moments = tuple[FloatArray, FloatArray, FloatArray]

PRIOR_SERIES = 20.0
"""How many series' worth of evidence the even prior over the models stands for when the panel learns its own."""
BELIEF = 0.6
"""Power of the members' posterior weights: no member is quite true, so that evidence for one over another counts
less than if one were, and forecasts are averaged over more of them."""
PRIOR_DEGREES, PRIOR_NOISE = 2.0, 0.3
"""Prior on a series' noise variance: degrees of freedom, and its centre as a share of the total variance."""
LEARNERS = 400
"""Series from which the weights of the models are learnt; a larger panel gives a random sample (always the
same; panels are often laid out in a regular order)."""
KEPT = 0.98
"""Share of the panel's pooled weight that the models kept for forecasting must hold."""
ROWS = 24
"""Periods whose innovations are one matrix product."""
BLOCK = 6_000_000
"""Numbers of innovations held at a time: about 50 MB."""


@dataclass(frozen=True)
class Data:
    """Complete series, aligned at their first period.

    Attributes:
        y: values, shape (T, N); anything after the end of a shorter series.
        length: periods known, shape (N,).
        count: series of counts, shape (N,).
        signed: series with negative values, shape (N,).
    """

    y: FloatArray
    length: IntArray
    count: BoolArray
    signed: BoolArray

    def take(self, columns: IntArray) -> Data:
        """The same for some of the series."""
        return Data(self.y[:, columns], self.length[columns], self.count[columns], self.signed[columns])


@dataclass(frozen=True)
class Outlook:
    """Forecasts from one origin; arrays of shape (horizon, N).

    Attributes:
        mean: expected values (these add up).
        median: medians.
        spread: predictive standard deviation on the series' main scale.
        together: how errors of the periods hang together, shape (N,): their mean correlation, which says how wide
            the sum over the horizon is.
        scales: the three scales; `main` says which is the series' main one, shape (N,).
    """

    mean: FloatArray
    median: FloatArray
    spread: FloatArray
    together: FloatArray
    scales: tuple[Scale, ...]
    main: IntArray

    def on_main_scale(self, y: FloatArray) -> FloatArray:
        """Values on each series' main scale."""
        return np.choose(self.main[None, :], [scale.forward(y) for scale in self.scales])

    def from_main_scale(self, z: FloatArray) -> FloatArray:
        """Values of the main scale back on the data's."""
        return np.choose(self.main[None, :], [scale.median(z) for scale in self.scales])

    def take(self, columns: IntArray | BoolArray) -> Outlook:
        """The same for some of the series."""
        return Outlook(
            self.mean[:, columns],
            self.median[:, columns],
            self.spread[:, columns],
            self.together[columns],
            tuple(scale.take(columns) for scale in self.scales),
            self.main[columns],
        )


@dataclass(frozen=True)
class Engine:
    """The family of models over a common grid of periods, and their pooled weights.

    Attributes:
        models: the members.
        factors: Cholesky factors L, shape (members, steps, steps).
        inverses: their inverses, same shape.
        prior: log weight of each (scale, member), shape (scales, members), learnt from the panel; -inf: left out.
    """

    models: tuple[Model, ...]
    factors: Float32Array
    inverses: Float32Array
    prior: FloatArray

    def outlooks(self, data: Data, horizon: int, backs: tuple[int, ...] = (0,)) -> list[Outlook]:
        """Forecast series of one length from their end and from earlier origins, knowing nothing later.

        Args:
            data: series that all have the length T of the array.
            horizon: periods ahead.
            backs: how many of the latest periods are held back, one outlook each; the horizon of an earlier
                origin is min(back, horizon).
        """
        steps, size = data.y.shape
        scales = tuple(scale_of(name, data.y, data.count) for name in SCALES)
        ends = [steps - back for back in backs]
        weights = [np.full((len(SCALES), len(self.models), size), -np.inf) for _ in backs]
        kept = [np.flatnonzero(np.isfinite(prior)) for prior in self.prior]
        stored: list[list[tuple[Float32Array, FloatArray]]] = []
        for s, scale in enumerate(scales):
            standard, _, unit = standardise(data.y, scale)
            innovations = innovations_of(self.inverses, kept[s], standard)
            squares = cumulated(innovations, ends)
            jacobian = np.cumsum(scale.log_jacobian(data.y)[1:], axis=0)
            noises = []
            for o, end in enumerate(ends):
                evidence, noise = evidence_of(squares[o], self.log_diagonal(kept[s], end), end, unit)
                weights[o][s, kept[s]] = evidence + jacobian[end - 2] + self.prior[s, kept[s], None]
                if scale.name != "identity":
                    weights[o][s][:, data.signed] = -np.inf
                noises.append(noise)
            stored.append([(innovations, noise) for noise in noises])
        result = []
        for o, (end, back) in enumerate(zip(ends, backs, strict=True)):
            ahead = horizon if back == 0 else min(back, horizon)
            weight = posterior(weights[o])
            moments = []
            for s, scale in enumerate(scales):
                _, shift, unit = standardise(data.y, scale)
                innovations, noise = stored[s][o]
                moments.append(
                    self._moments(kept[s], weight[s, kept[s]], innovations, noise, end, ahead, scale, shift, unit)
                )
            result.append(_combine(weight.sum(axis=1), moments, scales))
        return result

    def log_diagonal(self, kept: IntArray, end: int) -> FloatArray:
        """Log determinants of the factors' first `end` rows without the first, shape (kept,)."""
        diagonal = np.diagonal(self.factors, axis1=1, axis2=2)[kept, 1:end]
        return np.asarray(np.log(diagonal).sum(axis=1), dtype=np.float64)

    def _moments(
        self,
        kept: IntArray,
        weight: FloatArray,
        innovations: Float32Array,
        noise: FloatArray,
        end: int,
        ahead: int,
        scale: Scale,
        shift: FloatArray,
        unit: FloatArray,
    ) -> Moments:
        """Mean and variance of the members' mixture on one scale, shape (ahead, N), and how far its errors last.

        What all periods get wrong alike is what the level's error is, and what the members disagree about.
        """
        rows = slice(end, end + ahead)
        within = weight / np.maximum(weight.sum(axis=0), 1e-300)
        centre = np.matmul(self.factors[kept, rows, :end], innovations[:, :end])
        growth = (self.factors[kept, rows, rows] ** 2).sum(axis=2)
        share = within.astype(centre.dtype)
        middle = np.einsum("gn,ghn->hn", share, centre)
        centre -= middle
        back = middle * unit + shift
        # to first order a sum on the data's scale weighs each period by the scale's slope there
        slope = scale.slope(back)
        slope = (slope / np.maximum(slope.mean(axis=0), 1e-300)).astype(centre.dtype)
        sums = np.square(np.einsum("hn,ghn->gn", slope, centre))
        new = np.matmul(self.factors[kept, rows, rows].transpose(0, 2, 1), slope)
        total = (within * noise * np.einsum("ghn,ghn->gn", new, new)).sum(axis=0) + (share * sums).sum(axis=0)
        around = growth.T @ (within * noise) + np.einsum("gn,ghn->hn", share, np.square(centre, out=centre))
        return back, around * unit**2, mean_correlation(total, slope * np.sqrt(around))


def train(data: Data, freq: Frequency, horizon: int) -> Engine:
    """Build the family for the longest series and learn the pooled weights of its members.

    Weights of (scale, member) are the mixing proportions that maximise the panel's likelihood (EM), so a model
    that serves the panel well is believed sooner for each series: similar series share evidence.

    Args:
        data: the series.
        freq: their frequency.
        horizon: periods ahead that forecasts will need.
    """
    steps = data.y.shape[0] + horizon
    models = family(seasonal=bool(freq.seasons), small=freq.unit != "M")
    factors, inverses = factors_of(models, steps, freq.seasons if data.y.shape[0] > 730 else freq.seasons[:1])
    engine = Engine(models, factors, inverses, np.zeros((len(SCALES), len(models))))
    sample = data.take(np.sort(np.random.default_rng(0).permutation(data.length.size)[:LEARNERS]))
    evidence = np.full((len(SCALES), len(models), sample.length.size), -np.inf)
    for columns in blocks(sample.length, len(models)):
        evidence[:, :, columns] = _panel_evidence(engine, sample.take(columns))
    prior = _learn_prior(evidence)
    kept = np.flatnonzero(np.isfinite(prior).any(axis=0))
    return Engine(tuple(models[k] for k in kept), factors[kept], inverses[kept], prior[:, kept])


def blocks(length: IntArray, members: int) -> Iterator[IntArray]:
    """Column numbers in blocks of one length each, small enough to bound memory however many series there are."""
    for steps in np.unique(length):
        columns = np.flatnonzero(length == steps)
        width = max(1, BLOCK // int(steps * members))
        for first in range(0, columns.size, width):
            yield columns[first : first + width]


def whole(data: Data) -> Data:
    """A block of series of one length without the rows after its end."""
    return Data(data.y[: int(data.length[0])], data.length, data.count, data.signed)


def _panel_evidence(engine: Engine, block: Data) -> FloatArray:
    """Log likelihoods (scales, members, n) of a block of series of one length."""
    data = whole(block)
    end = data.y.shape[0]
    every = np.arange(len(engine.models))
    result = np.full((len(SCALES), every.size, data.length.size), -np.inf)
    for s, name in enumerate(SCALES):
        scale = scale_of(name, data.y, data.count)
        standard, _, unit = standardise(data.y, scale)
        squares = cumulated(innovations_of(engine.inverses, every, standard), [end])
        evidence, _ = evidence_of(squares[0], engine.log_diagonal(every, end), end, unit)
        result[s] = evidence + scale.log_jacobian(data.y)[1:].sum(axis=0)
        if name != "identity":
            result[s][:, data.signed] = -np.inf
    return result


def standardise(y: FloatArray, scale: Scale) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Series on the scale with mean 0 and variance 1, the mean and the unit."""
    z = scale.forward(y)
    shift, unit = z.mean(axis=0), z.std(axis=0)
    unit = np.where(unit > 1e-12 * np.maximum(1.0, np.abs(shift)), unit, 1.0)
    return (z - shift) / unit, shift, unit


def innovations_of(inverses: Float32Array, members: IntArray, standard: FloatArray) -> Float32Array:
    """One-step innovations of every member, shape (members, T, n), by one matrix product for each few periods.

    Inverses are lower triangular: what stands above the diagonal is not multiplied.
    """
    steps, size = standard.shape
    standard = standard.astype(inverses.dtype, copy=False)
    result = np.empty((members.size, steps, size), dtype=inverses.dtype)
    for first in range(0, steps, ROWS):
        last = min(first + ROWS, steps)
        part = inverses[members, first:last, :last].reshape(-1, last)
        result[:, first:last] = (part @ standard[:last]).reshape(members.size, last - first, size)
    return result


def cumulated(innovations: Float32Array, ends: list[int]) -> list[FloatArray]:
    """Sums of squared innovations from the second to each end, each of shape (members, n)."""
    result: dict[int, FloatArray] = {}
    total, first = np.zeros(innovations.shape[::2]), 1
    for end in sorted(ends):
        part = innovations[:, first:end]
        total = total + np.einsum("gtn,gtn->gn", part, part)
        result[end], first = total, end
    return [result[end] for end in ends]


def evidence_of(
    squares: FloatArray, log_diagonal: FloatArray, end: int, unit: FloatArray
) -> tuple[FloatArray, FloatArray]:
    """Log marginal likelihood given the first value (Jacobian left out), and the noise variance, (members, n).

    The noise variance is its posterior mean, so that the spread is that of the predictive Student t: a short
    history does not know its noise well.
    """
    degrees = end - 1 + PRIOR_DEGREES
    total = squares + PRIOR_DEGREES * PRIOR_NOISE
    return -log_diagonal[:, None] - degrees / 2.0 * np.log(total) - (end - 1) * np.log(unit), total / (
        degrees - PRIOR_DEGREES
    )


def posterior(evidence: FloatArray) -> FloatArray:
    """Weights over (scale, member) per series, shape of `evidence`, summing to 1."""
    flat = evidence.reshape(-1, evidence.shape[-1])
    weight = np.exp(BELIEF * (flat - flat.max(axis=0)))
    return np.asarray((weight / weight.sum(axis=0)).reshape(evidence.shape))


def _learn_prior(evidence: FloatArray, rounds: int = 25) -> FloatArray:
    """Log mixing proportions by EM, -inf for the members that together hold next to nothing."""
    shape = evidence.shape[:2]
    likelihood = evidence.reshape(-1, evidence.shape[-1])
    likelihood = np.exp(likelihood - likelihood.max(axis=0))
    even = np.full(likelihood.shape[0], 1.0 / likelihood.shape[0])
    share = even
    for _ in range(rounds):
        joint = likelihood * (share[:, None] / (share @ likelihood))
        share = (joint.sum(axis=1) + PRIOR_SERIES * even) / (likelihood.shape[1] + PRIOR_SERIES)
    mass = joint.sum(axis=1)
    order = np.argsort(-mass, kind="stable")
    enough = int(np.searchsorted(np.cumsum(mass[order]), KEPT * mass.sum())) + 1
    keep = joint.max(axis=1) > 0.2
    keep[order[:enough]] = True
    with np.errstate(divide="ignore"):
        return np.asarray(np.log(np.where(keep, share, 0.0)).reshape(shape))


def _combine(share: FloatArray, moments: list[Moments], scales: tuple[Scale, ...]) -> Outlook:
    """Average the scales' means and medians on the data's scale; the spread stays on the heaviest scale."""
    mean, median = np.zeros_like(moments[0][0]), np.zeros_like(moments[0][0])
    for weight, (middle, around, _), scale in zip(share, moments, scales, strict=True):
        present = weight > 0.0
        mean += np.where(present, weight * scale.mean(middle, around), 0.0)
        median += np.where(present, weight * scale.median(middle), 0.0)
    main = np.argmax(share, axis=0)
    spreads = [np.sqrt(np.maximum(around, 1e-300)) for _, around, _ in moments]
    together = np.choose(main, [part for *_, part in moments])
    return Outlook(mean, median, np.choose(main[None, :], spreads), together, scales, main)
