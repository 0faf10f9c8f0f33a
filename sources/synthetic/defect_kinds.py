"""What a planted defect of a single document is: whom it befalls, what is spoilt, which rules then fail."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
import polars as pl

from sources.synthetic.courses import Ints
from sources.synthetic.planting import Planting

COMMON_RATE = 0.003
RARE = COMMON_RATE / 4
TYPE = pl.col("document_type")
NOTIFICATION, ASSESSMENT, PLAN = TYPE == "notification", TYPE == "assessment", TYPE == "client_plan"
DECISION, NOTE, CLOSING = TYPE == "decision", TYPE == "case_note", TYPE == "closing_summary"
FINAL = pl.col("status") == "final"
DRAFT_OR_FINAL = pl.col("status").is_in(["draft", "final"])


@dataclass(frozen=True)
class Defect:
    """A kind of defect.

    Attributes:
        name: kind of defect.
        rules: rules that fail on the document.
        fits: documents it can befall.
        rate: chance in a common unit.
        elsewhere: rule -> documents of the same case on which it fails too.
        whole_case: whether it needs a case without another defect.
    """

    name: str
    rules: tuple[str, ...]
    fits: pl.Expr
    rate: float = COMMON_RATE
    elsewhere: Mapping[str, pl.Expr] = field(default_factory=dict)
    whole_case: bool = False

    def spoil(self, state: Planting, rows: Ints) -> None:
        """Write the defect into the rows."""
        raise NotImplementedError

    def plant(self, state: Planting, rng: np.random.Generator) -> None:
        """Choose documents, spoil them and note which rules fail."""
        choose = state.choose_cases if self.whole_case else state.choose
        rows = choose(self.fits, self.rate, rng)
        self.spoil(state, rows)
        state.record(self.name, self.rules, rows)
        for rule, fits in self.elsewhere.items():
            state.record(self.name, (rule,), state.same_case(rows, fits))


@dataclass(frozen=True)
class FieldDefect(Defect):
    """Fields of the content emptied or spoilt: field -> JSON, or an expression over the fields."""

    document_type: str = ""
    fields: Mapping[str, str | pl.Expr] = field(default_factory=dict)

    def spoil(self, state: Planting, rows: Ints) -> None:  # noqa: D102 (the parent tells)
        state.write_fields(self.document_type, rows, self.fields)


@dataclass(frozen=True)
class HeaderDefect(Defect):
    """Columns of the header spoilt: column -> expression over the header."""

    columns: Mapping[str, pl.Expr] = field(default_factory=dict)

    def spoil(self, state: Planting, rows: Ints) -> None:  # noqa: D102 (the parent tells)
        state.write(rows, self.columns)
