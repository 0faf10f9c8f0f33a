"""Behind the door no identity code, birth date or free text is left."""

from __future__ import annotations

import json
import stat
import subprocess
import sys
from datetime import date
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sources.document_content import UNREADABLE, reduce_contents
from sources.door import PSEUDONYM, KeyFileError, Pseudonymiser, ages_on, pseudonymiser_for
from sources.structures import load_structures

ROOT = Path(__file__).resolve().parents[3]
HETU = "131052-308T"
KEY = b"0123456789abcdef"


def reduced(content: object, kind: str = "client_plan") -> object:
    text = content if isinstance(content, str) else json.dumps(content, ensure_ascii=False)
    out = reduce_contents(pl.Series([text]), pl.Series([kind]))[0]
    return None if out is None else json.loads(out)


class TestPseudonyms:
    def test_the_same_person_has_the_same_pseudonym_in_every_table(self):
        first, second = Pseudonymiser(KEY), Pseudonymiser(KEY)
        one = first.pseudonyms(pl.Series([HETU, "x", None, HETU.lower()]), "client").to_list()
        assert one[0] == one[3] == second.pseudonyms(pl.Series([HETU]), "client")[0]
        assert one[2] is None and one[0] != one[1]

    def test_an_identity_code_is_the_same_with_any_dash_and_spaces_around_it(self):
        ways = ["131052-308T", "131052\u2013308t", "131052\u2212308T", "131052 - 308T", " 131052 \u2010308T\u00a0"]
        others = ["131052+308T", "131052A308T", "131052308T", "130152-308T", "diary 52\u2013308", "diary 52-308"]
        given = Pseudonymiser(KEY).pseudonyms(pl.Series([*ways, *others]), "client").to_list()
        assert len(set(given[: len(ways)])) == 1
        assert len(set(given)) == 1 + len(others)

    def test_pseudonyms_look_like_pseudonyms(self):
        column = Pseudonymiser(KEY).pseudonyms(pl.Series([HETU, "", "ä"]), "client")
        assert column.str.contains(PSEUDONYM).all()

    def test_another_key_or_another_domain_gives_another_pseudonym(self):
        value = pl.Series([HETU])
        given = {
            Pseudonymiser(key).pseudonyms(value, domain)[0]
            for key in (KEY, KEY[::-1])
            for domain in ("client", "case")
        }
        assert len(given) == 4

    def test_a_known_answer(self):
        import hashlib
        import hmac

        expected = hmac.new(KEY, b"client\x00A1", hashlib.sha256).hexdigest()[:32]
        assert Pseudonymiser(KEY).pseudonyms(pl.Series(["A1"]), "client").to_list() == [expected]

    def test_the_key_is_never_shown(self):
        assert "0123" not in repr(Pseudonymiser(KEY))

    def test_a_short_key_is_refused(self):
        with pytest.raises(KeyFileError, match="8 bytes; expected at least 16"):
            Pseudonymiser(b"tooshort")


class TestKey:
    def test_without_a_key_one_is_made_for_its_owner_alone_and_kept(self, tmp_path):
        first = pseudonymiser_for(tmp_path, {})
        path = tmp_path / "secrets" / "pseudonym.key"
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        assert pseudonymiser_for(tmp_path, {}) == first
        assert pseudonymiser_for(tmp_path / "other", {}) != first
        assert [p.name for p in path.parent.iterdir()] == ["pseudonym.key"]

    def test_a_key_from_the_environment_wins(self, tmp_path):
        environment = {"PALVELUTARVE_PSEUDONYM_KEY": KEY.decode()}
        assert pseudonymiser_for(tmp_path, environment) == Pseudonymiser(KEY)
        assert not (tmp_path / "secrets").exists()

    def test_a_key_file_that_others_can_read_is_refused(self, tmp_path):
        path = tmp_path / "key"
        path.write_bytes(KEY)
        path.chmod(0o644)
        environment = {"PALVELUTARVE_PSEUDONYM_KEY_FILE": str(path)}
        with pytest.raises(KeyFileError, match="chmod 600"):
            pseudonymiser_for(tmp_path, environment)
        path.chmod(0o600)
        assert pseudonymiser_for(tmp_path, environment) == Pseudonymiser(KEY)

    def test_a_named_key_file_that_is_missing_is_not_made_up(self, tmp_path):
        with pytest.raises(KeyFileError, match="does not exist"):
            pseudonymiser_for(tmp_path, {"PALVELUTARVE_PSEUDONYM_KEY_FILE": str(tmp_path / "no")})

    def test_of_two_processes_that_make_a_key_at_once_one_key_stands(self, tmp_path):
        code = "from pathlib import Path; from sources.door import pseudonymiser_for as p; p(Path({!r}), {{}})"
        command = [sys.executable, "-c", code.format(str(tmp_path))]
        running = [subprocess.Popen(command, cwd=ROOT) for _ in range(2)]
        assert [process.wait(timeout=60) for process in running] == [0, 0]
        assert [p.name for p in (tmp_path / "secrets").iterdir()] == ["pseudonym.key"]


@settings(max_examples=100, deadline=None)
@given(born=st.dates(date(1900, 1, 1), date(2026, 1, 1)), day=st.dates(date(1900, 1, 1), date(2026, 12, 31)))
def test_ages_are_full_years(born, day):
    expected = day.year - born.year - ((day.month, day.day) < (born.month, born.day))
    assert ages_on(pl.Series([born]), pl.Series([day])).to_list() == [expected]


class TestContent:
    def test_codes_dates_and_truth_values_stay(self):
        content = {
            "needs": ["housing", "8"],
            "review_on": "2026-05-01",
            "key_worker_named": True,
            "client_absence_reason": "not_able",
            "goals": [{"need": "housing", "measurable": False}],
        }
        assert reduced(content) == content

    def test_free_text_becomes_its_length(self):
        assert reduced({"strengths": "Hyvät naapurit "}) == {"strengths": "§text:14"}

    def test_a_name_in_a_code_or_date_field_is_text(self):
        content = {"client_absence_reason": "Matti Meikäläinen", "review_on": "keväällä", "needs": ["Äidin tuki"]}
        assert reduced(content) == {
            "client_absence_reason": "§text:17",
            "review_on": "§text:8",
            "needs": ["§text:10"],
        }

    def test_a_field_that_the_structure_does_not_have_loses_its_name_and_its_text(self):
        content = {
            "lisätieto": "Matti",
            "salainen": {"nimi": "Matti"},
            "luku": 12,
            "lista": ["Matti"],
            "channel": "web",
        }
        assert reduced(content, "notification") == {
            "§field:0": "§text:5",
            "§field:1": {"§field:0": "§text:5"},
            "§field:2": "§text:2",
            "§field:3": ["§text:5"],
            "channel": "web",
        }

    def test_a_record_where_a_text_is_declared_loses_its_names_too(self):
        assert reduced({"strengths": {"Virtanen": "Matti"}}) == {"strengths": {"§field:0": "§text:5"}}
        assert reduced({"strengths": [{"Virtanen": "Matti"}]}) == {"strengths": [{"§field:0": "§text:5"}]}

    def test_an_unknown_document_type_has_text_only(self):
        assert reduced({"review_on": "2026-05-01"}, "poem") == {"review_on": "§text:10"}
        assert reduced({"lines": [{"first": "Ruusu"}]}, "poem") == {"lines": [{"first": "§text:5"}]}

    @pytest.mark.parametrize(
        ("text", "mark"),
        [
            (f"Tunnus {HETU}", "§identity-code"),
            ("soita 040 1234567", "§phone"),
            ("a.b@esimerkki.fi", "§email"),
            ("ks. yllä", "§placeholder"),
            ("-", "§placeholder"),
            ("  ", None),
            ("", None),
            (None, None),
        ],
    )
    def test_what_stands_in_a_text_is_told_by_a_marker(self, text, mark):
        assert reduced({"strengths": text}) == {"strengths": mark}

    def test_an_identity_code_in_a_code_field_or_a_field_name_does_not_pass(self):
        content = {"client_absence_reason": HETU.lower(), "needs": ["040-1234567"], HETU: "xy"}
        assert reduced(content) == {
            "client_absence_reason": "§identity-code",
            "needs": ["§phone"],
            "§field:2": "§text:2",
        }

    def test_an_escaped_identity_code_does_not_pass(self):
        escaped = "".join(f"\\u{ord(c):04x}" for c in HETU)
        assert reduced(f'{{"client_absence_reason": "{escaped}"}}') == {"client_absence_reason": "§identity-code"}

    def test_an_element_of_a_list_that_should_be_text_is_text(self):
        assert reduced({"partners": ["terveydenhuolto", "-"]}) == {"partners": ["§text:15", "§placeholder"]}

    @pytest.mark.parametrize(
        "content",
        [
            "{",
            "not json",
            "[1]",
            '"text"',
            "12",
            '{"a":' * 2_000 + "1" + "}" * 2_000,
            '{"a":' * 100_000,
            json.dumps({"a": {"b": {"c": {"d": {"e": {"f": {"g": {"h": 1}}}}}}}}),
            json.dumps({"a": "x" * 300_000}),
            json.dumps({"a": list(range(1_000))}),
            '{"a": NaN, "a": Infinity, "b": ' + "9" * 5_000 + "}",
        ],
        ids=range(11),
    )
    def test_malformed_enormous_and_deep_contents_are_marked(self, content):
        assert json.dumps(reduced(content), ensure_ascii=False) == UNREADABLE

    def test_no_content_stays_no_content(self):
        assert reduce_contents(pl.Series([None, " "], dtype=pl.String), pl.Series(["x", "x"])).to_list() == [
            None,
            None,
        ]

    @settings(max_examples=60, deadline=None)
    @given(
        st.recursive(
            st.sampled_from(["SECRET Virtanen", "040 1234567 SECRET", f"SECRET {HETU}", "a@b.fi SECRET", HETU]),
            lambda inner: (
                st.lists(inner, max_size=3)
                | st.dictionaries(
                    st.sampled_from(["needs", "goals", "goal", "review_on", "measurable", "x", "partners", HETU]),
                    inner,
                    max_size=3,
                )
            ),
            max_leaves=12,
        )
    )
    def test_no_text_passes_whatever_the_shape(self, value):
        for kind in (*load_structures().document_types, "unknown"):
            out = json.dumps(reduced({"goals": value, "note": value}, kind), ensure_ascii=False)
            assert "SECRET" not in out and HETU not in out and "1234567" not in out


DOCUMENT = {
    "document_id": "1.2.246.10.1",
    "client_id": HETU,
    "case_id": "case 1",
    "municipality": "398",
    "document_type": "case_note",
    "created_at": "2026-01-10T08:00:00",
    "author_id": "w1",
}


def documents(*texts: str | None) -> str:
    rows = [{**DOCUMENT, "document_id": f"1.2.246.10.{i}", "text": t or ""} for i, t in enumerate(texts)]
    return pl.DataFrame(rows).write_csv()


def test_the_text_of_a_document_is_reduced_to_length_and_flags(ingest):
    texts = (f"Hetu {HETU}.", "soita 040 1234567", "Sama  TEKSTI ", "sama teksti", "-", None, "a@b.fi")
    frame = ingest("documents", documents(*texts)).accepted
    assert "text" not in frame.columns
    assert frame["text_length"].to_list() == [17, 17, 12, 11, 1, None, 6]
    assert frame["text_has_identity_code"].to_list() == [True] + [False] * 6
    assert frame["text_has_phone"].to_list() == [False, True] + [False] * 5
    assert frame["text_has_email"].to_list() == [False] * 6 + [True]
    assert frame["text_is_placeholder"].to_list() == [False] * 4 + [True, False, False]
    prints = frame["text_fingerprint"].to_list()
    assert prints[2] == prints[3] and prints[5] is None and len(set(prints)) == 6


def test_a_miswritten_identity_code_of_a_client_is_told_and_stays_another_client(ingest):
    ids = (HETU, "131052-308Z", "131052-308z", "010170-123Z", "client 1")
    rows = [{**DOCUMENT, "document_id": f"1.2.246.10.{i}", "client_id": own} for i, own in enumerate(ids)]
    frame = ingest("documents", pl.DataFrame(rows).write_csv()).accepted
    assert frame["client_id_miswritten"].to_list() == [False, True, True, True, None]
    assert frame["client_id"].n_unique() == len(ids)
    assert "308" not in frame.write_csv() and "010170" not in frame.write_csv()


def test_nothing_personal_is_left_in_a_document(ingest):
    content = json.dumps({"note": f"Matti {HETU}"}).replace('"', '""')
    text = documents(f"Matti {HETU}").replace("text\n", "text,content\n").rstrip("\n") + f',"{content}"\n'
    gated = ingest("documents", text)
    assert gated.accepted["content"].to_list() == ['{"note":"§identity-code"}']
    written = gated.accepted.write_csv() + gated.quarantined.write_csv()
    assert HETU not in written and "Matti" not in written and "case 1" not in written and ",w1," not in written


def test_client_and_author_of_other_tables_can_be_joined(ingest, events):
    event = ingest("service_events", events().replace(",c1,", f",{HETU},")).accepted
    document = ingest("documents", documents("x")).accepted
    assert event["client_id"][0] == document["client_id"][0]
