"""The days on which a rule with a clock will judge a document otherwise, though nothing about it changes.

A rule's verdict on a document turns when one of its comparisons with the day of judgement turns, and each of
these turns at most once (`language.clock`). So the days are found when the document is judged, by halving the time
ahead; a later check need not ask the rule again. Rules whose clock may turn more often have no such days: `timed`
leaves them out.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import product
from typing import Any

import numpy as np
import polars as pl

from quality_checks import language
from quality_checks.calendar import WorkingDays
from quality_checks.engine import CompiledCatalogue, CompiledRule
from quality_checks.tables import began

# Turns of what is no rule's: the month under which a document of the future is counted.
MONTH = ""
TURN_SCHEMA: dict[str, pl.DataType] = {
    "document": pl.UInt64(), "rule_id": pl.String(), "day": pl.Date(), "verdict": pl.Boolean(), "since": pl.Date()
}  # fmt: skip
LAST_DAY = date(9999, 12, 31)
# Each comparison doubles the mixes of days that are tried on every document.
MOST_COMPARISONS = 4
SOON = 1024
_FIELD, _PENDING = "_turn field ", "_turn pending "


@dataclass(frozen=True)
class TimedRule:
    """A rule whose turns can be told ahead.

    Attributes:
        compiled: the rule.
        applies: with the day of judgement left open; `fails` likewise.
        comparisons: those that read the day.
    """

    compiled: CompiledRule
    applies: language.Expression
    fails: language.Expression
    comparisons: tuple[language.Compare, ...]

    @property
    def id(self) -> str:
        """The rule's id."""
        return self.compiled.rule.id

    def pending(self, as_of: date) -> pl.Expr:
        """Whether the verdict can turn: whether it differs between mixes of comparisons made now and at last."""
        days = [_day(as_of), _day(LAST_DAY)]
        mixes = [
            self._judging(dict(zip(self.comparisons, chosen, strict=True)))
            for chosen in product(days, repeat=len(self.comparisons))
        ]
        return pl.any_horizontal(mix.ne_missing(mixes[0]) for mix in mixes[1:]).alias(_PENDING + self.id)

    def on(self, column: str) -> pl.Expr:
        """The verdict on the day that stands in a column."""
        return self._judging(dict.fromkeys(self.comparisons, language.Field(column)))

    def _judging(self, days: dict[language.Compare, language.Expression]) -> pl.Expr:
        own = (language.on_days(tree, days) for tree in (self.applies, self.fails))
        return self.compiled.judging(*map(self.compiled.to_polars, own))


def timed(compiled: CompiledCatalogue) -> list[TimedRule]:
    """The rules whose turns can be told ahead."""
    found = []
    for rule in compiled.rules:
        own = [language.comparisons_with_day(tree) for tree in rule.timed or ()]
        if own and None not in own:
            comparisons = tuple(dict.fromkeys(c for part in own for c in part or ()))
            if rule.timed and len(comparisons) <= MOST_COMPARISONS:
                found.append(TimedRule(rule, *rule.timed, comparisons))
    return found


def untimed(compiled: CompiledCatalogue) -> CompiledCatalogue:
    """The rules with a clock whose turns cannot be told ahead."""
    told = {rule.id for rule in timed(compiled)}
    return CompiledCatalogue(tuple(c for c in compiled.rules if c.timed and c.rule.id not in told))


def turn_columns(compiled: CompiledCatalogue, as_of: date) -> list[pl.Expr]:
    """Hidden columns of verdicts that `Turns.add` needs."""
    rules = timed(compiled)
    read = sorted({"created_day", *(name for rule in rules for name in _reads(rule))} if rules else ())
    return [*(pl.col(name).alias(_FIELD + name) for name in read), *(rule.pending(as_of) for rule in rules)]


def _reads(rule: TimedRule) -> set[str]:
    return {*rule.compiled.rule.fields, *({"content_readable"} if rule.compiled.rule.reads_content else ())}


@dataclass(frozen=True)
class Turns:
    """Collects the documents of the parts of a check that time will judge otherwise, and finds the days.

    Attributes:
        compiled: the rules of all parts.
        as_of: day of the judgement.
    """

    compiled: CompiledCatalogue
    as_of: date
    _parts: list[pl.DataFrame]
    _months: list[pl.DataFrame]

    @classmethod
    def of(cls, compiled: CompiledCatalogue, as_of: date) -> Turns:
        """Without documents yet."""
        return cls(compiled, as_of, [], [])

    def add(self, checks: pl.DataFrame) -> None:
        """Take note of the documents of a part from its verdicts with the columns of `turn_columns`."""
        self._months.append(month_turns(checks, self.as_of))
        pending = [name for name in checks.columns if name.startswith(_PENDING)]
        if not pending:
            return
        own = [name for name in checks.columns if name.startswith((_FIELD, _PENDING, "_scope "))]
        rows = (
            checks.lazy()
            .filter(pl.any_horizontal(pending))
            .select(pl.col("document_id").hash().alias("document"), *own)
        )
        self._parts.append(rows.rename(lambda name: name.removeprefix(_FIELD)).collect())

    def table(self) -> pl.DataFrame:
        """Turns in the columns of `TURN_SCHEMA`: from `day` on, the rule's verdict on the document is `verdict`.

        A turn to the verdict of before may be among them, where another comparison of the rule has turned.
        """
        found = [pl.DataFrame(schema=TURN_SCHEMA), *self._months]
        if self._parts:
            rows = pl.concat(self._parts, how="diagonal")
            rules = [rule for rule in timed(self.compiled) if _PENDING + rule.id in rows.columns]
            found += self._turns(rows, rules)
        return pl.concat(found)

    def _turns(self, rows: pl.DataFrame, rules: Sequence[TimedRule]) -> list[pl.DataFrame]:
        comparisons = list(dict.fromkeys(c for rule in rules for c in rule.comparisons))
        calendar = rules[0].compiled.calendar
        rows = rows.hstack(_first_days(rows, comparisons, self.as_of, calendar))
        turns = []
        for rule in rules:
            own = rows.lazy().filter(pl.col(_PENDING + rule.id))
            ahead = [
                own.filter(pl.col(name).is_not_null()).with_columns(_day=pl.col(name))
                for name in (f"_turn {comparisons.index(c)}" for c in rule.comparisons)
            ]
            since = began(pl.col(rule.compiled.rule.since or "created_day"), pl.col("created_day"))
            found = pl.concat(ahead).select(
                "document", rule_id=pl.lit(rule.id), day="_day", verdict=rule.on("_day"), since=since
            )
            turns.append(found.unique(["document", "day"], keep="any"))
        return pl.collect_all(turns)


def _first_days(
    rows: pl.DataFrame, comparisons: Sequence[language.Compare], as_of: date, calendar: WorkingDays
) -> list[pl.Series]:
    """The first day on which each comparison is not what it is on `as_of`; null when it stays."""

    def compiled(days: Sequence[language.Expression]) -> list[pl.Expr]:
        expressions = (language.on_day(c, day) for c, day in zip(comparisons, days, strict=True))
        return [language.to_polars(e, calendar) for e in expressions]

    def differ(table: pl.DataFrame, then: Sequence[pl.Expr]) -> Any:
        others = (pl.col(f"_now {n}").ne_missing(other) for n, other in enumerate(then))
        return table.select(other.alias(str(n)) for n, other in enumerate(others)).to_numpy().T

    now = compiled([_day(as_of)] * len(comparisons))
    rows = rows.with_columns(value.alias(f"_now {n}") for n, value in enumerate(now))
    turns = differ(rows, compiled([_day(LAST_DAY)] * len(comparisons)))
    start, end = (np.int32((day - date(1970, 1, 1)).days) for day in (as_of, LAST_DAY))
    low, high = np.full(turns.shape, start), np.where(turns, end, start)
    names = [f"_day {n}" for n in range(len(comparisons))]
    on_days = compiled([language.Field(name) for name in names])
    middle = np.full(turns.shape, start + SOON)  # most turn within a few years, and are found among fewer days
    while (high - low > 1).any():
        days = [pl.Series(name, own).cast(pl.Date) for name, own in zip(names, middle, strict=True)]
        turned = differ(rows.hstack(days), on_days)
        high, low = np.where(turns & turned, middle, high), np.where(turns & ~turned, middle, low)
        middle = (low + high) // 2
    return [
        pl.select(pl.when(pl.Series(own)).then(pl.Series(days).cast(pl.Date))).to_series().alias(f"_turn {n}")
        for n, (own, days) in enumerate(zip(turns, high, strict=True))
    ]


def month_turns(documents: pl.DataFrame, as_of: date) -> pl.DataFrame:
    """Documents of the future, from the next month on: that they are counted under may be another one then.

    Args:
        documents: with `document_id`, `document_date` and `month`.
        as_of: day of the judgement.
    """
    next_month = (as_of.replace(day=1) + timedelta(days=32)).replace(day=1)
    ahead = documents.lazy().filter(pl.col("document_date") >= next_month)
    nothing = {"verdict": pl.lit(None, dtype=pl.Boolean), "since": pl.lit(None, dtype=pl.Date)}
    own = pl.col("document_id").hash()
    return ahead.select(document=own, rule_id=pl.lit(MONTH), day=pl.lit(next_month), **nothing).collect()


def due(turns: pl.DataFrame, as_of: date) -> pl.DataFrame:
    """The latest turn of each document and rule up to a day."""
    passed = turns.lazy().filter(pl.col("day") <= as_of).sort("day")
    return passed.unique(["document", "rule_id"], keep="last", maintain_order=True).collect()


def _day(day: date) -> language.Expression:
    return language.Call("calendar_date", (language.Literal(day.isoformat()),))
