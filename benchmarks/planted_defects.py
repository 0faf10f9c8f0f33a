"""Recall and precision of every deterministic rule on a synthetic county whose defects are listed.

Run: `python -m benchmarks.planted_defects [--county paijat-hame --scale 1 --seed 1]`. The list is
`truth/defects.parquet` of the synthetic county: every document and rule that fails, written by the generator,
which shares no code with the rules. A finding that is not listed counts against precision, a listed one that is
not found against recall.
"""

from __future__ import annotations

import argparse
import os
import tempfile
import time
from dataclasses import dataclass
from datetime import date
from pathlib import Path

os.environ.setdefault("OMP_NUM_THREADS", "1")

import polars as pl

from counties import County, load_county
from quality_checks.checking import check
from quality_checks.rules import load_catalogue
from sources.contracts import CONTRACTS
from sources.door import through_the_door
from sources.extracts import Extract
from sources.pseudonyms import Pseudonymiser
from sources.quarantine import FILE, ROW, empty_quarantine

AS_OF = date(2026, 10, 31)
PAIR = ("document_id", "rule_id")


@dataclass(frozen=True)
class Judgement:
    """What was planted and found.

    Attributes:
        by_rule: rule_id, planted, found, right, recall, precision (null where nothing was planted or found).
        documents: documents in the county.
    """

    by_rule: pl.DataFrame
    documents: int

    @property
    def wrong(self) -> pl.DataFrame:
        """Rules whose recall or precision is below one."""
        return self.by_rule.filter((pl.col("right") < pl.col("planted")) | (pl.col("right") < pl.col("found")))


def judged(county: str, *, scale: float, seed: int) -> Judgement:
    """Make the county and judge its documents.

    Args:
        county: slug of the county.
        scale: 1 is the county's real size.
        seed: of the synthetic county.
    """
    from sources.synthetic import write_demo

    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch) / county
        write_demo(county, folder, as_of=AS_OF, seed=seed, scale=scale)
        return judged_in(folder, load_county(county))


def judged_in(folder: Path, county: County) -> Judgement:
    """Check the documents of a synthetic county and compare with its list.

    They pass the door only, not the gate that quarantines a document without a client, of a foreign municipality
    or of the future: rules on those must find what an extract checked by itself holds.
    """
    raw = pl.read_parquet(folder / "documents.parquet")
    numbered = raw.with_columns(pl.lit("documents.parquet").alias(FILE), pl.int_range(pl.len()).alias(ROW))
    extract = Extract(numbered, raw.height, ("documents.parquet",), empty_quarantine())
    key = Pseudonymiser(b"a key for the benchmark only")
    documents = through_the_door(extract, CONTRACTS["documents"], key).frame
    catalogue = load_catalogue()
    found = check(
        documents,
        catalogue,
        settings=county.quality,
        as_of=AS_OF,
        area_of_municipality=county.area_of_municipality,
    ).violations.select(PAIR)
    planted = pl.read_parquet(folder / "truth/defects.parquet").select("document_id", rule_id="rule").unique()
    return Judgement(compared(planted, found, list(catalogue.ids)), documents.height)


def compared(planted: pl.DataFrame, found: pl.DataFrame, rules: list[str]) -> pl.DataFrame:
    """Counts and shares by rule of two lists of (document_id, rule_id)."""
    counts = [
        table.group_by("rule_id").agg(pl.len().cast(pl.Int64).alias(name))
        for name, table in (
            ("planted", planted),
            ("found", found),
            ("right", planted.join(found, on=PAIR, how="semi")),
        )
    ]
    table = pl.DataFrame({"rule_id": rules})
    for part in counts:
        table = table.join(part, on="rule_id", how="left")
    filled = table.with_columns(pl.col("planted", "found", "right").fill_null(0))
    return filled.with_columns(
        recall=pl.when(pl.col("planted") > 0).then(pl.col("right") / pl.col("planted")),
        precision=pl.when(pl.col("found") > 0).then(pl.col("right") / pl.col("found")),
    )


def main() -> None:
    """Print recall and precision; exit code 1 when one of them is below 1.000."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--county", default="paijat-hame")
    parser.add_argument("--scale", type=float, default=1.0)
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    began = time.process_time()
    result = judged(given.county, scale=given.scale, seed=given.seed)
    table = result.by_rule
    planted = table.filter(pl.col("planted") > 0)
    print(
        f"{given.county}, seed {given.seed}: {result.documents:,} documents, "
        f"{table['planted'].sum():,} planted defects of {planted.height} rules, {table['found'].sum():,} found, "
        f"{table['right'].sum():,} of them planted; {table.height - planted.height} rules with nothing planted"
    )
    print(
        f"recall {table['right'].sum() / table['planted'].sum():.3f}, "
        f"precision {table['right'].sum() / table['found'].sum():.3f}; rules below 1.000: {result.wrong.height} "
        f"({time.process_time() - began:.0f} CPU s)"
    )
    for row in result.wrong.iter_rows(named=True):
        print(f"  {row['rule_id']}: {row['planted']} planted, {row['found']} found, {row['right']} right")
    unplanted = table.filter(pl.col("planted") == 0)["rule_id"].to_list()
    if unplanted:
        print(f"nothing planted for: {', '.join(unplanted)}")
    raise SystemExit(1 if result.wrong.height else 0)


if __name__ == "__main__":
    main()
