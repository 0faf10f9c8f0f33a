"""The check as a whole: every document counted once, no value shown, bad input has a verdict."""

import base64
import json
from dataclasses import replace
from datetime import date, datetime, timedelta

import polars as pl
import pytest
from quality_documents import AREAS, AS_OF, START, document, frame, sound_case, spoilt

from quality_checks.checking import Check, check
from quality_checks.contributions import mend_first, rule_contributions
from quality_checks.document_columns import DocumentsError
from quality_checks.documents_check import check_documents
from quality_checks.extracts import extract_of
from quality_checks.needed import Needed
from quality_checks.registers import load_registers
from quality_checks.rules import Catalogue, CatalogueError, load_catalogue
from quality_checks.scores import quality_scores
from quality_checks.settings import Settings
from quality_checks.tables import RECORDS_BEGAN


def test_counts_add_up_and_cells_agree_with_the_verdicts(judged, catalogue):
    rows = [*spoilt(9), {**document("case_note"), "document_id": None}]
    result = judged(rows)
    counts = result.counts
    assert counts["documents"] == len(rows) == counts["checked"] + counts["no_document_id"]
    assert result.doc_checks.height == counts["checked"]
    sums = result.cells.group_by("rule_id").agg(pl.col("eligible", "failed").sum())
    for rule, eligible, failed in sums.iter_rows():
        assert result.doc_checks[rule].count() == eligible
        assert result.violations.filter(pl.col("rule_id") == rule).height == failed
    everything = pl.col("eligible") + pl.col("not_applicable") + pl.col("not_evaluable")
    documents = result.cells.filter(pl.col("rule_id") == "status_known").select(everything).sum().item()
    assert documents == counts["checked"]


def test_the_order_of_rows_does_not_matter(judged):
    rows = spoilt(8)
    first, second = judged(rows), judged(rows[::-1])
    for table in ("doc_checks", "cells", "violations", "deviations"):
        assert getattr(first, table).equals(getattr(second, table)), table


def test_violations_tell_since_when_and_for_how_long(judged):
    rows = judged([document("case_note", status="draft", signed_at=None)]).violations
    late = rows.filter(pl.col("rule_id") == "draft_not_old").row(0, named=True)
    assert (late["since"], late["age_days"]) == (date(2026, 3, 23), (AS_OF - date(2026, 3, 23)).days)


LONG_AGO, FAR = START.replace(year=1950), START.replace(year=2062)


@pytest.mark.parametrize(
    ("times", "content", "rule", "since"),
    [
        # No defect is older than its document, whatever day it is about.
        ({"event_at": LONG_AGO}, {}, "language_present", START.date()),
        ({"event_at": START - timedelta(days=40)}, {}, "language_present", START.date()),
        ({"event_at": FAR}, {}, "language_present", START.date()),
        ({}, {"received_on": "1950-03-03"}, "assessment_start_recorded", START.date()),
        # A rule's own day counts from then on.
        ({"created_at": START - timedelta(days=40)}, {}, "assessment_start_recorded", START.date()),
        ({"created_at": LONG_AGO}, {}, "assessment_start_recorded", START.date()),
        # Of a document made before records were kept so, or yet to be made, no age is known.
        ({"created_at": LONG_AGO, "event_at": LONG_AGO}, {}, "language_present", None),
        ({"created_at": datetime(1979, 12, 31)}, {}, "language_present", None),
        ({"created_at": datetime(1980, 1, 1)}, {}, "language_present", date(1980, 1, 1)),
        ({"created_at": FAR}, {}, "language_present", FAR.date()),
    ],
)
def test_a_defect_is_no_older_than_its_document_and_has_no_age_of_a_wrong_year(
    judged, times, content, rule, since
):
    row = document("notification", language=None, content=content, **{"created_at": START, **times})
    found = judged([row]).violations.filter(pl.col("rule_id") == rule).row(0, named=True)
    known = since is not None and since <= AS_OF
    assert found["since"] == since
    assert found["age_days"] == ((AS_OF - since).days if known else None)


def test_no_age_is_told_of_just_the_days_that_a_rule_finds_too_early(judged):
    rows = [document("case_note", number=n, created_at=datetime(1979, 12, 31) + timedelta(days=n)) for n in (0, 1)]
    checks = judged(rows).doc_checks.sort("document_id")
    assert checks["no_times_before_records"].to_list() == [False, True]
    assert datetime(1980, 1, 1).date() == RECORDS_BEGAN


def test_the_oldest_of_what_to_mend_first_is_none_where_no_age_is_known(judged, catalogue):
    old = {"created_at": LONG_AGO, "event_at": LONG_AGO}
    rows = [document("case_note", number=n, language=None, **old) for n in range(2)]
    only = mend_first(judged(rows).violations, catalogue).filter(pl.col("rule_id") == "language_present")
    assert only["oldest_days"].to_list() == [None]
    both = mend_first(judged([*rows, document("case_note", number=9, language=None)]).violations, catalogue)
    made = (START + timedelta(days=20)).date()
    own = both.filter(pl.col("rule_id") == "language_present")
    assert own.select("defects", "oldest_days").rows() == [(3, (AS_OF - made).days)]


@pytest.mark.parametrize(
    ("broken", "rule"),
    [
        ({"document_type": "unheard_of"}, "document_type_known"),
        ({"service_task": "?"}, "service_task_valid"),
        ({"content": "{broken"}, "content_readable"),
        ({"content": "[1, 2]"}, "content_readable"),
        ({"content": '"§unreadable"'}, "content_readable"),
        ({"author_role": None}, "author_role_present"),
        ({"event_at": datetime(2031, 1, 1), "created_at": datetime(2031, 1, 1)}, "no_future_times"),
        ({"event_at": datetime(1871, 1, 1)}, "no_times_before_records"),
    ],
)
def test_bad_input_has_a_verdict(broken, rule, judged):
    row = document("case_note")
    row.update(broken)
    assert judged([row]).doc_checks[rule].to_list() == [False]


def test_content_that_cannot_be_read_leaves_its_rules_not_evaluable(judged):
    row = document("case_note")
    row["content"] = "{broken"
    result = judged([row])
    assert result.doc_checks["note_text"].to_list() == [None]
    cell = result.cells.filter(pl.col("rule_id") == "note_text").row(0, named=True)
    assert (cell["eligible"], cell["not_applicable"], cell["not_evaluable"]) == (0, 0, 1)


def test_deeply_nested_and_enormous_content_does_not_stop_the_check(judged):
    deep = '{"note":' + "[" * 5000 + "]" * 5000 + "}"
    huge = json.dumps({"note": "x" * 2_000_000})
    rows = [document("case_note", number=n) for n in (1, 2)]
    rows[0]["content"], rows[1]["content"] = deep, huge
    assert judged(rows).counts["checked"] == 2


def test_two_documents_with_one_id_are_counted_once_each(judged):
    rows = [document("case_note"), document("case_note"), document("case_note", unit="other")]
    counts = judged(rows).counts
    assert counts["checked"] == 1
    assert counts["same_id_same_content"] + counts["same_id_other_content"] == 2


def test_a_reopened_case_may_return_to_its_first_phase(judged):
    later = {"event_at": START + timedelta(days=85), "created_at": START + timedelta(days=85, minutes=5)}
    again = document("notification", number=2, content={"received_on": "2026-05-27"}, signed_at=None, **later)
    checks = judged([*sound_case(), again]).doc_checks
    assert False not in checks["phase_order"].to_list()


def test_notes_of_a_case_opened_again_are_not_after_its_end(judged):
    later = START + timedelta(days=120)
    times = {"event_at": later, "created_at": later + timedelta(hours=1), "signed_at": later + timedelta(hours=2)}
    note = document("case_note", number=2, **times)
    again = document("notification", number=2, content={"received_on": later.date().isoformat()}, **times)
    closed = judged([*sound_case(), note]).violations
    assert "no_notes_after_closing" in closed["rule_id"].to_list()
    opened = judged([*sound_case(), again, note]).violations
    assert "no_notes_after_closing" not in opened["rule_id"].to_list()


def test_the_first_deviating_pair_of_phases_is_told_with_its_cost(judged):
    late = {"event_at": START + timedelta(days=30), "created_at": START + timedelta(days=30, hours=1)}
    changed = [d if d["document_type"] != "assessment" else {**d, **late} for d in sound_case()]
    pair = judged(changed).deviations.row(0, named=True)
    assert (pair["from_phase"], pair["to_phase"], pair["cases"], pair["median_days"]) == (5, 2, 1, 10.0)


def test_a_missing_column_makes_its_rules_not_evaluable_never_passed(catalogue):
    documents = frame(*sound_case()).drop("signed_at", "language")
    result = check(documents, catalogue, as_of=AS_OF, area_of_municipality=AREAS)
    assert "language" in result.not_evaluable["language_present"]
    assert result.doc_checks["language_present"].null_count() == result.doc_checks.height
    cells = result.cells.filter(pl.col("rule_id") == "final_is_signed")
    assert cells["eligible"].sum() == 0
    assert cells["not_evaluable"].sum() == 6


def test_without_statuses_the_rules_about_some_are_not_asked(catalogue):
    rows = frame(document("case_note", author_role=None)).drop("status")
    result = check(rows, catalogue, as_of=AS_OF, area_of_municipality=AREAS)
    some = {rule.id for rule in catalogue.rules if rule.statuses}
    assert len(some) > 100
    assert set(result.not_evaluable) == some | {"status_known"}
    assert "column status is missing" in result.not_evaluable["author_role_present"]


def test_a_missing_column_is_named_as_it_would_be_delivered(catalogue):
    rows = frame(document("case_note")).drop("case_id", "replaces")
    told = check(rows, catalogue, as_of=AS_OF, area_of_municipality=AREAS).not_evaluable
    assert told["case_has_plan"] == "column case_id is missing"
    assert told["replaced_document_exists"] == "column replaces is missing"


def test_of_a_lake_made_before_client_ids_were_told_of_all_other_rules_are_asked(tmp_path, catalogue):
    rule = "client_id_check_character"
    rows = [document("case_note", number=n, client_id_miswritten=n == 1) for n in range(3)]
    rows.append(document("case_note", number=3, client_id_miswritten=None))
    table = frame(*rows)
    told = check(table, catalogue, as_of=AS_OF, area_of_municipality=AREAS)
    assert told.doc_checks.sort("document_id")[rule].to_list() == [True, False, True, None]
    table.drop("client_id_miswritten").write_parquet(tmp_path / "before.parquet")
    before = check(tmp_path / "before.parquet", catalogue, as_of=AS_OF, area_of_municipality=AREAS)
    assert before.not_evaluable == {rule: "column client_id_miswritten is missing"}
    others = [name for name in told.doc_checks.columns if name != rule]
    assert before.doc_checks.select(others).equals(told.doc_checks.select(others))


@pytest.mark.parametrize("column", ["content", "document_type"])
def test_of_documents_without_contents_or_types_only_what_rests_on_neither_is_asked(catalogue, column):
    rows = frame(*sound_case()).drop(column).with_columns(language=pl.lit("xx"))
    result = check(rows, catalogue, as_of=AS_OF, area_of_municipality=AREAS)
    assert set(result.violations["rule_id"]) == {"language_valid"}  # nothing is found of what was not delivered
    named = {rule: told for rule, told in result.not_evaluable.items() if f"column {column} is missing" in told}
    assert {"note_text", "content_readable", "fields_not_placeholders", "case_has_plan"} <= named.keys()
    about_types = {"document_type_known", "assessment_by_entitled_role"}
    assert (about_types <= named.keys()) == (column == "document_type")
    asked = set(result.cells.filter(pl.col("eligible") > 0)["rule_id"])
    assert {"document_id_form", "author_present", "phase_order"} <= asked
    assert not asked & named.keys()


def test_columns_that_were_not_delivered_are_as_long_as_the_documents_are_many(tmp_path):
    documents = frame(*sound_case(), *sound_case()).drop("unit", "language")
    documents.write_parquet(tmp_path / "documents.parquet", row_group_size=3)
    for extract in (extract_of(documents), extract_of(tmp_path / "documents.parquet")):
        found = extract.read(("unit", "language"), 1, 4)
        assert (found.height, found.null_count().row(0)) == (4, (4, 4))


def test_a_column_without_which_nothing_can_be_judged_is_an_error_that_says_how_to_mend(catalogue):
    with pytest.raises(DocumentsError, match=r"created_at is missing.*add it to the extract"):
        check(frame(*sound_case()).drop("created_at"), catalogue, as_of=AS_OF, area_of_municipality=AREAS)


def test_no_documents_is_no_score(judged, catalogue):
    result = judged([])
    assert result.counts["documents"] == 0
    assert quality_scores(result.cells, result.clusters, catalogue).is_empty()


MARKER = "KUKKAMAARIA"


def test_no_value_of_a_document_reaches_a_file(tmp_path, catalogue):
    rows = spoilt(6)
    for n, row in enumerate(rows):
        row["content"] = json.dumps(
            {**json.loads(row["content"]), "note": MARKER, "contact": MARKER, "needs": [MARKER]}
        )
        name = ("text_fingerprint", "client_id", "author_id", "case_id", "language", "service_task")[n % 6]
        row[name] = f"{MARKER}{n}"
        row[("document_type", "author_role", "unit")[n % 3]] = f"{MARKER} 010190-123A" if n % 4 == 0 else "x"
    check_documents(frame(*rows), tmp_path, as_of=AS_OF, area_of_municipality=AREAS, catalogue=catalogue)
    forms = [MARKER.encode(), base64.b64encode(MARKER.encode())[:-4], b"010190-123A"]
    for path in (p for p in tmp_path.rglob("*") if p.is_file()):
        assert path.stat().st_size > 0
        raw = path.read_bytes()
        if path.suffix == ".parquet":
            raw += pl.read_parquet(path).write_csv().encode()
        assert not [form for form in forms if form in raw], path.name


def test_the_summary_tells_documents_rules_and_indices(tmp_path):
    summary = check_documents(frame(*spoilt(10)), tmp_path, as_of=AS_OF, area_of_municipality=AREAS, county="09")
    assert summary == json.loads((tmp_path / "summary.json").read_text(encoding="utf-8"))
    assert summary["documents"] == summary["checked"] == 60
    assert summary["rules"]["service_task_present"]["failed"] == 12
    assert 0.9 < summary["indices"]["overall"]["index"] < 1
    assert set(pl.read_parquet(tmp_path / "scores.parquet")["level"]) == {"unit", "area", "county"}
    assert set(pl.read_parquet(tmp_path / "profile.parquet")["split"]) == {
        "service_task",
        "document_type",
        "month",
    }
    violations = pl.read_parquet(tmp_path / "violations.parquet")
    assert pl.read_parquet(tmp_path / "mend_first.parquet")["defects"].sum() == violations.height > 0
    lost = pl.read_parquet(tmp_path / "contributions.parquet").filter(level="county", dimension="completeness")
    assert lost["failed"].sum() > 0
    assert {"center", "signal"} < set(pl.read_parquet(tmp_path / "changes.parquet").columns)


def test_scores_weigh_findings_and_say_nothing_of_what_was_not_judged(judged, catalogue):
    result = judged(spoilt(40))
    scores = quality_scores(result.cells, result.clusters, catalogue, county="09")
    county = {row["dimension"]: row for row in scores.filter(pl.col("level") == "county").iter_rows(named=True)}
    weight = {rule.id: rule.weight for rule in catalogue.scored}
    cells = result.cells.filter(pl.col("rule_id").is_in(list(weight))).with_columns(
        w=pl.col("rule_id").replace_strict(weight, default=0)
    )
    lost, whole = cells.select(
        (pl.col("failed") * pl.col("w")).sum(), (pl.col("eligible") * pl.col("w")).sum()
    ).row(0)
    overall = county["overall"]
    assert overall["index"] == pytest.approx(1 - lost / whole)
    assert overall["low"] < overall["index"] < overall["high"]
    assert overall["weights_low"] <= overall["index"] <= overall["weights_high"]
    parts = rule_contributions(result.cells, catalogue)
    assert parts["contribution"].sum() == pytest.approx(1 - overall["index"])
    few = quality_scores(result.cells, result.clusters, catalogue, minimum_rules=10_000)
    assert few["index"].null_count() == few.height


def test_what_to_mend_first_leaves_out_what_cannot_be_mended(judged, catalogue):
    late = {"created_at": START + timedelta(days=40), "signed_at": START + timedelta(days=40, hours=1)}
    noted = [d for d in sound_case() if d["document_type"] != "case_note"]
    result = judged([*noted, document("case_note", service_task=None, **late)])
    ranked = mend_first(result.violations, catalogue)
    assert ranked["rule_id"][0] == "service_task_present"
    assert "note_recorded_without_delay" not in ranked["rule_id"].to_list()


def test_a_county_changes_adds_removes_and_shadows_rules(tmp_path):
    own = tmp_path / "own.yaml"
    own.write_text(
        "rules:\n  - {id: language_valid, mode: shadow}\n  - {id: case_in_one_task, remove: true}\n"
        "  - {id: draft_not_old, fails: 'days(created_day, @as_of) > 5'}\n",
        encoding="utf-8",
    )
    mine = load_catalogue(own)
    assert "case_in_one_task" not in mine.ids
    assert "language_valid" not in {rule.id for rule in mine.scored}
    assert mine.by_id["draft_not_old"].fails.endswith("> 5")
    own.write_text("rules:\n  - {id: language_valid, fails: 'language > 3'}\n", encoding="utf-8")
    with pytest.raises(CatalogueError, match=r"own.yaml, rule language_valid: cannot compare"):
        load_catalogue(own)


def test_a_shadow_rule_is_counted_but_not_scored(judged, catalogue):
    shadowed = Catalogue(
        tuple(r.model_copy(update={"mode": "shadow"}) if r.id == "language_valid" else r for r in catalogue.rules)
    )
    result = judged(spoilt(8), rules=shadowed)
    assert result.cells.filter(pl.col("rule_id") == "language_valid")["failed"].sum() > 0
    assert result.doc_checks["language_valid"].eq(other=False).sum() > 0
    listed = judged(spoilt(8)).violations.filter(pl.col("rule_id") != "language_valid")
    assert result.violations.equals(listed)
    assert "language_valid" not in rule_contributions(result.cells, shadowed)["rule_id"].to_list()


def test_the_countys_own_limits_count(judged):
    row = [document("case_note", created_at=START + timedelta(days=22), signed_at=None)]
    assert judged(row).doc_checks["note_recorded_without_delay"].to_list() == [True]
    strict = judged(row, settings=Settings(recording_working_days=1))
    assert strict.doc_checks["note_recorded_without_delay"].to_list() == [False]


def test_the_parts_that_documents_are_read_in_tear_nothing(tmp_path, judged, catalogue):
    rows = spoilt(6)
    whole = judged(rows)
    paths = [tmp_path / "2026-03.parquet", tmp_path / "2026-04.parquet"]
    frame(*rows[:20]).write_parquet(paths[0])
    frame(*rows[20:]).write_parquet(paths[1])
    taken: list[pl.DataFrame] = []
    bound = Check.of(paths, catalogue, as_of=AS_OF, area_of_municipality=AREAS, part=7)
    counted = bound.run(taken.append, process=True, clusters=True)
    for table in ("cells", "violations", "deviations", "cases"):
        assert getattr(counted, table).equals(getattr(whole, table)), table
    assert counted.clusters.sort(pl.all()).equals(whole.clusters.select(counted.clusters.columns).sort(pl.all()))
    checks = pl.concat(taken, how="diagonal").select(whole.doc_checks.columns).sort("document_id")
    assert checks.equals(whole.doc_checks)


def test_only_what_the_rules_read_is_read(catalogue):
    few = Catalogue(tuple(catalogue.by_id[i] for i in ("language_present", "plan_goals", "case_has_plan")))
    bound = Check.of(frame(*sound_case()), few, as_of=AS_OF, area_of_municipality=AREAS)
    needed = Needed(bound.compiled)
    assert needed.content("decision") == frozenset()
    assert needed.content("client_plan") == {"goals", "content_readable"}
    assert "text_fingerprint" not in needed.header(needed.compiled) | needed.for_facts
    assert set(needed.facts) == {"first_of_case", "case_planned", "case_served"}


def test_rules_that_say_the_same_or_nearly_are_each_judged_as_if_alone(catalogue, judged):
    has = "present(language) and present(text_length)"
    shapes = [
        (has, 'language = "1"', []),
        (has, 'language != "1"', ["closing_summary", "notification"]),
        (has, "text_length = 1", []),
        (has, "text_length in [1]", ["case_note", "decision", "assessment"]),
        (has, "text_has_phone = true", []),
        ("text_has_phone = true", "missing(language)", []),
        ("text_has_phone", "true", []),
    ]
    origin = catalogue.by_id["language_present"].model_dump(exclude_defaults=True, by_alias=True)
    own = [
        {**origin, "id": f"own_{n}", "applies": applies, "fails": fails, "document_types": kinds}
        for n, (applies, fails, kinds) in enumerate([*shapes, *shapes])
    ]
    rows = sound_case()
    for n, row in enumerate(rows):
        row.update(language=["1", None, "fi"][n % 3], text_length=n % 2, text_has_phone=n > 2)
    rules = Catalogue(()).with_overrides(own, "own.yaml").rules
    together = judged(rows, rules=Catalogue(rules)).doc_checks
    for rule in rules:
        alone = judged(rows, rules=Catalogue((rule,))).doc_checks
        assert together[rule.id].equals(alone[rule.id]), rule.id
        assert False in alone[rule.id].to_list() and None in alone[rule.id].to_list()


def test_a_voided_document_has_no_place_in_its_case(judged):
    first, *others = sound_case()
    rows = judged([{**first, "status": "voided"}, *others, *sound_case("c2", number=2)]).doc_checks
    asked = rows.filter(pl.col("case_has_notification").is_not_null())
    assert asked.select("document_type", "case_has_notification").sort("document_type").rows() == [
        ("assessment", False),
        ("notification", True),
    ]


def test_a_rule_about_a_type_that_no_code_set_knows_is_not_asked_and_loses_no_defect_silently(catalogue):
    words = dict.fromkeys(("fi", "sv", "en"), "a letter names its service task")
    own = {
        "id": "letter_has_task", "title": words, "explanation": words, "mend": words, "dimension": "completeness",
        "kahn": "completeness", "document_types": ["letter"], "fails": "missing(service_task)",
        "severity": "fatal", "source": {"kind": "local"},
    }  # fmt: skip
    letter = {**document("case_note"), "document_type": "letter", "service_task": None}
    rules = catalogue.with_overrides([own], "own.yaml")
    result = check(frame(letter), rules, as_of=AS_OF, area_of_municipality=AREAS)
    assert result.not_evaluable["letter_has_task"] == "document type letter is not in code set document_types"
    assert "letter_has_task" not in result.violations["rule_id"].to_list()


def test_a_rule_about_a_status_that_no_code_set_knows_is_not_asked(catalogue):
    rules = catalogue.with_overrides([{"id": "note_text", "statuses": ["finnal"]}], "own.yaml")
    result = check(frame(*sound_case()), rules, as_of=AS_OF, area_of_municipality=AREAS)
    assert result.not_evaluable["note_text"] == "status finnal is not in code set statuses"


def test_a_limit_of_an_unknown_name_is_an_error_and_not_left_out(catalogue):
    with pytest.raises(ValueError, match="there is no limit draft_dayz"):
        check(frame(*sound_case()), catalogue, settings={"draft_dayz": 3}, as_of=AS_OF, area_of_municipality=AREAS)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("rules: [{id: langauge_valid, remove: true}]", "langauge_valid cannot be removed: there is none"),
        ("rules: [{id: language_valid, mode: shadow}, {id: language_valid, remove: true}]", "stands twice"),
        ("rules: [language_valid]", "own.yaml: expected `key: value` pairs"),
        ("{defaults: [], rules: [{mode: shadow}]}", "a rule without an id"),
        ("rules: {}", "a list of rules"),
        ("rules: [{id: note_text, document_types: case_note}]", r"document_types: expected a list"),
        ("rules: [{id: note_text, sverity: fatal}]", "sverity: there is no such key"),
    ],
)
def test_a_mistake_in_a_countys_rule_file_is_an_error_that_names_it(tmp_path, text, told):
    own = tmp_path / "own.yaml"
    own.write_text(text, encoding="utf-8")
    with pytest.raises(CatalogueError, match=told):
        load_catalogue(own)


def test_without_a_code_set_short_codes_are_shown_and_nothing_else(catalogue):
    tasks = ("anything", "010190-123A", "a task in words")
    rows = [document("case_note", number=n, service_task=task) for n, task in enumerate(tasks)]
    registers = replace(load_registers(), code_sets={})
    result = check(frame(*rows), catalogue, as_of=AS_OF, area_of_municipality=AREAS, registers=registers)
    assert result.doc_checks["service_task"].to_list() == ["anything", "unknown", "unknown"]
