"""Statistics Finland's tables as contract tables, over HTTP, in every dialect."""

from __future__ import annotations

import polars as pl
import pytest

from sources.contracts import CONTRACTS
from sources.http_client import UnreachableError
from sources.open_data import NotFetchedError
from sources.pxweb_tables import PxTable, TableShapeError, Variable
from sources.statfin import _LANGUAGE_WORDS, _labelled, fetch_languages, fetch_population, fetch_projection
from tests.replay.server import ReplayServer
from tests.replay.tables import persons, speakers


@pytest.mark.parametrize("dialect", ["2026", "older", "renamed"])
def test_population_is_the_same_in_every_dialect(replay: ReplayServer, client, dialect: str) -> None:
    replay.dialect = dialect
    table = fetch_population(client, ["398", "016"], [2024, 2025], base_url=replay.statfin)
    assert dict(table.schema) == CONTRACTS["population"].schema()
    assert table.height == 2 * 2 * 2 * 101
    expected = [persons(*row) for row in table.select("area", "year", "sex", "age").rows()]
    assert table["persons"].to_list() == expected
    assert table.n_unique(CONTRACTS["population"].key) == table.height


def test_all_years_come_when_none_are_named(replay: ReplayServer, client) -> None:
    table = fetch_population(client, ["016"], base_url=replay.statfin)
    assert table["year"].unique().sort().to_list() == list(range(2020, 2026))


def test_one_hundred_and_over_is_an_age_and_totals_are_not(replay: ReplayServer, client) -> None:
    table = fetch_population(client, ["016"], [2025], base_url=replay.statfin)
    assert table["age"].unique().sort().to_list() == list(range(101))
    asked = {q["code"]: q["selection"]["values"] for q in replay.asked("11re", "POST")[-1].body["query"]}
    assert "100-" in asked["ikaryhma_10_20180101"]
    assert all("SSS" not in values for values in asked.values())


def test_figures_carry_their_vintage_and_source(replay: ReplayServer, client) -> None:
    table = fetch_population(client, ["016"], [2025], base_url=replay.statfin)
    assert table["vintage"].unique().to_list() == ["11re, updated 2026-04-01"]
    assert table["source"].unique().to_list() == ["Statistics Finland (Tilastokeskus), CC BY 4.0"]


def test_unheard_of_names_are_an_error_that_lists_what_is_there(replay: ReplayServer, client) -> None:
    replay.dialect = "unknown"
    with pytest.raises(TableShapeError, match=r"no single variable for area; it has v1_2026 \(Paikka\)"):
        fetch_population(client, ["016"], [2025], base_url=replay.statfin)


def test_a_withheld_value_stays_missing_and_takes_no_one_with_it(replay: ReplayServer, client) -> None:
    fetch_population(client, ["016"], [2024], base_url=replay.statfin)
    replay.misbehave("dots", "11re", method="POST", times=2)
    table = fetch_population(client, ["016"], [2025], base_url=replay.statfin)
    assert table["persons"].null_count() == 1
    assert table.height == 202


def test_a_municipality_that_is_not_there_is_named(replay: ReplayServer, client) -> None:
    with pytest.raises(TableShapeError, match=r"no area 588 .*it may have merged"):
        fetch_population(client, ["016", "588"], [2025], base_url=replay.statfin)


def test_a_year_that_is_not_there_is_named(replay: ReplayServer, client) -> None:
    with pytest.raises(TableShapeError, match=r"has 2020-2025; expected also 2026"):
        fetch_population(client, ["016"], [2025, 2026], base_url=replay.statfin)


def test_a_merged_municipality_keeps_its_people_in_the_projection(replay: ReplayServer, client) -> None:
    table = fetch_projection(client, ["507"], [2027], former=["588", "911"], base_url=replay.statfin)
    assert table["area"].unique().sort().to_list() == ["507", "588"]
    assert table["variant"].unique().sort().to_list() == ["no_migration", "trend"]
    assert dict(table.schema) == CONTRACTS["projection"].schema()
    assert table.n_unique(CONTRACTS["projection"].key) == table.height == 2 * 2 * 2 * 101
    assert set(table["vintage"]) == {"14wx, updated 2024-10-24", "14x1, updated 2024-10-24"}


def test_languages_are_three_and_the_rest(replay: ReplayServer, client) -> None:
    table = fetch_languages(client, ["016"], [2025], base_url=replay.statfin)
    assert dict(table.schema) == CONTRACTS["languages"].schema()
    found = dict(table.select("language", "persons").iter_rows())
    whole = {t: speakers("016", 2025, t) for t in ("fi", "sv", "se", "other")}
    assert found == whole


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ({"SSS": "Yhteensä", "fi": "fi Suomi", "sv": "sv Ruotsi"}, "fi"),
        ({"SSS": "Yhteensä", "01": "suomi", "02": "suomi, viitottu"}, "01"),
        ({"T": "Total", "A": "Finnish", "B": "Swedish"}, "A"),
    ],
)
def test_a_language_is_found_by_its_code_or_its_label(values: dict[str, str], expected: str) -> None:
    language = Variable("kieli", "Kieli", tuple(values), tuple(values.values()))
    table = PxTable("11rm", "http://x", "T", "2026", (language,))
    assert _labelled(table, language, "fi", _LANGUAGE_WORDS["fi"]) == expected


def test_a_rerun_of_an_unchanged_release_downloads_no_data(replay: ReplayServer, client) -> None:
    first = fetch_population(client, ["016", "398"], base_url=replay.statfin)
    before = len(replay.seen)
    assert fetch_population(client, ["016", "398"], base_url=replay.statfin).equals(first)
    again = replay.seen[before:]
    assert [s.method for s in again] == ["GET", "POST"]
    assert all(len(q["selection"]["values"]) == 1 for q in again[1].body["query"])


def test_a_new_release_is_downloaded_and_the_old_one_stays(replay: ReplayServer, client) -> None:
    fetch_population(client, ["016"], [2025], base_url=replay.statfin)
    files = {p.name for p in (client.raw / "statfin").iterdir() if len(p.name) == 64}
    replay.updated["11re"] = "2026-06-01T05:00:00Z"
    table = fetch_population(client, ["016"], [2025], base_url=replay.statfin)
    assert table["vintage"].unique().to_list() == ["11re, updated 2026-06-01"]
    assert files < {p.name for p in (client.raw / "statfin").iterdir() if len(p.name) == 64}


@pytest.mark.parametrize("dialect", ["2026", "older"])
def test_an_offline_rerun_gives_the_same_table(replay: ReplayServer, client, offline, dialect: str) -> None:
    replay.dialect = dialect
    first = fetch_projection(client, ["016"], base_url=replay.statfin)
    asked = len(replay.seen)
    assert fetch_projection(offline(), ["016"], base_url=replay.statfin).equals(first)
    assert len(replay.seen) == asked


def test_offline_without_an_earlier_answer_says_what_to_do(replay: ReplayServer, client, offline) -> None:
    fetch_population(client, ["016"], [2024], base_url=replay.statfin)
    with pytest.raises(NotFetchedError, match="never fetched.*run once with a network"):
        fetch_population(offline(), ["016"], [2025], base_url=replay.statfin)


@pytest.mark.parametrize("kind", ["429", "429_retry_after", "500", "cut_off", "cut_json", "slow", "busy"])
def test_a_troubled_server_gives_the_same_population_in_the_end(replay: ReplayServer, client, kind) -> None:
    replay.misbehave(kind, "11re", method="POST", times=2)
    table = fetch_population(client, ["016"], [2025], base_url=replay.statfin)
    assert table["persons"].sum() == sum(
        persons("016", 2025, s, a) for s in ("male", "female") for a in range(101)
    )


def test_an_answer_of_another_kind_is_never_kept(replay: ReplayServer, client) -> None:
    fetch_population(client, ["016"], [2024], base_url=replay.statfin)
    replay.misbehave("busy", "11re", method="POST", times=99)
    with pytest.raises(
        UnreachableError, match=r"11re\.px: the answer is something else: .*being updated.*json-stat2"
    ):
        fetch_population(client, ["016"], [2025], base_url=replay.statfin)
    replay.faults.clear()
    assert fetch_population(client, ["016"], [2025], base_url=replay.statfin).height == 202


@pytest.mark.real
def test_recorded_population_of_three_cities_comes_through(recorded_replay: ReplayServer, client) -> None:
    from sources.pxweb import fetch_cells
    from sources.statfin import POPULATION, statfin_server

    server = statfin_server(recorded_replay.statfin)
    table = server.describe(client, POPULATION)
    area, age, sex, time = (table.variable(r).code for r in ("area", "age", "sex", "time"))
    chosen = {
        area: ("KU049", "KU091", "KU092"),
        age: ("SSS",),
        sex: ("SSS",),
        time: ("2025",),
        table.variable("contents").code: ("vaerak-vaesto",),
    }
    found = fetch_cells(client, server, table, chosen)
    assert dict(found.select(area, "value").iter_rows()) == {"KU049": 325716, "KU091": 694392, "KU092": 252956}
    country = fetch_cells(client, server, table, {**chosen, area: ("SSS",), time: ("2023", "2024", "2025")})
    assert country["value"].to_list() == [5603851, 5635971, 5652881]
    assert isinstance(country, pl.DataFrame)
