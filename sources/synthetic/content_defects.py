"""Contents that are no JSON object, or hold fields that their document type does not have."""

from __future__ import annotations

import numpy as np
import polars as pl

from sources.synthetic.contents import encoded
from sources.synthetic.defect_kinds import RARE
from sources.synthetic.header_defects import LATER_ENTRY
from sources.synthetic.planting import Planting

_CONTENT = pl.col("content")
_KINDS: tuple[tuple[str, str, pl.Expr], ...] = (
    ("content_cut_off", "content_readable", _CONTENT.str.slice(0, 40)),
    ("field_unknown", "fields_belong_to_structure", _CONTENT.str.replace("{", '{"shoe_size":"42",', literal=True)),
)


def plant_in_contents(state: Planting, fits: pl.Expr, rng: np.random.Generator) -> None:
    """Plant both kinds into entries that fit; not the first of a case, which tells when its service began."""
    for name, rule, spoilt in _KINDS:
        rows = state.choose(fits & LATER_ENTRY, RARE, rng)
        written = encoded(state.contents["case_note"].filter(pl.col("row").is_in(rows.tolist())))
        state.spoilt.append(written.with_columns(content=spoilt))
        state.record(name, (rule,), rows)
