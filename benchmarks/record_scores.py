"""What the scores of record quality promise, measured on simulated counties whose truth is known.

Run: `python -m benchmarks.record_scores [--counties 200]`. No peer has these figures; the yardstick is the
promise itself: 95 % intervals cover 92-97 % when documents cluster by author (and client), a funnel of 99.8 %
blames at most 0.5 % of ordinary units and finds at least 75 % of bad ones (0.62 against 0.90), a drop of ten
points in a unit with 50 documents a month is told within two months in at least 80 % of cases.
"""

from __future__ import annotations

import argparse
import os
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date

os.environ.setdefault("OMP_NUM_THREADS", "1")

import numpy as np
import numpy.typing as npt
import polars as pl

from quality_checks.changes import quality_changes
from quality_checks.rules import Catalogue, load_catalogue
from quality_checks.scores import quality_scores

Array = npt.NDArray[np.float64]
RULE = "service_task_present"
TYPES = ("assessment", "client_plan", "case_note")


@dataclass(frozen=True)
class World:
    """How a simulated county documents.

    Attributes:
        units: number of units, spread over four areas.
        documents: fewest and most documents of a unit.
        authors: authors in a unit.
        per_client: documents about one client.
        share: share of documents in order in an ordinary unit.
        author: correlation of documents of one author.
        client: correlation of documents about one client.
        between: standard deviation of ordinary units' true shares.
        bad: number of units with `bad_share` in order.
        bad_share: share in order in a bad unit.
        by_type: how much harder the document types are, as a difference of share; units differ in their mix.
    """

    units: int = 60
    documents: tuple[int, int] = (100, 100)
    authors: int = 10
    per_client: int = 4
    share: float = 0.9
    author: float = 0.1
    client: float = 0.0
    between: float = 0.0
    bad: int = 0
    bad_share: float = 0.62
    by_type: tuple[float, float, float] = (0.0, 0.0, 0.0)

    def drawn(self, rng: np.random.Generator) -> tuple[pl.DataFrame, Array]:
        """Documents (unit, area, document_type, author, client, failed) and the true share of each unit."""
        size = rng.integers(self.documents[0], self.documents[1], self.units, endpoint=True)
        true = _beta(rng, np.full(self.units, self.share), self.between**2 / (self.share * (1 - self.share)))
        true[: self.bad] = self.bad_share
        unit = np.repeat(np.arange(self.units), size)
        own = _beta(rng, np.repeat(true, self.authors), self.author).reshape(self.units, -1)
        author = rng.integers(0, self.authors, unit.size)
        mix = rng.dirichlet(np.full(len(TYPES), 2.0), self.units)
        kind = (rng.random(unit.size)[:, None] > np.cumsum(mix, axis=1)[unit]).sum(axis=1).clip(0, len(TYPES) - 1)
        client = rng.integers(0, np.maximum(1, size // self.per_client)[unit])
        sound = rng.random(unit.size) < np.clip(own[unit, author] + np.array(self.by_type)[kind], 0, 1)
        if self.client:  # with that chance a document is what its client's others are
            latent = rng.random((self.units, client.max() + 1)) < true[:, None]
            sound = np.where(rng.random(unit.size) < np.sqrt(self.client), latent[unit, client], sound)
        expected = true + mix @ np.array(self.by_type)
        frame = pl.DataFrame(
            {
                "unit": [f"u{u:04}" for u in unit], "area": [f"a{u % 4}" for u in unit],
                "service_task": "families", "document_type": np.array(TYPES)[kind], "month": date(2026, 9, 1),
                "author": author.astype(np.uint32), "client": client.astype(np.uint32),
                "failed": (~sound).astype(np.int64),
            }
        )  # fmt: skip
        return frame, expected


def _beta(rng: np.random.Generator, mean: Array, correlation: float) -> Array:
    """Draws with these means whose variance is mean (1 - mean) x correlation."""
    if correlation <= 0:
        return mean.copy()
    total = 1 / correlation - 1
    return np.asarray(rng.beta(mean * total, (1 - mean) * total))


def scores_of(documents: pl.DataFrame, catalogue: Catalogue) -> pl.DataFrame:
    """Overall scores of the units, sorted by unit, through the public functions."""
    keys = ["unit", "area", "service_task", "document_type", "month"]
    cells = (
        documents.group_by(keys)
        .agg(eligible=pl.len().cast(pl.Int64), failed=pl.col("failed").sum())
        .with_columns(rule_id=pl.lit(RULE), not_applicable=0, not_evaluable=0)
    )
    weight = catalogue.by_id[RULE].weight
    clusters = documents.select(
        *keys,
        "author",
        "client",
        pl.lit(weight).alias("a:overall"),
        (pl.col("failed") * weight).alias("f:overall"),
    )
    table = quality_scores(cells, clusters, catalogue, minimum_rules=1)
    return table.filter(pl.col("level") == "unit", pl.col("dimension") == "overall").sort("unit")


def coverage(world: World, counties: int, catalogue: Catalogue, seed: int) -> tuple[float, float]:
    """Share of 95 % intervals that hold the true share, and their mean width."""
    rng, held, width = np.random.default_rng(seed), [], []
    for _ in range(counties):
        documents, true = world.drawn(rng)
        table = scores_of(documents, catalogue)
        low, high = table["low"].to_numpy(), table["high"].to_numpy()
        held.append((low <= true) & (true <= high))
        width.append(high - low)
    return float(np.mean(held)), float(np.mean(width))


def funnel_errors(world: World, counties: int, catalogue: Catalogue, seed: int) -> tuple[float, float]:
    """Share of ordinary units outside the funnel, and share of bad units found below it."""
    rng, blamed, found = np.random.default_rng(seed), [], []
    for _ in range(counties):
        outside = scores_of(world.drawn(rng)[0], catalogue)["outside"].to_numpy()
        found.append(outside[: world.bad] == "low")
        blamed.append(outside[world.bad :] != "")
    return float(np.mean(np.concatenate(blamed))), float(np.mean(np.concatenate(found)))


def signalled(
    drop: float,
    counties: int,
    catalogue: Catalogue,
    seed: int,
    *,
    units: int = 40,
    each: int = 50,
    between: float = 0.0,
) -> tuple[float, float]:
    """Share of units told `worse` within two months of a drop, and false alarms per ordinary unit and month.

    Args:
        drop: how far the share in order falls in the last two months of a tenth of the units.
        counties: number of simulated counties.
        catalogue: rules.
        seed: of the draws.
        units: units of a county.
        each: documents of a unit and month.
        between: standard deviation of a unit's true share from month to month.
    """
    rng, hits, alarms = np.random.default_rng(seed), [], []
    months = pl.date_range(date(2025, 1, 1), date(2026, 6, 1), "1mo", eager=True)
    late = len(months) - 2
    for _ in range(counties):
        true = (
            np.clip(rng.normal(0.9, between, (units, len(months))), 0, 1)
            if between
            else np.full((units, len(months)), 0.9)
        )
        true[: units // 10, late:] -= drop
        failed = rng.binomial(each, 1 - true)
        cells = pl.DataFrame(
            {
                "rule_id": RULE, "unit": np.repeat([f"u{u:03}" for u in range(units)], len(months)), "area": "a",
                "service_task": "families", "document_type": "case_note",
                "month": list(months) * units, "eligible": each, "failed": failed.ravel(),
                "not_applicable": 0, "not_evaluable": 0,
            }
        )  # fmt: skip
        table = quality_changes(cells, catalogue).sort("unit", "month")
        signal = table["signal"].to_numpy().reshape(units, len(months))
        hits.append((signal[: units // 10, late:] == "worse").any(axis=1))
        calm = signal.copy()
        calm[: units // 10, late:] = ""
        judged = table["center"].is_not_null().to_numpy().reshape(units, len(months))
        judged[: units // 10, late:] = False
        alarms.append((calm != "")[judged])
    return float(np.mean(np.concatenate(hits))), float(np.mean(np.concatenate(alarms)))


def _told(name: str, figures: Sequence[str], began: float) -> None:
    print(f"{name:<74} {'  '.join(figures)}  ({time.process_time() - began:.0f} CPU s)", flush=True)


def main() -> None:
    """Print every figure with its promise."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--counties", type=int, default=200, help="simulated counties behind each figure")
    counties = parser.parse_args().counties
    catalogue = load_catalogue()
    print("95 % intervals, correlation within authors 0.1: coverage (promise 0.92-0.97), mean width")
    for documents in (50, 100, 400):
        for share, authors, client in (
            (0.9, 10, 0.0),
            (0.9, 5, 0.0),
            (0.9, 10, 0.1),
            (0.8, 10, 0.0),
            (0.97, 10, 0.0),
        ):
            began = time.process_time()
            world = World(documents=(documents, documents), authors=authors, share=share, client=client)
            held, width = coverage(world, counties // 4, catalogue, seed=1)
            name = (
                f"  {documents} documents, {authors} authors, share {share}, correlation within clients {client}"
            )
            _told(name, (f"{held:.3f}", f"{width:.3f}"), began)
    print("funnel of 99.8 %: ordinary units blamed (promise <= 0.005), bad units found (promise >= 0.75)")
    usual = World(units=60, documents=(100, 600), between=0.02, bad=3)
    for name, world in (
        ("  60 units of 100-600 documents, 3 bad, units differ by 0.02", usual),
        ("  the same without correlation within authors", replace(usual, author=0.0)),
        (
            "  the same, document types 0, -0.1 and +0.05 and different mixes",
            replace(usual, by_type=(0.0, -0.1, 0.05)),
        ),
        ("  25 units, 1 bad", replace(usual, units=25, bad=1)),
        ("  200 units, 10 bad", replace(usual, units=200, bad=10)),
        ("  60 units of 100 documents", replace(usual, documents=(100, 100))),
        ("  60 units, units differ by 0.04", replace(usual, between=0.04)),
        (
            "  40 units, defects rare (0.998 in order), 1 bad",
            replace(usual, units=40, share=0.998, between=0.0, author=0.0, bad=1),
        ),
    ):
        began = time.process_time()
        blamed, found = funnel_errors(world, counties, catalogue, seed=2)
        _told(name, (f"{blamed:.4f}", f"{found:.3f}"), began)
    print(
        "change, 50 documents a month: told within two months (promise >= 0.80), false alarms per unit and month"
    )
    for name, drop, between, each in (
        ("  drop of 10 points", 0.1, 0.0, 50),
        ("  drop of 10 points, months differ by 0.02 in truth", 0.1, 0.02, 50),
        ("  drop of 5 points", 0.05, 0.0, 50),
        ("  drop of 5 points, 200 documents a month", 0.05, 0.0, 200),
    ):
        began = time.process_time()
        told, alarms = signalled(drop, counties, catalogue, seed=3, between=between, each=each)
        _told(name, (f"{told:.3f}", f"{alarms:.4f}"), began)


if __name__ == "__main__":
    main()
