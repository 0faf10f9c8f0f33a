"""Planted defects: known kinds, known documents, more of them in a few units that document badly.

A document carries at most one planted defect of its own, and a case on a wrong course no other. What a defect
makes fail on another document is recorded too, so that a document not listed is clean.
"""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np
import polars as pl

from sources.synthetic.case_defects import plant_in_cases
from sources.synthetic.cases import Cases
from sources.synthetic.content_defects import plant_in_contents
from sources.synthetic.courses import course_records
from sources.synthetic.defect_kinds import FINAL, NOTE
from sources.synthetic.entry_defects import plant_in_entries
from sources.synthetic.field_defects import FIELD_DEFECTS
from sources.synthetic.header_defects import header_defects
from sources.synthetic.planting import Drafts, Planting
from sources.synthetic.version_defects import plant_in_versions


def plant_defects(
    drafts: Drafts, cases: Cases, as_of: date, rng: np.random.Generator
) -> tuple[Drafts, pl.DataFrame, pl.DataFrame]:
    """Plant every kind of defect; first those that need a case of their own, while there are such cases.

    Returns:
        The documents with their defects; what fails where (document_id, defect, rule, unit, document_type), one
        row for each rule that fails on a document; the units (unit, documents, defect_multiplier).
    """
    state = Planting.of(drafts, cases)
    state.records.extend(course_records(drafts.header, cases, as_of))
    plant_in_cases(state, as_of, rng)
    plant_in_versions(state, rng)
    for defect in sorted(FIELD_DEFECTS, key=lambda kind: not kind.whole_case):
        defect.plant(state, rng)
    for spoilt in sorted(header_defects(as_of), key=lambda kind: not kind.whole_case):
        spoilt.plant(state, rng)
    settled = NOTE & FINAL & (pl.col("created_at") < pl.lit(as_of - timedelta(days=45)))
    plant_in_contents(state, settled, rng)
    plant_in_entries(state, settled, rng)
    unit = cases.unit[drafts.header["case"].to_numpy()]
    documents = np.bincount(unit, minlength=len(cases.unit_codes))
    units = pl.DataFrame({"unit": cases.unit_codes, "documents": documents, "defect_multiplier": cases.factor})
    planted = Drafts(state.header, state.contents, pl.concat([drafts.spoilt, *state.spoilt]))
    return planted, _listed(state), units


def _listed(state: Planting) -> pl.DataFrame:
    """One row for each rule that fails on a document, ids as they stand in the data."""
    parts = [
        state.header.select("document_id", "unit", "document_type")[rows.tolist()].with_columns(
            defect=pl.lit(name), rule=pl.lit(rule)
        )
        for name, rule, rows in state.records
        if len(rows)
    ]
    columns = ("document_id", "defect", "rule", "unit", "document_type")
    listed: pl.DataFrame = pl.concat(parts).select(columns).unique(maintain_order=True)
    return listed.sort("defect", "rule", "document_id")
