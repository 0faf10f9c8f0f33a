"""The commands that fetch open data, from publishers on loopback, and the main job on what they brought."""

import json
from datetime import UTC, datetime

import polars as pl
import pytest
import yaml

from tests.e2e.conftest import CODE, SLUG, Palvelutarve
from tests.replay import tables
from tests.replay.server import replaying

FOLDER = f"open/{SLUG}"
TODAY = datetime.now(UTC).date()


@pytest.fixture(scope="module")
def server():
    with pytest.MonkeyPatch.context() as patched:
        patched.setitem(tables.MUNICIPALITIES, "092", "Vantaa")
        patched.setitem(tables.MUNICIPALITIES, "245", "Kerava")
        with replaying() as running:
            running.counties |= {"092": CODE, "245": CODE}
            running.classification_years[str(TODAY.year)] = "1"
            yield running


@pytest.fixture(scope="module")
def house(server, tmp_path_factory) -> Palvelutarve:
    addresses = {
        "statfin_url": server.statfin,
        "sotkanet_url": server.sotkanet,
        "classifications_url": server.classifications,
        "boundaries_url": server.shapes,
    }
    return Palvelutarve(tmp_path_factory.mktemp("fetched"), settings=yaml.safe_dump(addresses))


@pytest.fixture(scope="module")
def printed(house) -> dict[str, list[str]]:
    """What each command printed; each ended well."""
    lines = {}
    for source in ("statfin", "sotkanet", "classifications", "boundaries"):
        done = house.run("fetch", source, "--county", SLUG)
        assert done.returncode == 0, done.stderr
        lines[source] = done.stdout.splitlines()
    return lines


@pytest.fixture(scope="module")
def edition(house, printed):
    """The main job on what was fetched, and nothing else."""
    done = house.run("run", "--county", SLUG)
    assert done.returncode == 0, done.stderr[-4000:]
    assert "synthetic" not in done.stderr
    return next((house.data / "releases" / CODE).glob("20*"))


def test_each_command_names_the_files_it_wrote(house, printed):
    folder = house.data / FOLDER
    named = {source: [line.removeprefix(f"{folder}/") for line in lines] for source, lines in printed.items()}
    assert named == {
        "statfin": ["population.parquet", "projection.parquet", "languages.parquet"],
        "sotkanet": ["indicators.parquet", "findings.csv"],
        "classifications": ["municipality_counties.parquet"],
        "boundaries": [str(house.data / "boundaries" / f"{SLUG}.geojson")],
    }
    assert all((folder / name).exists() for names in named.values() for name in names)


def test_fetching_again_downloads_nothing_anew_and_writes_the_same_bytes(house, printed, server):
    before = {path: path.read_bytes() for path in (house.data / FOLDER).iterdir()}
    asked = len(server.asked("/vaerak/", "POST")) + len(server.asked("/vaenn/", "POST"))
    assert house.run("fetch", "statfin", "--county", SLUG).returncode == 0
    again = len(server.asked("/vaerak/", "POST")) + len(server.asked("/vaenn/", "POST"))
    assert again - asked <= 4 < asked  # one cell per table tells whether it was updated
    assert {path: path.read_bytes() for path in (house.data / FOLDER).iterdir()} == before


def test_the_main_job_runs_on_what_was_fetched(edition, house):
    lake = house.data / "lake"
    population = pl.read_parquet(lake / "population" / f"county={CODE}" / "part.parquet")
    expected = tables.persons("092", 2025, "female", 70)
    vantaa = population.filter(area="092", year=2025, sex="female", age=70)
    assert vantaa["persons"].to_list() == [expected]
    assert {path.name for path in edition.rglob("index.html")} == {"index.html"}


def test_the_page_names_the_fetched_source_and_its_vintage(edition):
    page = "".join(path.read_text(encoding="utf-8") for path in edition.rglob("*.html"))
    assert "11re" in page
    assert "2026-04-01" in page or "1.4.2026" in page


def test_the_page_draws_the_fetched_boundaries(edition):
    script = (edition / "situation" / "data.js").read_text(encoding="utf-8")
    drawn = json.loads(script[script.index("{") : script.rindex("}") + 1])["map"]
    assert len(drawn["shapes"]) == 2  # Vantaa and Kerava
    assert all(path.count("M") == 2 for _, path in drawn["shapes"])  # the islets too


def test_a_publisher_that_is_down_is_told_in_one_line_and_leaves_what_was_fetched(house, printed, server):
    before = {path: path.read_bytes() for path in (house.data / FOLDER).iterdir()}
    server.misbehave("404", "indicators", times=1000)
    server.misbehave("403", "/regions", times=1000)
    done = house.run("fetch", "sotkanet", "--county", SLUG)
    server.faults.clear()
    assert done.returncode == 1
    assert "Traceback" not in done.stderr
    assert f"palvelutarve: {server.sotkanet}/regions" in done.stderr
    assert {path: path.read_bytes() for path in (house.data / FOLDER).iterdir()} == before


def test_a_municipality_that_moved_is_told_before_anything_is_counted(house, printed, server):
    server.counties["149"] = CODE  # a municipality that the county file does not have
    done = house.run("fetch", "classifications", "--county", SLUG)
    del server.counties["149"]
    assert done.returncode == 2
    assert "149 more" in done.stderr and "mend the service areas" in done.stderr
