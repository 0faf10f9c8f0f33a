"""What an edition lacks and why, in the reader's words; the technical reason stands in English beside.

A step of the run is named by what it gives the reader. Kinds of failure are a closed set: data that could not be
read (`unreadable`), data or a forecast that its checks refused (`refused`), a calculation that broke off
(`failed`), and files that were left out one by one (`set_aside`).
"""

from __future__ import annotations

from reporting.inputs import Failure, ReportInputs
from reporting.texts import Texts, capital

_INTAKE = "intake_"
# Steps of the run without which there are no forecasts by service.
BEHIND_NEED = frozenset(
    {
        "areas",
        "open_data",
        "intake_service_counts",
        "intake_service_events",
        "service_use",
        "break_flags",
        "running_year",
        "need",
    }
)
# Tables made from records of clients; with any of them an edition has client data.
CLIENT_TABLES = ("need_forecast", "month_forecast", "measures", "quality_scores", "cells", "observations")


def failed_part(failure: Failure, texts: Texts) -> str:
    """What the failed step would have given: the name of an extract, or of a calculation."""
    table = failure.part.removeprefix(_INTAKE)
    if failure.part.startswith(_INTAKE) and texts.has("report-table", table):
        return texts.of("report-table", table)
    return texts.of("part-of-run", failure.part) if texts.has("part-of-run", failure.part) else failure.part


def failure_sentence(failure: Failure, texts: Texts) -> str:
    """The failure in one sentence, without its technical reason."""
    return texts.of("failure", failure.kind, part=capital(failed_part(failure, texts)))


def why_no_need(inputs: ReportInputs, texts: Texts) -> str:
    """Why the edition has no forecasts by service: a failure, no data on use, or no client data at all."""
    if any(failure.part in BEHIND_NEED for failure in inputs.failures):
        return texts.get("page-no-need")
    return texts.get("page-no-use" if set(CLIENT_TABLES) & set(inputs.available) else "page-no-records")
