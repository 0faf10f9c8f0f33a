"""Scores by edition: the day and the rules each was made with, and past days scored anew when the rules change."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from hashlib import sha256
from pathlib import Path
from typing import Any

import polars as pl

from quality_checks.checking import Check
from quality_checks.registers import Registers
from quality_checks.rules import Catalogue
from quality_checks.scores import quality_scores
from quality_checks.settings import Settings

HISTORY = "score_history.parquet"
EDITION = ("as_of", "catalogue")


def catalogue_version(catalogue: Catalogue) -> str:
    """Twelve characters that change with any rule that counts in the scores."""
    scored = "\n".join(rule.model_dump_json() for rule in sorted(catalogue.scored, key=lambda rule: rule.id))
    return sha256(scored.encode()).hexdigest()[:12]


def read_history(folder: Path) -> pl.DataFrame:
    """The history that a folder holds; empty when there is none."""
    path = folder / HISTORY
    return pl.read_parquet(path) if path.exists() else pl.DataFrame()


def with_edition(history: pl.DataFrame, scores: pl.DataFrame, as_of: date, catalogue: Catalogue) -> pl.DataFrame:
    """The history with the scores of one more day; scores of that day by the same rules are replaced.

    Returns:
        as_of, catalogue (`catalogue_version`) and the columns of `quality_scores`, sorted by day and catalogue.
    """
    version = catalogue_version(catalogue)
    new = scores.select(pl.lit(as_of).alias("as_of"), pl.lit(version).alias("catalogue"), *scores.columns)
    if history.is_empty():
        return new
    others = history.filter((pl.col("as_of") != as_of) | (pl.col("catalogue") != version))
    return pl.concat([others, new], how="diagonal_relaxed").sort(EDITION, maintain_order=True)


def rescored(
    documents: pl.DataFrame,
    catalogue: Catalogue,
    days: Sequence[date],
    *,
    settings: Any = None,
    area_of_municipality: Mapping[str, str],
    county: str = "",
    registers: Registers | None = None,
) -> pl.DataFrame:
    """Past days scored by today's rules, so that a trend compares like with like.

    Each day sees the documents made until then, a document replaced later as the final one it was. What was
    written into a document afterwards cannot be told apart and is seen as it stands now.

    Args:
        documents: the contract table `documents` in the lake's shape, as it stands now.
        catalogue: the rules.
        days: days of the editions to score anew.
        settings: the county's limits.
        area_of_municipality: service area of each municipality.
        county: code that stands as the area of the county's row.
        registers: dated code sets; the shipped synthetic ones when None.

    Returns:
        A history, as `with_edition` gives.
    """
    history = pl.DataFrame()
    minimum = Settings.of(settings).minimum_rules
    for day in sorted(set(days)):
        bound = Check.of(
            known_on(documents, day), catalogue, settings=settings, as_of=day,
            area_of_municipality=area_of_municipality, registers=registers,
        )  # fmt: skip
        found = bound.run(lambda _: None, clusters=True)
        scores = quality_scores(found.cells, found.clusters, catalogue, county=county, minimum_rules=minimum)
        history = with_edition(history, scores, day, catalogue)
    return history


def known_on(documents: pl.DataFrame, day: date) -> pl.DataFrame:
    """Documents as they were known on a day.

    Those made later are left out, a later signature is not there yet, and a document whose replacement was made
    later is final.
    """
    made = documents.filter(pl.col("created_at").dt.date() <= day)
    replaced = made["replaces"].drop_nulls().unique().implode()
    unreplaced = (pl.col("status") == "replaced") & ~pl.col("document_id").is_in(replaced)
    early = pl.col("signed_at").dt.date() <= day
    return made.with_columns(
        status=pl.when(unreplaced).then(pl.lit("final")).otherwise("status"),
        signed_at=pl.when(early).then("signed_at"),
    )
