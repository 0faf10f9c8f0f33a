"""Delivery: the published edition to the recipients of the county file, by its own job.

A person can look at the edition first. Nothing leaves when the county file names no recipients.
"""

import json
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import dagster as dg

from assets.promises import EVERYONE_HAS_THE_EDITION, promise
from assets.stages import CountyRun, Stage

if TYPE_CHECKING:
    import polars as pl

TABLE = "deliveries"


def _receipts(run: CountyRun) -> Path:
    return run.settings.delivered / f"{run.county.code}.receipts.parquet"


def _current(run: CountyRun) -> str | None:
    from lake.releases import Releases

    return Releases(run.settings.releases, run.county.code).current()


def _waiting(run: CountyRun) -> list[str]:
    """Recipients who have not got the current edition."""
    from reporting.delivery.message import reference
    from reporting.delivery.receipts import has_received

    edition = _current(run)
    references = [reference(recipient) for recipient in run.county.recipients]
    return [r for r in references if edition is None or not has_received(_receipts(run), edition, r)]


def _deliver(run: CountyRun) -> dict[str, "pl.DataFrame"]:
    import time

    from lake.releases import Releases
    from reporting.delivery.deliver import Post, deliver
    from reporting.delivery.receipts import read_receipts

    edition = _current(run)
    if run.county.recipients and edition is not None:
        smtp = run.settings.smtp
        release = Releases(run.settings.releases, run.county.code).path(edition)
        facts = json.loads((release / "edition.json").read_text(encoding="utf-8"))
        deliver(
            Post(
                county=run.county,
                edition=edition,
                release=release,
                restricted=run.settings.restricted / run.slug,
                folders=run.settings.delivered,
                receipts=_receipts(run),
                smtp=smtp,
                password=smtp.password() if smtp else None,
                synthetic=bool(facts["synthetic"]),
                now=lambda: datetime.now(UTC),
                wait=time.sleep,
            )
        )
    return {TABLE: read_receipts(_receipts(run))}


def _everyone_has_it(run: CountyRun) -> Sequence[dg.AssetCheckResult]:
    edition, waiting = _current(run), _waiting(run)
    failed = undelivered(run.table(TABLE), edition)
    told = "; ".join(failed) or ("nothing is published yet" if waiting else "all have the edition")
    figures = {"edition": edition or "", "recipients": len(run.county.recipients), "waiting": len(waiting)}
    return [promise(TABLE, EVERYONE_HAS_THE_EDITION, kept=not waiting, told=told, metadata=figures)]


def undelivered(receipts: "pl.DataFrame", edition: str | None) -> list[str]:
    """What failed of an edition, a line each; recipients stand as references."""
    failed = receipts.filter(edition=edition or "", status="failed")
    columns = ("recipient", "role", "channel", "attempts", "reason")
    return [
        f"{role} {reference} ({channel}, tries: {tries}): {reason}"
        for reference, role, channel, tries, reason in failed.select(columns).iter_rows()
    ]


def _inputs(run: CountyRun) -> Any:
    """Recipients who wait make every run try again."""
    return [_current(run), run.run_id if _waiting(run) else ""]


DELIVERY_STAGES: tuple[Stage, ...] = (
    Stage(
        name="delivery",
        group="delivery",
        tables={TABLE: "Receipts of deliveries by edition and recipient; recipients stand as references."},
        reads=("published_files",),
        code=("reporting/delivery", "counties"),
        make=_deliver,
        inputs=_inputs,
        checks={TABLE: [EVERYONE_HAS_THE_EDITION]},
        evaluate=_everyone_has_it,
        kinds=frozenset({"email", "folder"}),
    ),
)
