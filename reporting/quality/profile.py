"""Chapter on the index by service task and by document type, with what the weights of rules do to it."""

from __future__ import annotations

from functools import partial
from typing import Any

import polars as pl

from reporting.disclosure import Margin, protect
from reporting.numbers import unbroken
from reporting.pdf.blocks import Block, Cell, Column, Table
from reporting.pdf.voice import Voice

ALL, UNKNOWN = "all", "unknown"
SPLITS = ("service_task", "document_type")
SHOWN = ("documents", "index", "low", "high", "weights_low", "weights_high")
PROFILE_COLUMNS = ("level", "area", "split", "value", "dimension", "failed", *SHOWN)


def protected_profile(
    profile: pl.DataFrame, scores: pl.DataFrame, county: str, *, k: int, smallest: int
) -> pl.DataFrame:
    """Overall indices of areas and the county by task and type, small numbers of defects and documents hidden.

    Args:
        profile: the table `quality_profile`, see `PROFILE_COLUMNS`.
        scores: the table `quality_scores` after disclosure control: the index of all documents stays as it is.
        county: code of the county's rows.
        k: smallest number of defects shown.
        smallest: smallest number of documents shown.

    Returns:
        area, split, value (`all` included), failed and `SHOWN`, null where hidden.
    """
    own = profile.filter(
        pl.col("level") != "unit", pl.col("dimension") == "overall", pl.col("split").is_in(SPLITS)
    ).select("area", "split", "value", "failed", *SHOWN)
    whole = scores.filter(pl.col("level") != "unit", pl.col("dimension") == "overall")
    sums = own.group_by("area", "split").agg(pl.col("documents", "failed").sum(), value=pl.lit(ALL))
    totals = sums.join(whole.select("area", *SHOWN[1:]), on="area", how="left").select(own.columns)
    margins, figures = [Margin("area", total=county), Margin("value", total=ALL)], list(SHOWN[1:])
    # Indices go with their defects; documents are counts of their own, whose few are hidden too.
    by_defects = protect(
        pl.concat([own, totals]).sort("area", "split", "value"),
        count="failed",
        by=margins,
        within=["split"],
        derived=figures,
        denominator="documents",
        min_denominator=smallest,
        k=k,
    ).drop("suppressed")
    return protect(
        by_defects, count="documents", by=margins, within=["split"], derived=["failed", *figures], k=k
    ).drop("suppressed")


def profile(table: pl.DataFrame | None, place: str, voice: Voice) -> list[Block]:
    """Index of one place by task and by type; no ranking: tasks differ in what they must record.

    Args:
        table: as `protected_profile` gives; None leaves the chapter out.
        place: the county or one of its areas.
        voice: language and frame.
    """
    if table is None:
        return []
    own = table.filter(pl.col("area") == place)
    blocks: list[Block] = [voice.heading("rq-profile"), voice.paragraph("rq-profile-intro")]
    source = voice.say("report-quality-source", day=voice.numbers.day(voice.inputs.quality_day))
    for split, named in (("service_task", "rq-task"), ("document_type", "rq-type")):
        rows = voice.ordered(
            own.filter(pl.col("split") == split).iter_rows(named=True),
            partial(_row_name, split=split, voice=voice),
            within=lambda row: (row["value"] != ALL, row["value"] == UNKNOWN),
        )
        columns = (
            Column(voice.say(named), width=2.2),
            Column(voice.say("report-documents"), "right", 1.1),
            Column(voice.say("rq-index-interval"), "right", 2.2),
            Column(voice.say("rq-weights-band"), "right", 1.8),
        )
        cells = tuple(_row(r, split, voice) for r in rows)
        blocks.append(Table(voice.say(f"rq-profile-{split.replace('_', '-')}"), columns, cells, source))
    return blocks


def _row(row: dict[str, Any], split: str, voice: Voice) -> tuple[Cell, ...]:
    name = _row_name(row, split, voice)
    if row["index"] is None:
        hidden = voice.say("value-hidden")
        return (name, voice.count(row["documents"]), hidden, hidden)
    index = voice.with_interval(row["index"], row["low"], row["high"])
    band = unbroken(voice.numbers.fine_interval(row["weights_low"], row["weights_high"]))
    return (name, voice.count(row["documents"]), index, band)


def _row_name(row: dict[str, Any], split: str, voice: Voice) -> str:
    value = row["value"]
    if value == ALL:
        return voice.say("rq-all-documents")
    if value == UNKNOWN:
        return voice.name("ssw-task", "unstated")
    return voice.name("ssw-task" if split == "service_task" else "rq-type", value)
