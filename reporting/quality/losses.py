"""What each check takes off the index: as far as it may be told, then the chapter.

Of a check whose number of defects is hidden the loss is hidden too: it is that number by the check's weight.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import polars as pl

from reporting.numbers import MISSING
from reporting.pdf.blocks import Block, Cell, Column, Table
from reporting.pdf.voice import Voice
from reporting.quality.rule_texts import RuleText, severity_mark, title_of

LOSS_COLUMNS = ("level", "unit", "area", "rule_id", "failed", "contribution")
MOST, FINE_BELOW = 12, 0.05


@dataclass(frozen=True)
class RuleLoss:
    """What one check takes off an index."""

    rule_id: str
    failed: int
    loss: float


@dataclass(frozen=True)
class Losses:
    """What checks take off one index.

    Attributes:
        whole: 1 - index.
        rules: checks with defects whose loss may be told, largest first; with `others` they add up to `whole`.
        others: checks with defects whose loss is hidden.
    """

    whole: float
    rules: tuple[RuleLoss, ...]
    others: int = 0


def protected_losses(
    contributions: pl.DataFrame, cells: pl.DataFrame, scores: pl.DataFrame, county: str, areas: Sequence[str]
) -> dict[str, Losses]:
    """Losses of the county and of the areas whose index is shown.

    Args:
        contributions: the table `rule_contributions`.
        cells: checks by rule and area after disclosure control (`Protected.rule_cells`).
        scores: the table `quality_scores` after disclosure control.
        county: the county's code.
        areas: its service areas.

    Raises:
        KeyError: a check that `cells` does not have.
    """
    shown = {(area, rule): failed for area, rule, failed in cells.select("area", "rule_id", "failed").iter_rows()}
    known = scores.filter(pl.col("dimension") == "overall", pl.col("level") != "unit")
    indices = {r["area"] if r["level"] == "area" else county: r["index"] for r in known.iter_rows(named=True)}
    found: dict[str, Losses] = {}
    for place in (county, *areas):
        level = "county" if place == county else "area"
        own = contributions.filter(pl.col("level") == level, pl.col("area") == place)
        if own.height and indices.get(place) is not None:
            failed = {rule: shown[place, rule] for rule in own["rule_id"]}
            found[place] = _losses(own, failed, 1 - indices[place])
    return found


def unit_losses(contributions: pl.DataFrame | None, unit: str, area: str) -> Losses | None:
    """Losses of a unit, for its own lead: nothing is hidden. None without the table."""
    if contributions is None:
        return None
    own = contributions.filter(pl.col("level") == "unit", pl.col("unit") == unit, pl.col("area") == area)
    failed = dict(own.select("rule_id", "failed").iter_rows())
    return _losses(own, failed, float(own["contribution"].sum())) if own.height else None


def _losses(rows: pl.DataFrame, shown: Mapping[str, int | None], whole: float) -> Losses:
    """Rows of one place, with the defects of each check as they may be shown: rounded ones have a rounded loss."""
    told = [
        RuleLoss(rule, failed, loss * failed / true)
        for rule, true, loss in rows.select("rule_id", "failed", "contribution").iter_rows()
        if true and (failed := shown[rule])
    ]
    hidden = sum(failed is None for failed in shown.values())
    return Losses(whole, tuple(sorted(told, key=lambda r: (-r.loss, r.rule_id))), hidden)


def losses(found: Losses | None, rules: Mapping[str, RuleText], voice: Voice, *, caption: str) -> list[Block]:
    """Which checks cost how many points of the index; the rows add up to what is lost in all."""
    if found is None or not found.rules:
        return []
    n, digits = voice.numbers, 3 if found.whole < FINE_BELOW else 2

    def points(loss: float) -> str:
        return n.decimal(100 * loss, digits)

    shown = [r for r in found.rules if r.loss > 0][:MOST]
    rest = len(found.rules) - len(shown) + found.others
    left = found.whole - sum(r.loss for r in shown)
    rows: list[tuple[Cell, ...]] = [
        (
            title_of(r.rule_id, rules, voice),
            severity_mark(rules[r.rule_id].severity if r.rule_id in rules else "", voice),
            voice.count(r.failed),
            points(r.loss),
        )
        for r in shown
    ]
    if rest:
        rows.append((voice.say("rq-losses-others", count=rest), MISSING, MISSING, points(max(left, 0.0))))
    rows.append((voice.say("rq-losses-whole"), MISSING, MISSING, points(found.whole)))
    columns = (
        Column(voice.say("rq-check"), width=3),
        Column(voice.say("rq-severity"), width=1.1),
        Column(voice.say("rq-failed"), "right", 1),
        Column(voice.say("rq-points"), "right", 1.3),
    )
    source = voice.say("report-quality-source", day=n.day(voice.inputs.quality_day))
    intro = voice.paragraph("rq-losses-intro")
    return [voice.heading("rq-losses"), intro, Table(caption, columns, tuple(rows), source)]
