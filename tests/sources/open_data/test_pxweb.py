"""PxWeb: variables by role, both versions, portions under the cell limit, and answers asked only once."""

from __future__ import annotations

from math import prod

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sources.http_client import RefusedError
from sources.open_data import STATISTICS_FINLAND, STATISTICS_SWEDEN, OpenDataClient
from sources.pxweb import PxWebV1, PxWebV2, _portions, cells, fetch_cells
from sources.pxweb_tables import PxTable, TableShapeError, Variable
from sources.statfin import age_sex_table
from tests.replay.server import ReplayServer
from tests.replay.tables import persons


def table_of(*variables: tuple[str, str]) -> PxTable:
    named = tuple(Variable(code, label, ("1",), ("one",)) for code, label in variables)
    return PxTable("t", "http://x/t.px", "T", "2026-01-01", named)


@pytest.mark.parametrize(
    "codes",
    [
        ("alue_23_20260101", "ikaryhma_10_20180101", "sukupuoli_9_20180101", "timeperiod_y", "contentscode"),
        ("Alue", "Ikä", "Sukupuoli", "Vuosi", "Tiedot"),
        ("Region", "Alder", "Kon", "Tid", "ContentsCode"),
        ("Region", "Ålder", "Kjønn", "År", "Contents"),
        ("Area", "Age", "Sex", "Year", "Information"),
    ],
)
def test_variables_are_found_in_every_dialect(codes: tuple[str, ...]) -> None:
    table = table_of(*((code, "?") for code in codes))
    found = [table.variable(role).code for role in ("area", "age", "sex", "time", "contents")]
    assert tuple(found) == codes


def test_a_renamed_variable_is_found_by_its_label() -> None:
    assert table_of(("v1", "Alue"), ("v2", "Ikä")).variable("age").code == "v2"


def test_two_likely_variables_are_not_guessed_between() -> None:
    with pytest.raises(TableShapeError, match=r"no single variable for area; it has Alue .*alue_2"):
        table_of(("Alue", "?"), ("alue_2", "?")).variable("area")


def test_a_word_that_only_begins_alike_is_not_the_variable() -> None:
    with pytest.raises(TableShapeError):
        table_of(("arvo", "Arvo"), ("kontinentti", "Maanosa")).variable("time")


SELECTIONS = st.dictionaries(
    st.sampled_from("abcd"), st.integers(1, 9).map(lambda n: [str(i) for i in range(n)]), min_size=1
)


@settings(max_examples=60, deadline=None)
@given(SELECTIONS, st.integers(1, 200))
def test_portions_cover_every_cell_once_and_fit(selection: dict[str, list[str]], limit: int) -> None:
    portions = list(_portions(selection, sorted(selection), limit))
    assert sum(cells(p) for p in portions) == cells(selection)
    assert all(cells(p) <= limit or limit < 1 for p in portions)
    for code, values in selection.items():
        assert {v for p in portions for v in p[code]} == set(values)


def test_portions_are_cut_by_time_first_and_are_few() -> None:
    selection = {"time": ["1", "2", "3", "4"], "area": ["a", "b"]}
    assert [p["time"] for p in _portions(selection, ("time", "area"), 4)] == [["1", "2"], ["3", "4"]]
    assert len(list(_portions(selection, ("time", "area"), 1))) == 8


def v1(replay: ReplayServer, limit: int = 100_000) -> PxWebV1:
    return PxWebV1(replay.statfin, STATISTICS_FINLAND, limit)


def whole(table: PxTable) -> dict[str, tuple[str, ...]]:
    return {v.code: v.values for v in table.variables}


def test_the_release_is_read_from_the_answers_not_from_the_folder(replay: ReplayServer, client) -> None:
    table = v1(replay).describe(client, "vaerak/11re")
    assert table.vintage == "11re, updated 2026-04-01"
    assert not replay.asked("vaerak/", "GET")[1:]


def test_a_table_that_does_not_tell_its_release_is_refused(replay: ReplayServer, client) -> None:
    replay.updated["11re"] = ""
    with pytest.raises(TableShapeError, match=r"11re\.px: the answer has no 'updated'"):
        v1(replay).describe(client, "vaerak/11re")


@pytest.mark.parametrize("refusal", ["400", "404"])
def test_an_old_path_is_tried_when_the_new_one_is_refused(replay: ReplayServer, client, clock, refusal) -> None:
    replay.dialect = "older"
    if refusal == "404":
        replay.misbehave("404", "11re.px", method="GET")
    table = v1(replay).describe(client, "vaerak/11re")
    assert table.address.endswith("/vaerak/statfin_vaerak_pxt_11re.px")
    assert [s.path.rpartition("/")[2] for s in replay.asked("", "GET")] == [
        "11re.px",
        "statfin_vaerak_pxt_11re.px",
    ]
    assert clock.sleeps == []


def test_a_table_that_is_nowhere_names_both_paths(replay: ReplayServer, client) -> None:
    with pytest.raises(RefusedError, match=r"(?s)not found under any known path.*99zz\.px.*pxt_99zz\.px"):
        v1(replay).describe(client, "vaerak/99zz")


def test_a_query_above_the_limit_is_cut_before_it_is_asked(replay: ReplayServer, client) -> None:
    server = v1(replay, limit=2000)
    table = server.describe(client, "vaerak/11re")
    chosen = whole(table)
    frame = fetch_cells(client, server, table, chosen)
    assert frame.height == prod(len(values) for values in chosen.values())
    assert frame.select(*chosen).n_unique() == frame.height
    asked = [prod(len(q["selection"]["values"]) for q in s.body["query"]) for s in replay.asked("11re", "POST")]
    assert max(asked) <= 2000


def test_403_too_large_halves_the_portion_and_is_remembered(replay: ReplayServer, client, offline) -> None:
    replay.cell_limit = 1000
    server = v1(replay)
    table = server.describe(client, "vaerak/11re")
    chosen = whole(table)
    small = fetch_cells(client, server, table, chosen)
    asked = len(replay.seen)
    assert fetch_cells(client, server, table, chosen).equals(small)
    assert fetch_cells(offline(), server, table, chosen).equals(small)
    assert len(replay.seen) == asked
    replay.cell_limit = 1_000_000
    fresh = fetch_cells(_elsewhere(client), server, table, chosen)
    assert fresh.sort(pl.all()).equals(small.sort(pl.all()))


def _elsewhere(client: OpenDataClient) -> OpenDataClient:
    return OpenDataClient(client.http, client.raw / "elsewhere", client.fetched_on)


def test_a_cell_that_is_refused_alone_ends_the_halving(replay: ReplayServer, client) -> None:
    server = v1(replay)
    table = server.describe(client, "vaerak/11re")
    replay.misbehave("403", "11re", method="POST", times=99)
    one = {v.code: v.values[:1] for v in table.variables}
    with pytest.raises(RefusedError, match="may be too large"):
        fetch_cells(client, server, table, {**one, table.variable("time").code: ("2024", "2025")})
    assert len(replay.asked("11re", "POST")) == 3


def test_an_unknown_value_is_told_before_the_server_is_asked(replay: ReplayServer, client) -> None:
    server = v1(replay)
    table = server.describe(client, "vaerak/11re")
    with pytest.raises(TableShapeError, match=r"timeperiod_y \(Vuosi\) has no value 1066; it has 2020"):
        fetch_cells(client, server, table, {**whole(table), "timeperiod_y": ("1066",)})


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_version_2_reads_its_limits_and_gives_the_same_table(replay: ReplayServer, client, method) -> None:
    server = PxWebV2(replay.pxweb2, STATISTICS_SWEDEN, method=method)
    frame = age_sex_table(client, server, "TAB1", ["0114", "0115"], [2025])
    assert frame.height == 2 * 2 * 101
    oldest = frame.filter(area="0114", sex="female", age=100)
    assert oldest["persons"].item() == persons("0114", 2025, "female", 100)
    assert oldest["vintage"].item() == "TAB1, updated 2026-06-08"
    data = replay.asked("/data", method)
    assert len(data) == 4
    assert len(replay.asked("/data")) == len(data)


@pytest.mark.real
def test_version_2_reads_the_recorded_answers_of_statistics_sweden(recorded_replay: ReplayServer, client) -> None:
    server = PxWebV2(recorded_replay.pxweb2, STATISTICS_SWEDEN)
    assert server.cell_limit(client) == 150_000
    table = server.describe(client, "TAB6471")
    roles = [table.variable(role).code for role in ("area", "age", "sex", "contents", "time")]
    assert roles == ["Region", "Alder", "Kon", "ContentsCode", "Tid"]
    chosen = {
        "Region": ("0114",),
        "Alder": ("TotSA",),
        "Kon": ("1", "2", "TotSa"),
        "ContentsCode": ("000007SF",),
        "Tid": ("2025M01",),
    }
    assert fetch_cells(client, server, table, chosen).height == 3
