"""The document extract: header, structured content and narrative of every document, and the planted defects."""

from __future__ import annotations

from datetime import date

import numpy as np
import polars as pl

from counties import County
from sources.contracts import CONTRACTS
from sources.synthetic.cases import TASKS, Cases, document_days, make_cases
from sources.synthetic.contents import contents_of, encoded
from sources.synthetic.courses import bent, kept_documents
from sources.synthetic.defects import plant_defects
from sources.synthetic.document_texts import narratives
from sources.synthetic.persons import Ints, Register
from sources.synthetic.planting import Drafts

PHASES = {
    "notification": "initiation",
    "assessment": "assessment",
    "client_plan": "planning",
    "decision": "decision",
    "case_note": "service",
    "closing_summary": "closing",
}


def make_documents(
    county: County, register: Register, as_of: date, rng: np.random.Generator
) -> tuple[pl.DataFrame, pl.DataFrame, pl.DataFrame]:
    """Contract table `documents` (as delivered), the planted defects, and the units with their true quality.

    Returns:
        documents; defects (document_id, defect, rule, unit); units (unit, documents, defect_multiplier).
    """
    cases = bent(make_cases(register, county.municipalities, as_of, rng), as_of, rng)
    days = kept_documents(document_days(cases, as_of, rng), cases, as_of).with_row_index("row")
    header = _header(days, cases, county, register, rng)
    contents = contents_of(header, cases, rng)
    drafts, planted, units = plant_defects(Drafts(header, contents), cases, as_of, rng)
    written = pl.concat([encoded(fields) for fields in drafts.contents.values()]).sort("row")
    written = written.update(drafts.spoilt, on="row")
    table = drafts.header.join(written, on="row", how="left", maintain_order="left")
    documents = table.sort("created_at", "row").select(*CONTRACTS["documents"].raw_schema())
    return documents, planted, units


def organisation_oid(county: str) -> str:
    """OID of the county's invented organisation: `1.2.246.10.` and a business id with a right check digit."""
    base = next(b for b in range(9_900_000 + int(county) * 10, 9_999_999) if _check_digit(b) is not None)
    return f"1.2.246.10.{base}{_check_digit(base)}"


def _check_digit(base: int) -> int | None:
    rest = sum(int(d) * w for d, w in zip(f"{base:07d}", (7, 9, 10, 5, 8, 4, 2), strict=True)) % 11
    return None if rest == 1 else (0 if rest == 0 else 11 - rest)


def _header(
    days: pl.DataFrame, cases: Cases, county: County, register: Register, rng: np.random.Generator
) -> pl.DataFrame:
    case = days["case"].to_numpy()
    person, unit = cases.person[case], cases.unit[case]
    swedish = (register.language.gather(person) == "sv").to_numpy()
    author = _authors(days, cases, rng)
    oid = organisation_oid(county.code)
    columns = days.with_columns(
        client_id=register.identity.gather(person),
        case_id=pl.lit(f"{county.code}-A") + pl.Series(case).cast(pl.String).str.zfill(7),
        service_task=pl.Series(tuple(TASKS)).gather(cases.task[case]),
        process_phase=pl.col("document_type").replace_strict(PHASES),
        status=pl.when(pl.col("signed_at").is_null()).then(pl.lit("draft")).otherwise(pl.lit("final")),
        unit=pl.Series(cases.unit_codes).gather(unit),
        municipality=pl.Series(county.municipalities).gather(register.municipality[person]),
        language=pl.Series(["fi", "sv"]).gather(swedish.astype(np.int64)),
        author_id=pl.Series(cases.unit_codes).gather(unit) + "-T" + pl.Series(author).cast(pl.String),
        author_role=_roles(days, cases),
        document_id=pl.lit(f"{oid}.14.2026.") + (pl.col("row") + 1).cast(pl.String),
        text=narratives(np.arange(len(case), dtype=np.int64), swedish),
    )
    return _replacements(columns)


def _authors(days: pl.DataFrame, cases: Cases, rng: np.random.Generator) -> Ints:
    """The case's own worker writes three documents in four."""
    case = days["case"].to_numpy()
    staff = cases.authors[cases.unit[case]]
    own = (case * 31 + 17) % staff
    other = (rng.random(len(case)) * staff).astype(np.int64)
    return np.asarray(np.where(rng.random(len(case)) < 0.75, own, other) + 1)


def _roles(days: pl.DataFrame, cases: Cases) -> pl.Series:
    by_task = {
        "older_people": "service_counsellor",
        "disability": "service_counsellor",
        "families": "family_worker",
    }
    noted = pl.Series([by_task.get(name, "social_counsellor") for name in TASKS])
    role = noted.gather(cases.task[days["case"].to_numpy()])
    return pl.select(
        pl.when(days["document_type"] == "case_note").then(role).otherwise(pl.lit("social_worker"))
    ).to_series()


def _replacements(header: pl.DataFrame) -> pl.DataFrame:
    """A signed newer plan replaces the one before it."""
    plan = (pl.col("document_type") == "client_plan") & (pl.col("status") == "final")
    plans = header.filter(plan).sort("case", "round").select(
        "row",
        replaces=pl.col("document_id").shift(1).over("case"),
        replaced=pl.col("row").shift(-1).over("case").is_not_null(),
    )  # fmt: skip
    joined = header.join(plans, on="row", how="left", maintain_order="left")
    status = pl.when(pl.col("replaced")).then(pl.lit("replaced")).otherwise(pl.col("status"))
    return joined.with_columns(status=status).drop("replaced")
