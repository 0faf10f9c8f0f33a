"""The state while defects are planted: which documents are taken, what stands in them, what was planted."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
import polars as pl

from sources.synthetic.cases import Cases
from sources.synthetic.contents import needs_of
from sources.synthetic.courses import FEWEST, Bools, Ints, Record

HAS = {
    kind: (pl.col("document_type") == kind).any().over("case")
    for kind in ("assessment", "client_plan", "closing_summary")
}


@dataclass(frozen=True)
class Drafts:
    """Documents in the making: `header` with one row each, and the fields of their contents by type.

    `row` counts from 0 in the order of the header. `spoilt` (row, content) takes the place of written contents.
    """

    header: pl.DataFrame
    contents: dict[str, pl.DataFrame]
    spoilt: pl.DataFrame = field(
        default_factory=lambda: pl.DataFrame(schema={"row": pl.UInt32, "content": pl.String})
    )


@dataclass
class Planting:
    """Documents that defects are planted into.

    Attributes:
        header: the documents; beside what is delivered the case's milestones (`started`, `planned`, `ended`),
            whether it is `urgent`, and its `needs` as JSON.
        contents: fields by document type.
        chance: how many times more defects than usual each document's unit makes. Shape (documents,).
        taken: documents that have a defect already.
        records: (defect, rule, rows) of what fails where.
        spoilt: contents that take the place of the written ones.
    """

    header: pl.DataFrame
    contents: dict[str, pl.DataFrame]
    chance: npt.NDArray[np.float64]
    taken: Bools
    records: list[Record] = field(default_factory=list)
    spoilt: list[pl.DataFrame] = field(default_factory=list)

    @classmethod
    def of(cls, drafts: Drafts, cases: Cases) -> Planting:
        """Begin with the documents of bent cases taken."""
        case = drafts.header["case"].to_numpy()
        header = drafts.header.with_columns(
            started=pl.Series(cases.started[case]),
            planned=pl.Series(cases.planned[case]),
            ended=pl.Series(cases.ended[case]),
            urgent=pl.Series(cases.urgent[case]),
            needs=needs_of(cases, case),
        )
        return cls(header, dict(drafts.contents), cases.factor[cases.unit[case]], cases.course[case] > 0)

    def choose(self, fits: pl.Expr, rate: float, rng: np.random.Generator) -> Ints:
        """Rows that get a defect: each with chance `rate` times its unit's factor, at least `FEWEST`."""
        return self._drawn(np.flatnonzero(self.free(fits)), rate, rng)

    def choose_cases(self, fits: pl.Expr, rate: float, rng: np.random.Generator) -> Ints:
        """As `choose`, at most one row a case, of cases in which nothing is taken: now all their documents are.

        For defects that make other documents of the case fail, or that another defect there would hide.
        """
        untouched = (
            ~pl.Series(self.taken).to_frame("t").select(pl.col("t").any().over(self.header["case"])).to_series()
        )
        fit = self.free(fits) & untouched.to_numpy()
        first = self.header.filter(pl.Series(fit)).unique("case", keep="first", maintain_order=True)
        rows = self._drawn(first["row"].to_numpy().astype(np.int64), rate, rng)
        cases = self.header["case"].gather(rows).implode()
        self.taken |= self.header["case"].is_in(cases).to_numpy()
        return rows

    def _drawn(self, free: Ints, rate: float, rng: np.random.Generator) -> Ints:
        drawn = rng.random(len(free)) / self.chance[free]
        count = max(int((drawn < rate).sum()), min(FEWEST, len(free)))
        rows = np.sort(free[np.argsort(drawn, kind="stable")[:count]])
        self.taken[rows] = True
        return rows

    def free(self, fits: pl.Expr) -> Bools:
        """Documents that fit and are not taken."""
        return np.asarray(self.header.select(fits.fill_null(value=False)).to_series().to_numpy() & ~self.taken)

    def record(self, name: str, rules: tuple[str, ...], rows: Ints) -> None:
        """Note that the rules fail on the rows because of the defect."""
        self.records.extend((name, rule, rows) for rule in rules)

    def same_case(self, rows: Ints, fits: pl.Expr) -> Ints:
        """Rows of the documents that fit in the cases of the rows."""
        cases = self.header["case"].gather(rows).unique().implode()
        chosen = self.header.filter(pl.col("case").is_in(cases) & fits)
        return chosen["row"].to_numpy().astype(np.int64)

    def write(self, rows: Ints, columns: Mapping[str, pl.Expr]) -> None:
        """New values of expressions over the header, in the rows."""
        chosen = self.header[rows.tolist()].select(
            value.cast(self.header.schema[name]).alias(name) for name, value in columns.items()
        )
        self.scatter(rows, {name: chosen[name] for name in columns})

    def scatter(self, rows: Ints, columns: Mapping[str, pl.Series]) -> None:
        """New values, one for each of the rows."""
        schema = self.header.schema
        self.header = self.header.with_columns(
            self.header[name].scatter(pl.Series(rows), _as_long(values, len(rows)).cast(schema[name])).alias(name)
            for name, values in columns.items()
        )

    def write_fields(self, kind: str, rows: Ints, fields: Mapping[str, str | pl.Expr]) -> None:
        """Other JSON in fields of the documents: a text, or an expression over the fields."""
        here = pl.col("row").is_in(rows.tolist())
        self.contents[kind] = self.contents[kind].with_columns(
            pl.when(here).then(pl.lit(new) if isinstance(new, str) else new).otherwise(pl.col(name)).alias(name)
            for name, new in fields.items()
        )


def _as_long(values: pl.Series, size: int) -> pl.Series:
    return values.new_from_index(0, size) if len(values) == 1 and size != 1 else values
