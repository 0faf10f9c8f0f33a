"""Scores by edition: the day, rules, limits and codes of each, and past days scored anew when these change."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import date
from hashlib import sha256
from pathlib import Path
from typing import Unpack

import polars as pl

from quality_checks import language
from quality_checks.checking import Check, Terms
from quality_checks.document_columns import DOCUMENT_TYPES
from quality_checks.extracts import Documents, extract_of
from quality_checks.files import read_table
from quality_checks.registers import Registers, load_registers
from quality_checks.rules import Catalogue
from quality_checks.scores import quality_scores
from quality_checks.settings import Settings

HISTORY = "score_history.parquet"
EDITION = ("as_of", "catalogue", "scored_on")
# Code sets that facts across documents are made with, whatever sets rules name.
FACT_SETS = ("service_tasks", "statuses", "support_needs")


def catalogue_version(catalogue: Catalogue, registers: Registers, settings: Settings) -> str:
    """Twelve characters that change with all that scores rest on beside the documents and the day.

    That is each rule that counts in them, the limits and code sets that such rules read, and what facts across
    documents are made with. A code set or limit that no such rule reads does not count, nor the order of codes.
    """
    rules = sorted(catalogue.scored, key=lambda rule: rule.id)
    trees = [tree for rule in rules for tree in (rule.applies_tree, rule.fails_tree)]
    limits = frozenset[str]().union(*map(language.settings_of, trees))
    sets = frozenset(FACT_SETS).union(*(rule.code_sets for rule in rules))
    rests_on = (
        [rule.model_dump_json() for rule in rules],
        sorted((name, value) for name, value in settings.values(date.min).items() if name in limits),
        [(name, sorted(map(repr, registers.code_sets.get(name, ())))) for name in sorted(sets)],
        sorted(registers.phase_ranks.items()),
        sorted(registers.usual_phases.items()),
    )
    return sha256(repr(rests_on).encode()).hexdigest()[:12]


def read_history(folder: Path) -> pl.DataFrame:
    """The history that a folder holds; empty when there is none."""
    path = folder / HISTORY
    return read_table(path) if path.exists() else pl.DataFrame()


def days_of(history: pl.DataFrame, before: date) -> list[date]:
    """Days of the history that lie before a day, in order."""
    return (
        [] if history.is_empty() else history.filter(pl.col("as_of") < before)["as_of"].unique().sort().to_list()
    )


def with_edition(
    history: pl.DataFrame,
    scores: pl.DataFrame,
    as_of: date,
    version: str,
    scored_on: date | None = None,
) -> pl.DataFrame:
    """The history with the scores of one more day; scores of that day by the same rules are replaced.

    What a day was scored at its time stays beside what it was scored later: of the later ones the last is kept.

    Args:
        history: as this function gives; empty at first.
        scores: the table `quality_scores`.
        as_of: day that the scores speak of.
        version: of the rules and what they rest on, as `catalogue_version` gives.
        scored_on: day of the extract that they rest on; the same day when left out.

    Returns:
        as_of, catalogue (the version), scored_on and the columns of `quality_scores`, sorted by the three.
    """
    made = scored_on or as_of
    new = scores.select(
        pl.lit(as_of).alias("as_of"),
        pl.lit(version).alias("catalogue"),
        pl.lit(made).alias("scored_on"),
        *scores.columns,
    )
    if history.is_empty():
        return new
    at_its_time = pl.col("scored_on") == pl.col("as_of")
    replaced = at_its_time if made == as_of else ~at_its_time
    others = history.filter((pl.col("as_of") != as_of) | (pl.col("catalogue") != version) | ~replaced)
    return pl.concat([others, new], how="diagonal_relaxed").sort(EDITION, maintain_order=True)


def rescored(
    documents: Documents,
    catalogue: Catalogue,
    days: Iterable[date],
    *,
    county: str = "",
    history: pl.DataFrame | None = None,
    told: Callable[[date], None] | None = None,
    **terms: Unpack[Terms],
) -> pl.DataFrame:
    """Past days scored by today's rules, so that a trend compares like with like.

    Each day sees the documents as `known_on` gives them. What was written into a document afterwards cannot be
    told apart and is seen as it stands now.

    Args:
        documents: the contract table `documents` in the lake's shape, or Parquet files of it, as they stand now.
        catalogue: the rules.
        days: days of the editions to score anew; one on which no document was there yet is left out.
        county: code that stands as the area of the county's row.
        history: what the days are added to.
        told: is given each day as it is scored.
        terms: see `Terms`; `as_of` is the day of the extract.

    Returns:
        A history, as `with_edition` gives.
    """
    found, days = pl.DataFrame() if history is None else history, sorted(set(days))
    if not days:
        return found
    extract = extract_of(documents)
    whole = extract.read([name for name in DOCUMENT_TYPES if name in extract.columns], 0, extract.height)
    settings, today = Settings.of(terms.get("settings")), terms["as_of"]
    version = catalogue_version(catalogue, terms.get("registers") or load_registers(), settings)
    for day in days:
        known = known_on(whole, day)
        if known.is_empty():
            continue
        own: Terms = {**terms, "as_of": day}
        result = Check.of(known, catalogue, **own).run(lambda _: None, clusters=True)
        minimum = settings.minimum_rules
        scores = quality_scores(result.cells, result.clusters, catalogue, county=county, minimum_rules=minimum)
        found = with_edition(found, scores, day, version, today)
        if told:
            told(day)
    return found


def known_on(documents: pl.DataFrame, day: date) -> pl.DataFrame:
    """Documents as they were known on a day.

    Those made later are left out. One signed later was a draft, without its signature, and what it replaces was
    final still. What no document of the extract replaces tells no day, and stays replaced.

    Args:
        documents: as they stand now; `status`, `replaces` and `signed_at` may be missing.
        day: the day.
    """
    made = documents.filter(pl.col("created_at").dt.date() <= day)
    has = set(made.columns)
    later = pl.col("signed_at").dt.date() > day if "signed_at" in has else pl.lit(value=False)
    pending = later.fill_null(value=False)
    changed = []
    if "status" in has:
        status = pl.col("status")
        if {"replaces", "document_id"} <= has:
            then, some_day = (
                pl.col("document_id").is_in(rows["replaces"].drop_nulls().unique().implode())
                for rows in (made.filter(~pending), documents)
            )
            still_final = (status == "replaced") & some_day & ~then
            status = pl.when(still_final).then(pl.lit("final")).otherwise(status)
        changed.append(
            pl.when(pending & (status == "final")).then(pl.lit("draft")).otherwise(status).alias("status")
        )
    if "signed_at" in has:
        changed.append(pl.when(~pending).then("signed_at").alias("signed_at"))
    return made.with_columns(changed)
