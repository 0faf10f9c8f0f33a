"""Delivery: each recipient gets what they may see, once; refusals, stalls and drops are tried again and told."""

from __future__ import annotations

import io
import json
import smtplib
import zipfile
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import polars as pl
import pyarrow.parquet as pq
import pytest
from pydantic import ValidationError

from counties import County, Recipient, load_county
from lake.settings import Smtp
from reporting.delivery.channels import DeliveryError, send
from reporting.delivery.deliver import Post, deliver
from reporting.delivery.grants import granted
from reporting.delivery.message import archive, mails, reference
from reporting.delivery.receipts import read_receipts
from reporting.disclosure import protect_inputs
from reporting.tables import write_tables
from tests.replay.mail import Behaviour, certificate, mail_server
from tests.reporting.sample_inputs import sample_inputs

NORTH, EAST = "21-pohjoinen", "21-itainen"
LEAD = Recipient(role="lead", areas=(NORTH,), units=("u1",), language="fi", address="lead@example.invalid")
PLANNER = Recipient(role="planner", areas=("21",), language="sv", address="planner@example.invalid")
ENGINEER = Recipient(role="engineer", areas=("21",), language="en", address="boxes/engineer")


def county(*recipients: Recipient) -> County:
    return load_county("lappi").model_copy(update={"recipients": recipients})


@pytest.fixture
def house(tmp_path) -> Path:
    """An edition and two units' work lists, with files of every kind."""
    release = tmp_path / "release"
    for name in (
        *("situation/index.html", "situation/data.js", "edition.json"),
        *(f"workbook/lappi-2026-11-{language}.xlsx" for language in ("fi", "sv", "en")),
        *(
            f"{kind}/{kind}_{area}_{language}.pdf"
            for kind in ("structural", "quality")
            for area in (NORTH, EAST, "21")
            for language in ("fi", "sv", "en")
        ),
    ):
        path = release / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(name, encoding="utf-8")
    (release / "tables").mkdir()
    pl.DataFrame({"area": [NORTH, EAST, "21"], "mean": [1.0, 2.0, 3.0]}).write_parquet(
        release / "tables/need.parquet"
    )
    pl.DataFrame({"service": ["x"], "crps": [1.0]}).write_parquet(release / "tables/scorecard.parquet")
    for unit in ("u1", "u2"):
        for language in ("fi", "sv"):
            path = tmp_path / "restricted" / unit / f"work_list_{language}.csv"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(unit, encoding="utf-8")
    return tmp_path


def post(house: Path, *recipients: Recipient, smtp: Smtp | None = None, password: str | None = None) -> Post:
    return Post(
        county=county(*recipients),
        edition="2026-11",
        release=house / "release",
        restricted=house / "restricted",
        folders=house / "delivered",
        receipts=house / "receipts.parquet",
        smtp=smtp,
        password=password,
        synthetic=True,
        now=lambda: datetime(2026, 11, 3, tzinfo=UTC),
        wait=lambda seconds: None,
    )


def server(house: Path, port: int, **changes) -> Smtp:
    values = {
        "host": "127.0.0.1", "port": port, "sender": "palvelutarve@example.invalid", "username": "palvelutarve",
        "certificates": house / "server.pem", "timeout": 5.0, "attempts": 3, "pause": 0.0,
    }  # fmt: skip
    return Smtp(**(values | changes))


def names(recipient: Recipient, house: Path) -> set[str]:
    return set(granted(recipient, county(recipient), house / "release", house / "restricted").files)


@pytest.mark.parametrize("changes", [{"units": ("u1", "no-such-unit")}, {"language": "en"}])
def test_a_lead_whose_unit_has_no_report_is_told_so_and_gets_nothing_meanwhile(house, changes):
    lead = LEAD.model_copy(update={"address": "lead", **changes})
    for _ in range(2):
        [receipt] = deliver(post(house, lead))
        assert receipt.status == "failed"
        assert changes.get("units", LEAD.units)[-1] in receipt.reason
    assert not (house / "delivered/lead").exists()
    assert [r.status for r in deliver(post(house, LEAD.model_copy(update={"address": "lead"})))] == ["delivered"]


def test_tables_of_some_areas_keep_their_meanings_and_open_in_a_spreadsheet(tmp_path):
    inputs = sample_inputs()
    write_tables(protect_inputs(inputs), tmp_path / "release/tables")
    area = inputs.county.service_areas[0].code
    planner = Recipient(role="planner", areas=(area,), language="fi", address="planner")
    files = granted(planner, inputs.county, tmp_path / "release", tmp_path / "restricted").files
    about = json.loads(files["tables/metadata.json"])
    assert {t["url"] for t in about["tables"]} == {n.split("/")[1] for n in files if n.endswith(".csv")}
    for described in about["tables"]:
        name = f"tables/{described['url']}"
        rows = pl.read_csv(files[name], infer_schema=False)
        assert rows.columns == [c["titles"] for c in described["tableSchema"]["columns"]]
        assert set(rows["area"]) <= {area}
        whole = pq.read_schema(tmp_path / "release" / name.replace(".csv", ".parquet"))
        assert pq.read_schema(io.BytesIO(files[name.replace(".csv", ".parquet")])).equals(
            whole, check_metadata=True
        )
    assert pl.read_parquet(files["tables/need_forecast.parquet"]).height


def test_a_lead_gets_the_own_areas_report_and_the_own_units_list_alone(house):
    assert names(LEAD, house) == {
        f"structural/structural_{NORTH}_fi.pdf",
        f"quality/quality_{NORTH}_fi.pdf",
        "work_lists/u1/work_list_fi.csv",
    }


def test_a_planner_of_the_county_gets_the_countys_products_in_the_own_language_and_no_list(house):
    assert names(PLANNER, house) == {
        *("situation/index.html", "situation/data.js", "workbook/lappi-2026-11-sv.xlsx"),
        *(f"structural/structural_{area}_sv.pdf" for area in (NORTH, EAST, "21")),
        *("tables/need.parquet", "tables/scorecard.parquet"),
    }


def test_a_planner_of_one_area_gets_no_row_of_another(house):
    one = PLANNER.model_copy(update={"areas": (EAST,)})
    bundle = granted(one, county(one), house / "release", house / "restricted")
    assert set(bundle.files) == {f"structural/structural_{EAST}_sv.pdf", "tables/need.parquet", "tables/need.csv"}
    assert pl.read_parquet(io.BytesIO(bundle.files["tables/need.parquet"]))["area"].to_list() == [EAST]


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"recipients": [{**PLANNER.model_dump(), "units": ["u1"]}]}, "own lead alone"),
        ({"recipients": [{**PLANNER.model_dump(), "areas": ["nowhere"]}]}, "no area nowhere"),
        ({"recipients": [{**PLANNER.model_dump(), "address": "a@b.invalid\nBcc: c@d.invalid"}]}, "address"),
        ({"recipients": [{**ENGINEER.model_dump(), "address": "../elsewhere"}]}, "upwards"),
        ({"recipients": [PLANNER.model_dump(), PLANNER.model_dump()]}, "stand twice"),
        ({"recipients": [LEAD.model_dump(), {**LEAD.model_dump(), "address": "x@y.invalid"}]}, "two leads"),
        ({"recipients": [{**LEAD.model_dump(), "language": "en"}]}, "in fi and sv, not in en"),
    ],
)
def test_a_recipient_that_cannot_be_is_refused(change, told):
    with pytest.raises(ValidationError, match=told):
        County.model_validate(load_county("lappi").model_dump() | change)


def test_everyone_gets_the_edition_once_with_a_receipt(house):
    behaviour = Behaviour()
    with mail_server(behaviour, house) as port:
        ready = post(house, LEAD, PLANNER, ENGINEER, smtp=server(house, port), password=behaviour.password)
        assert [r.status for r in deliver(ready)] == ["delivered"] * 3
        assert deliver(ready) == []  # once
    assert behaviour.in_clear == 0
    first, second = behaviour.taken
    assert (first["To"], second["To"]) == (LEAD.address, PLANNER.address)
    with zipfile.ZipFile(io.BytesIO(next(first.iter_attachments()).get_content())) as packed:
        assert set(packed.namelist()) == names(LEAD, house)
    box = house / "delivered" / "boxes" / "engineer" / "2026-11"
    assert {str(p.relative_to(box)) for p in box.rglob("*") if p.is_file()} == names(ENGINEER, house)
    receipts = read_receipts(ready.receipts)
    assert receipts.height == 3
    assert receipts["personal"].sum() == 1
    assert not any("example" in value for value in receipts["recipient"])


def give_up_on_a_stalled_server(behaviour: Behaviour, monkeypatch) -> None:
    """Let the wait for an answer run out once the server stalls, and only then: a slow machine is no stall."""
    send_whole = smtplib.SMTP.send

    def hasty(link: smtplib.SMTP, data) -> None:
        stalls = behaviour.plan[:1] == ["stall"] and isinstance(data, bytes) and data.endswith(b"\r\n.\r\n")
        send_whole(link, data)
        if stalls:
            assert behaviour.stalls.wait(60)
            link.sock.settimeout(0.01)

    monkeypatch.setattr(smtplib.SMTP, "send", hasty)


@pytest.mark.parametrize(
    ("plan", "tries", "status"),
    [
        (["later"], 2, "delivered"),
        (["drop"], 2, "delivered"),
        (["stall"], 2, "delivered"),
        (["later", "drop"], 3, "delivered"),
        (["later", "later", "later"], 3, "failed"),
        (["never"], 1, "failed"),
        (["unknown"], 1, "failed"),
    ],
)
def test_what_may_pass_is_tried_again_and_what_is_final_is_not(house, plan, tries, status, monkeypatch):
    behaviour = Behaviour(list(plan))
    give_up_on_a_stalled_server(behaviour, monkeypatch)
    with mail_server(behaviour, house) as port:
        ready = post(house, PLANNER, smtp=server(house, port, timeout=60.0), password=behaviour.password)
        (receipt,) = deliver(ready)
        assert (receipt.attempts, receipt.status) == (tries, status)
        if status == "failed":
            assert PLANNER.address not in receipt.reason
            assert receipt.reason
            (again,) = deliver(ready)  # the next run tries again
            assert again.status == "delivered"
    assert len(behaviour.taken) == 1
    assert read_receipts(ready.receipts)["status"].to_list() == ["delivered"]


def test_a_message_taken_before_the_connection_drops_comes_again_under_the_same_id(house):
    behaviour = Behaviour(["drop_after"])
    with mail_server(behaviour, house) as port:
        deliver(post(house, PLANNER, smtp=server(house, port), password=behaviour.password))
    assert len({message["Message-ID"] for message in behaviour.taken}) == 1


def test_a_wrong_password_and_an_unknown_certificate_are_told_and_not_tried_again(house):
    behaviour = Behaviour()
    with mail_server(behaviour, house) as port:
        (receipt,) = deliver(post(house, PLANNER, smtp=server(house, port), password="wrong"))
        assert (receipt.attempts, "login" in receipt.reason) == (1, True)
        unknown = server(house, port, certificates=None)
        (receipt,) = deliver(post(house, PLANNER, smtp=unknown, password=behaviour.password))
        assert (receipt.attempts, "certificate" in receipt.reason) == (1, True)
    assert behaviour.taken == []


def test_records_of_persons_never_leave_in_clear(house):
    behaviour = Behaviour()
    with mail_server(behaviour, house, encrypted=False) as port:
        plain = server(house, port, security="none", username=None)
        (lead, planner) = deliver(post(house, LEAD, PLANNER, smtp=plain))
        assert (lead.status, planner.status) == ("failed", "delivered")
        certificate(house)
        (lead,) = deliver(post(house, LEAD, smtp=server(house, port, username=None)))
        assert "encryption" in lead.reason  # a server without STARTTLS
    assert [message["To"] for message in behaviour.taken] == [PLANNER.address]


def test_a_message_larger_than_the_server_takes_says_what_to_do(house):
    behaviour = Behaviour(plan=["large"])
    with mail_server(behaviour, house) as port:
        ready = post(house, PLANNER, smtp=server(house, port), password=behaviour.password)
        (receipt,) = deliver(ready)
    assert (receipt.status, receipt.attempts) == ("failed", 1)
    assert "MB" in receipt.reason
    assert "folder" in receipt.reason


def heavy(house: Path, files: int, size: int) -> None:
    """Tables that no archive makes smaller."""
    for number in range(files):
        content = np.random.default_rng(number).bytes(size)
        (house / "release" / "tables" / f"heavy_{number}.csv").write_bytes(content)


def archives(messages) -> list[dict[str, bytes]]:
    found = []
    for message in messages:
        with zipfile.ZipFile(io.BytesIO(next(message.iter_attachments()).get_content())) as packed:
            found.append({name: packed.read(name) for name in packed.namelist()})
    return found


def test_what_is_too_large_for_one_message_goes_in_several_that_together_hold_it_all(house):
    heavy(house, files=7, size=200_000)
    behaviour = Behaviour()
    with mail_server(behaviour, house) as port:
        smtp = server(house, port, megabytes=0.7)
        ready = post(house, PLANNER, smtp=smtp, password=behaviour.password)
        (receipt,) = deliver(ready)
        assert deliver(ready) == []
    taken = behaviour.taken
    assert len(taken) > 2
    assert all(len(message.as_bytes()) <= 700_000 for message in taken)
    held = archives(taken)
    assert sum(map(len, held)) == len(set().union(*held)) == receipt.files
    assert set().union(*held) == names(PLANNER, house)
    assert all(f"({n}/{len(taken)})" in message["Subject"] for n, message in enumerate(taken, start=1))
    assert len({message["Message-ID"] for message in taken}) == len(taken)


def test_a_message_that_has_gone_is_not_sent_again_for_a_later_ones_sake(house):
    heavy(house, files=4, size=200_000)
    behaviour = Behaviour(plan=["accept", "later"])
    with mail_server(behaviour, house) as port:
        smtp = server(house, port, megabytes=0.7)
        (receipt,) = deliver(post(house, PLANNER, smtp=smtp, password=behaviour.password))
    assert (receipt.status, receipt.attempts) == ("delivered", 2)
    assert len({message["Message-ID"] for message in behaviour.taken}) == len(behaviour.taken) > 1


def test_a_file_larger_than_a_message_may_be_has_one_to_itself(house):
    heavy(house, files=2, size=300_000)
    bundle = granted(PLANNER, county(PLANNER), house / "release", house / "restricted")
    made = mails(bundle, PLANNER, county(PLANNER), "2026-11", sender="a@b.invalid", synthetic=False, most=200_000)
    alone = [files for files in archives(made) if any("heavy" in name for name in files)]
    assert [len(files) for files in alone] == [1, 1]


def test_a_server_that_is_not_there_and_none_at_all_are_told(house):
    (receipt,) = deliver(post(house, PLANNER, smtp=server(house, 9, timeout=1.0, certificates=None)))
    assert (receipt.attempts, receipt.status) == (3, "failed")
    (receipt,) = deliver(post(house, PLANNER))
    assert "smtp" in receipt.reason


def test_no_recipients_no_delivery(house):
    assert deliver(post(house)) == []
    assert not (house / "receipts.parquet").exists()


@pytest.mark.parametrize(
    "name", ["<script>x()</script>", "=cmd()|' /C calc'!A0", "two\nBcc: thief@example.invalid\r\n\r\nlines"]
)
def test_names_are_never_headers_or_markup_in_a_message(house, name):
    named = county(PLANNER)
    named = named.model_copy(update={"names": named.names.model_copy(update={"sv": name})})
    bundle = granted(PLANNER, named, house / "release", house / "restricted")
    (message,) = mails(bundle, PLANNER, named, "2026-11", sender="a@example.invalid", synthetic=False)
    assert message["Bcc"] is None
    assert "\n" not in message["Subject"]
    assert message.get_body().get_content_type() == "text/plain"
    assert " ".join(name.split()) in message["Subject"]


def test_equal_bundles_make_equal_messages(house):
    bundle = granted(PLANNER, county(PLANNER), house / "release", house / "restricted")
    made = [
        mails(bundle, PLANNER, county(PLANNER), "2026-11", sender="a@b.invalid", synthetic=True)[0]
        for _ in range(2)
    ]
    assert made[0].as_bytes() == made[1].as_bytes()
    assert archive(bundle) == archive(replace(bundle))
    assert "SYNTETISK" in made[0]["Subject"]
    assert reference(PLANNER) not in (PLANNER.address, reference(LEAD))


def test_an_error_names_no_address(house):
    with pytest.raises(DeliveryError) as refused:
        bundle = granted(PLANNER, county(PLANNER), house / "release", house / "restricted")
        (message,) = mails(bundle, PLANNER, county(PLANNER), "2026-11", sender="a@b.invalid", synthetic=True)
        send(message, server(house, 9, timeout=0.5, certificates=None), None, personal=False)
    assert PLANNER.address not in str(refused.value)
