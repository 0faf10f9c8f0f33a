"""Structured contents of the documents: one column of ready JSON per field, by document type.

A field that a defect empties becomes `null` or `[]`; `encoded` writes the objects. Field names are those of
`sources/reference/document_structures.yaml`; the codes are invented.
"""

from __future__ import annotations

import json
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import polars as pl

from sources.synthetic.cases import TASKS, Cases
from sources.synthetic.document_texts import POOLS

Ints = npt.NDArray[np.int64]

TASK_NEEDS: dict[str, tuple[tuple[str, ...], ...]] = {
    "older_people": (("1",), ("1", "9"), ("2", "1"), ("9",), ("1", "10"), ("8", "1", "9")),
    "families": (("7",), ("7", "3"), ("10", "7"), ("4", "7")),
    "child_protection": (("7",), ("5", "7"), ("7", "8"), ("6", "7")),
    "family_law": (("7",), ("10",)),
    "substance_abuse": (("8",), ("8", "2"), ("8", "3", "4")),
    "working_age": (("3",), ("4",), ("2", "3"), ("3", "4", "8")),
    "disability": (("8",), ("9", "1"), ("2", "9"), ("10", "8")),
}
TASK_SERVICES: dict[str, str] = {
    "older_people": "home_care",
    "families": "family_work",
    "child_protection": "child_protection",
    "family_law": "custody_mediation",
    "substance_abuse": "substance_rehabilitation",
    "working_age": "adult_social_work",
    "disability": "disability_service",
}
LAW_SECTIONS: dict[str, str] = {
    "older_people": "shl-19",
    "families": "shl-18",
    "child_protection": "lsl-34",
    "family_law": "shl-27",
    "substance_abuse": "shl-24",
    "working_age": "shl-15",
    "disability": "vpl-2",
}


def contents_of(days: pl.DataFrame, cases: Cases, rng: np.random.Generator) -> dict[str, pl.DataFrame]:
    """Fields of every document, by document type.

    Args:
        days: documents with row, case, document_type, round, event_at, review_on and language.
        cases: the cases they belong to.
        rng: source of the choices.

    Returns:
        Frames by document type: `row` and one column of JSON text per field.
    """
    makers = {
        "notification": _notification,
        "assessment": _assessment,
        "client_plan": _client_plan,
        "decision": _decision,
        "case_note": _case_note,
        "closing_summary": _closing_summary,
    }
    return {
        kind: maker(days.filter(pl.col("document_type") == kind), cases, rng) for kind, maker in makers.items()
    }


def encoded(fields: pl.DataFrame) -> pl.DataFrame:
    """The contents as JSON objects: row, content."""
    names = [name for name in fields.columns if name != "row"]
    parts = [pl.lit("{")]
    for i, name in enumerate(names):
        parts += [pl.lit(f'{"," if i else ""}"{name}":'), pl.col(name)]
    return fields.select("row", pl.concat_str([*parts, pl.lit("}")]).alias("content"))


def _notification(docs: pl.DataFrame, cases: Cases, rng: np.random.Generator) -> pl.DataFrame:
    case = docs["case"].to_numpy()
    urgency = pl.Series(['"non_urgent"', '"urgent"']).gather(cases.urgent[case].astype(np.int64))
    return _frame(
        docs,
        received_on=_days(cases.received[case]),
        channel=_codes(rng, len(case), ("phone", "web", "visit", "letter", "referral")),
        notifier_role=_codes(rng, len(case), ("client", "relative", "health_care", "school", "authority")),
        reason=_first_need(cases, case),
        urgency_assessed=_constant(docs, "true"),
        urgency=urgency,
        description=_phrases(docs, rng, 1),
    )


def _assessment(docs: pl.DataFrame, cases: Cases, rng: np.random.Generator) -> pl.DataFrame:
    case = docs["case"].to_numpy()
    absent = pl.Series(rng.random(len(case)) < 0.06)
    view = _either(absent, "null", _phrases(docs, rng, 1))
    return _frame(
        docs,
        started_on=_days(cases.started[case]),
        completed_on=_days(cases.assessed[case]),
        client_view=view,
        client_view_missing_reason=_either(absent, '"not_able"', pl.Series(["null"]).new_from_index(0, len(case))),
        needs=needs_of(cases, case),
        conclusion=_phrases(docs, rng, 2),
        key_worker_judgement=_phrases(docs, rng, 4),
        key_worker_named=_constant(docs, "true"),
    )


def _client_plan(docs: pl.DataFrame, cases: Cases, rng: np.random.Generator) -> pl.DataFrame:
    case = docs["case"].to_numpy()
    event = docs["event_at"].dt.date()
    starts = event.dt.offset_by("7d").dt.to_string("%Y-%m-%d")
    ends = event.dt.offset_by("12mo").dt.to_string("%Y-%m-%d")
    services = pl.DataFrame(
        {"list": _by_combination(cases, case, _services), "starts": starts, "ends": ends}
    ).select(
        pl.col("list").str.replace_all("@starts", pl.col("starts"), literal=True)
        .str.replace_all("@ends", pl.col("ends"), literal=True)
    ).to_series()  # fmt: skip
    day = event.dt.to_string("%Y-%m-%d")
    evaluated = pl.DataFrame({"list": _by_combination(cases, case, _evaluations), "day": day}).select(
        pl.col("list").str.replace_all("@day", pl.col("day"), literal=True)
    ).to_series()  # fmt: skip
    absent = pl.Series(rng.random(len(case)) < 0.05)
    return _frame(
        docs,
        support_need=_phrases(docs, rng, 1),
        services=services,
        key_worker_named=_constant(docs, "true"),
        meetings=_phrases(docs, rng, 4),
        strengths=_phrases(docs, rng, 3),
        goals=_by_combination(cases, case, _goals),
        duration=_constant(docs, '"12 kuukautta"'),
        partners=_constant(docs, '["terveydenhuolto","läheiset"]'),
        follow_up=_phrases(docs, rng, 4),
        review_on=_days(docs["review_on"].to_numpy()),
        client_participated=_either(absent, "false", _constant(docs, "true")),
        client_absence_reason=_either(absent, '"not_able"', _constant(docs, "null")),
        needs=needs_of(cases, case),
        evaluations=_either(docs["round"] == 0, "[]", evaluated),
    )


def _decision(docs: pl.DataFrame, cases: Cases, rng: np.random.Generator) -> pl.DataFrame:
    case = docs["case"].to_numpy()
    size = len(case)
    valid_from = cases.decided[case] + rng.integers(0, 8, size)
    return _frame(
        docs,
        decided_on=_days(cases.decided[case]),
        service=_by_task(cases, case, TASK_SERVICES),
        outcome=_codes(rng, size, ("granted", "granted", "granted", "partly_granted")),
        grounds=_phrases(docs, rng, 1),
        law_section=_by_task(cases, case, LAW_SECTIONS),
        valid_from=_days(valid_from),
        valid_to=_days(valid_from + rng.integers(180, 730, size)),
        appeal_instructions=_constant(docs, "true"),
        notified_on=_days(cases.decided[case]),
        delay_reason=_constant(docs, "null"),
        decision_maker_role=_constant(docs, '"social_worker"'),
    )


def _case_note(docs: pl.DataFrame, cases: Cases, rng: np.random.Generator) -> pl.DataFrame:
    case = docs["case"].to_numpy()
    participants = pl.Series(
        ['["client","worker"]', '["client","relative","worker"]', '["client","worker","partner"]']
    ).gather(rng.integers(0, 3, len(case)))
    return _frame(
        docs,
        event_type=_codes(rng, len(case), ("meeting", "home_visit", "call", "network_meeting")),
        participants=participants,
        service=_by_task(cases, case, TASK_SERVICES),
        contact=_codes(rng, len(case), ("visit", "home", "phone", "remote")),
        note=_phrases(docs, rng, 2),
    )


def _closing_summary(docs: pl.DataFrame, cases: Cases, rng: np.random.Generator) -> pl.DataFrame:
    case = docs["case"].to_numpy()
    return _frame(
        docs,
        ended_on=_days(cases.ended[case]),
        reason=_codes(rng, len(case), ("need_ended", "moved", "other_service", "client_request")),
        goal_attainment=_codes(rng, len(case), ("reached", "partly_reached", "not_reached")),
        summary=_phrases(docs, rng, 3),
    )


def _frame(docs: pl.DataFrame, **fields: pl.Series) -> pl.DataFrame:
    return pl.DataFrame({"row": docs["row"], **fields})


def _constant(docs: pl.DataFrame, value: str) -> pl.Series:
    return pl.Series([value]).new_from_index(0, docs.height)


def _either(condition: pl.Series, when: str, otherwise: pl.Series) -> pl.Series:
    return pl.select(pl.when(condition).then(pl.lit(when)).otherwise(otherwise)).to_series()


def _days(days: npt.NDArray[np.datetime64]) -> pl.Series:
    text = pl.Series(days.astype("datetime64[D]")).dt.to_string("%Y-%m-%d")
    return pl.select(pl.when(text.is_null()).then(pl.lit("null")).otherwise('"' + text + '"')).to_series()


def _codes(rng: np.random.Generator, size: int, codes: Sequence[str]) -> pl.Series:
    return pl.Series([f'"{code}"' for code in codes]).gather(rng.integers(0, len(codes), size))


def _phrases(docs: pl.DataFrame, rng: np.random.Generator, pool: int) -> pl.Series:
    drawn = rng.integers(0, 1 << 30, docs.height)
    texts = {
        code: pl.Series([json.dumps(text, ensure_ascii=False) for text in POOLS[code][pool]])
        for code in ("fi", "sv")
    }
    swedish = docs["language"] == "sv"
    chosen = {code: series.gather(drawn % len(series)) for code, series in texts.items()}
    return pl.select(pl.when(swedish).then(chosen["sv"]).otherwise(chosen["fi"])).to_series()


def _combination(cases: Cases, case: Ints) -> Ints:
    """Which of its task's combinations of needs a case has: steady over its documents."""
    sizes = np.array([len(TASK_NEEDS[name]) for name in TASKS])
    return np.asarray((cases.person[case] * 7919) % sizes[cases.task[case]])


def _by_combination(cases: Cases, case: Ints, write: object) -> pl.Series:
    widest = max(len(needs) for needs in TASK_NEEDS.values())
    table = [
        write(name, TASK_NEEDS[name][i]) if i < len(TASK_NEEDS[name]) else "[]"  # type: ignore[operator]
        for name in TASKS
        for i in range(widest)
    ]
    return pl.Series(table).gather(cases.task[case] * widest + _combination(cases, case))


def needs_of(cases: Cases, case: Ints) -> pl.Series:
    """The needs of each case as a JSON list of codes."""
    return _by_combination(cases, case, lambda _, needs: json.dumps(list(needs)))


def _by_task(cases: Cases, case: Ints, values: dict[str, str]) -> pl.Series:
    return pl.Series([f'"{values[name]}"' for name in TASKS]).gather(cases.task[case])


def _first_need(cases: Cases, case: Ints) -> pl.Series:
    return _by_combination(cases, case, lambda _, needs: f'"{needs[0]}"')


def _services(task: str, needs: Sequence[str]) -> str:
    service = TASK_SERVICES[task]
    given = [
        {"need": need, "service": service, "starts_on": "@starts", "ends_on": "@ends", "duration": "12 kuukautta"}
        for need in needs
    ]
    return json.dumps(given)


def _goals(task: str, needs: Sequence[str]) -> str:
    service = TASK_SERVICES[task]
    text = "Asiakas pärjää arjessa sovitulla tuella"
    measure = "tapaamisten määrä ja oma arvio"
    goals = [
        {"need": need, "service": service, "goal": text, "measure": measure, "measurable": True} for need in needs
    ]
    return json.dumps(goals, ensure_ascii=False)


def _evaluations(task: str, needs: Sequence[str]) -> str:
    return json.dumps(
        [{"need": need, "outcome": "partly_reached", "evaluated_on": "@day", "note": f"{task}"} for need in needs]
    )
