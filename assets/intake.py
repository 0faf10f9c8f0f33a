"""Intake: the county's extracts through the door and the gate, and service use counted from them."""

from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

import dagster as dg

from assets.contract_checks import CONTRACT_CHECK, contract_result
from assets.progress import warn_of_absent
from assets.stages import CountyRun, Stage

if TYPE_CHECKING:
    import polars as pl

EXTRACTS = {
    "service_events": "Contacts of clients with services, pseudonymised.",
    "service_counts": "Monthly numbers of events delivered ready.",
    "waiting_list": "Referrals and requests waiting for a service, pseudonymised.",
    "documents": "Client documents of social care: headers, structured fields, no free text.",
    "observations": "Social observations.",
    "proposals": "Earlier proposals of structural social work and what became of them.",
    "wellbeing_referrals": "Referrals to activities of municipalities and associations, pseudonymised.",
}


def _ingest(table: str, run: CountyRun) -> dict[str, "pl.DataFrame"]:
    import polars as pl

    from sources.contracts import CONTRACTS
    from sources.expectations import profile_frame
    from sources.extracts import MissingExtractError
    from sources.gate import gate
    from sources.ingest import ingest_table
    from sources.pseudonyms import pseudonymiser_for

    mapping, folder = run.county.extract_of(table), run.input_folder()
    try:
        if mapping is None:
            raise MissingExtractError(table)
        gated = ingest_table(
            mapping,
            folder,
            run.county,
            pseudonymiser=pseudonymiser_for(run.settings.data),
            as_of=run.as_of,
        )
    except MissingExtractError:
        gated = gate(pl.DataFrame(schema=CONTRACTS[table].schema()), CONTRACTS[table], as_of=run.as_of)
    for line in warn_of_absent(table, gated.absent):
        run.log.warning(line)
    return {
        table: gated.accepted,
        f"quarantine_{table}": gated.quarantined,
        f"gate_{table}": profile_frame(gated),
    }


def _files(table: str, run: CountyRun) -> Any:
    """Names and contents of the files the mapping names; a query is asked anew on every run."""
    import polars as pl

    from lake.fingerprint import file_fingerprint
    from sources.pseudonyms import pseudonymiser_for

    mapping = run.county.extract_of(table)
    if mapping is None:
        return None
    if mapping.files is None:
        return run.run_id
    # another key gives other pseudonyms
    key = pseudonymiser_for(run.settings.data).pseudonyms(pl.Series(["key"]), "check")[0]
    return [key, [[p.name, file_fingerprint(p)] for p in sorted(run.folder.glob(mapping.files))]]


def _judged(table: str, run: CountyRun) -> Sequence[dg.AssetCheckResult]:
    return [contract_result(run, table)]


def _intake_stage(table: str, text: str) -> Stage:
    return Stage(
        name=f"intake_{table}",
        group="intake",
        tables={
            table: text,
            f"quarantine_{table}": f"Rows of {table} set aside, with file, row and reason; no values.",
        },
        side_tables=(f"gate_{table}",),
        reads=(),
        code=("sources", "counties"),
        make=partial(_ingest, table),
        personal=True,
        inputs=partial(_files, table),
        checks={table: [CONTRACT_CHECK]},
        blocking=True,
        evaluate=partial(_judged, table),
    )


def _service_use(run: CountyRun) -> dict[str, "pl.DataFrame"]:
    from sources.contributors import contributors
    from sources.service_use import monthly_use

    delivered, events = run.table("service_counts"), run.table("service_events")
    mapped = {
        "age_groups": run.county.age_groups.label_of_age(),
        "measures": {service.code: service.measure for service in run.county.services},
        "area_of_municipality": run.county.area_of_municipality,
    }
    return {
        "service_use": monthly_use(delivered, events, **mapped),
        "contributors": contributors(delivered, events, **mapped, county=run.county.code),
    }


INTAKE_STAGES = (
    *(_intake_stage(table, text) for table, text in EXTRACTS.items()),
    Stage(
        name="service_use",
        group="service_use",
        tables={
            "service_use": "Monthly service use by area, service, sex and age group, as recorded.",
            "contributors": "Clients behind each count and the largest of them; not published.",
        },
        reads=("service_counts", "service_events"),
        code=("sources", "counties"),
        make=_service_use,
        personal=True,
    ),
)
