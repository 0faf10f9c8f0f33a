"""Scores by edition, and past days scored anew by new rules."""

from dataclasses import replace
from datetime import date, timedelta

import polars as pl
from quality_documents import AREAS, AS_OF, START, document, frame, spoilt

from quality_checks.checking import check
from quality_checks.documents_check import check_documents
from quality_checks.language.binding import DatedCode
from quality_checks.registers import Registers, load_registers
from quality_checks.rules import Catalogue, load_catalogue
from quality_checks.score_history import catalogue_version, known_on, read_history, rescored, with_edition
from quality_checks.settings import Settings

DAYS = (date(2026, 4, 1), AS_OF)


def version(rules: Catalogue) -> str:
    return catalogue_version(rules, load_registers(), Settings())


def county(history: pl.DataFrame, day: date) -> dict:
    rows = history.filter((pl.col("level") == "county") & (pl.col("as_of") == day))
    return {row["dimension"]: row for row in rows.iter_rows(named=True)}


def test_a_day_scored_twice_by_the_same_rules_stands_once():
    own, other = "rules", "other rules"
    scores = pl.DataFrame({"level": ["county"], "index": [0.9]})
    history = with_edition(with_edition(pl.DataFrame(), scores, AS_OF, own), scores, AS_OF, own)
    assert history.rows() == [(AS_OF, own, AS_OF, "county", 0.9)]
    assert with_edition(history, scores, AS_OF, other).height == 2


def changed_sets(**sets: tuple[DatedCode, ...]) -> Registers:
    shipped = load_registers()
    return replace(shipped, code_sets={**shipped.code_sets, **sets})


def test_what_scores_rest_on_is_told_by_the_version():
    catalogue, shipped = load_catalogue(), load_registers()
    own = version(catalogue)
    roles = shipped.code_sets["author_roles"]
    ended = (replace(roles[0], valid_to=date(2026, 1, 1)), *roles[1:])
    first, *others = shipped.phase_ranks
    others_first = {first: 9, **{phase: shipped.phase_ranks[phase] for phase in others}}
    versions = {
        own,
        version(Catalogue(catalogue.rules[:9])),
        catalogue_version(catalogue, changed_sets(author_roles=roles[1:]), Settings()),
        catalogue_version(catalogue, changed_sets(author_roles=ended), Settings()),
        catalogue_version(catalogue, changed_sets(support_needs=()), Settings()),
        catalogue_version(catalogue, replace(shipped, phase_ranks=others_first), Settings()),
        catalogue_version(catalogue, shipped, Settings(draft_days=15)),
    }
    assert len(versions) == 7


def test_the_version_does_not_change_with_what_no_score_rests_on():
    catalogue, shipped = load_catalogue(), load_registers()
    alike = (
        changed_sets(author_roles=shipped.code_sets["author_roles"][::-1]),
        changed_sets(own_set_of_no_rule=(DatedCode("x", None, None),)),
    )
    for registers in alike:
        assert catalogue_version(catalogue, registers, Settings()) == version(catalogue)
    assert catalogue_version(catalogue, shipped, Settings(minimum_rules=9)) == version(catalogue)


def test_days_checked_with_other_codes_stand_apart(tmp_path):
    documents, terms = frame(*spoilt(3)), {"area_of_municipality": AREAS, "county": "09"}
    roles = load_registers().code_sets["author_roles"]
    fewer = changed_sets(author_roles=tuple(code for code in roles if code.code != "social_worker"))
    check_documents(documents, tmp_path, as_of=AS_OF, **terms)
    check_documents(documents, tmp_path, as_of=AS_OF, registers=fewer, **terms)
    overall = read_history(tmp_path).filter(level="county", dimension="overall")
    assert overall["catalogue"].n_unique() == overall["index"].n_unique() == 2


def test_past_days_are_scored_by_the_new_rules_on_what_was_known_then():
    documents = frame(*spoilt(3))
    catalogue = load_catalogue()
    fewer = Catalogue(tuple(rule for rule in catalogue.rules if rule.id != "service_task_present"))
    before, after = (
        rescored(documents, rules, DAYS, as_of=AS_OF, area_of_municipality=AREAS, county="09")
        for rules in (catalogue, fewer)
    )
    for day in DAYS:
        assert county(after, day)["overall"]["index"] > county(before, day)["overall"]["index"]
    assert county(before, DAYS[0])["overall"]["documents"] < county(before, AS_OF)["overall"]["documents"]
    assert before["catalogue"].n_unique() == 1


def test_a_day_knows_nothing_made_or_signed_later():
    late = {"created_at": START + timedelta(days=50), "signed_at": START + timedelta(days=51)}
    old = document("client_plan", status="replaced")
    new = document("client_plan", number=2, replaces=old["document_id"], **late)
    now = frame(old, new)
    then = known_on(now, (START + timedelta(days=20)).date())
    assert then.select("document_id", "status").rows() == [(old["document_id"], "final")]
    # Made and not signed: a draft, which replaces nothing yet and lacks no signature.
    between = known_on(now, (START + timedelta(days=50)).date())
    assert between["status"].to_list() == ["final", "draft"]
    assert between["signed_at"].is_null().to_list() == [False, True]
    after = known_on(now, (START + timedelta(days=51)).date())
    assert after["status"].to_list() == ["replaced", "final"]


def test_what_nothing_replaces_stays_a_defect_on_earlier_days():
    row = document("client_plan", status="replaced")
    day = (START + timedelta(days=20)).date()
    assert known_on(frame(row), day)["status"].to_list() == ["replaced"]
    found = check(known_on(frame(row), day), load_catalogue(), as_of=day, area_of_municipality=AREAS)
    assert "replaced_has_successor" in found.violations["rule_id"].to_list()


def test_a_day_between_making_and_signing_finds_no_missing_signature():
    rows = [document("case_note", number=n, signed_at=START + timedelta(days=9)) for n in range(1, 4)]
    found = check(
        known_on(frame(*rows), (START + timedelta(days=5)).date()), load_catalogue(),
        as_of=(START + timedelta(days=5)).date(), area_of_municipality=AREAS,
    )  # fmt: skip
    assert "final_is_signed" not in found.violations["rule_id"].to_list()


def test_a_day_knows_what_it_can_of_an_extract_without_status_and_signatures():
    bare = frame(*spoilt(1)).drop("status", "signed_at", "replaces")
    assert 0 < known_on(bare, DAYS[0]).height <= bare.height


def test_earlier_days_are_scored_anew_on_request_and_keep_what_they_were_scored_at_their_time(tmp_path):
    documents = frame(*spoilt(3))
    catalogue = load_catalogue()
    fewer = Catalogue(tuple(rule for rule in catalogue.rules if rule.id != "service_task_present"))
    terms = {"area_of_municipality": AREAS, "county": "09"}
    check_documents(known_on(documents, DAYS[0]), tmp_path, as_of=DAYS[0], catalogue=catalogue, **terms)
    check_documents(documents, tmp_path, as_of=AS_OF, catalogue=fewer, **terms)
    assert read_history(tmp_path).filter(pl.col("scored_on") != pl.col("as_of")).is_empty()
    summary = check_documents(documents, tmp_path, as_of=AS_OF, catalogue=fewer, rescore=True, **terms)
    assert summary["rescored"] == [DAYS[0].isoformat()]
    history = read_history(tmp_path).filter(level="county", dimension="overall")
    alike = history.filter(catalogue=version(fewer), scored_on=AS_OF)
    assert alike["as_of"].to_list() == list(DAYS)
    at_its_time = history.filter(as_of=DAYS[0], scored_on=DAYS[0])
    assert at_its_time["catalogue"].to_list() == [version(catalogue)]
    again = check_documents(documents, tmp_path, as_of=AS_OF, catalogue=fewer, rescore=True, **terms)
    assert again == summary
    assert read_history(tmp_path).filter(level="county", dimension="overall").equals(history)
