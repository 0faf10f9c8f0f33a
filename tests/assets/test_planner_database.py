"""The published tables in a real PostgreSQL: comments, rows by role and area, whole or not at all."""

from __future__ import annotations

import psycopg2
import pytest

from counties import Recipient
from reporting.database import SYNTHETIC_SCHEMA, DatabaseError, write_database
from reporting.disclosure import protect_inputs
from reporting.tables import PUBLISHED, write_tables
from tests.reporting.sample_inputs import sample_inputs

pytestmark = pytest.mark.postgres
AREA = "21-itainen"
LEAD = Recipient(role="lead", areas=(AREA,), language="fi", address="lead@example.invalid", login="anna")


@pytest.fixture(scope="module")
def tables(tmp_path_factory):
    folder = tmp_path_factory.mktemp("tables")
    write_tables(protect_inputs(sample_inputs()), folder)
    return folder


@pytest.fixture(scope="module")
def filled(database, tables):
    """The database after two writes of the same edition, with a login for a lead and one for a planner."""
    with psycopg2.connect(database) as link, link.cursor() as at:
        for role in ("planner", "lead"):
            at.execute(f"create role {role} nologin")
        at.execute("create role anna login in role lead")
        at.execute("create role petra login in role planner")
        at.execute("create role outsider login")
    first = write_database(tables, database, [LEAD])
    assert write_database(tables, database, [LEAD]).equals(first)
    return database


def asked(database: str, query: str, login: str | None = None) -> list[tuple]:
    url = database if login is None else database.replace("//dagster@", f"//{login}@")
    with psycopg2.connect(url) as link, link.cursor() as at:
        at.execute(query)
        return at.fetchall()


def test_every_published_row_is_there_once(filled, tables):
    import polars as pl

    for name in PUBLISHED:
        if (tables / f"{name}.parquet").exists():
            ((rows,),) = asked(filled, f"select count(*) from {SYNTHETIC_SCHEMA}.{name}")
            assert rows == pl.read_parquet(tables / f"{name}.parquet").height > 0


def test_every_column_and_table_has_a_comment(filled):
    missing = asked(
        filled,
        f"""select c.relname, a.attname from pg_class c join pg_namespace n on n.oid = c.relnamespace
            join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
            where n.nspname = '{SYNTHETIC_SCHEMA}' and c.relkind = 'r'
            and (col_description(c.oid, a.attnum) is null or obj_description(c.oid) is null)""",
    )
    assert missing == []


def test_a_lead_sees_the_rows_of_the_own_area_and_a_planner_all(filled):
    areas = f"select distinct area from {SYNTHETIC_SCHEMA}.need_forecast"
    assert asked(filled, areas, "anna") == [(AREA,)]
    assert len(asked(filled, areas, "petra")) == 5
    ((scores,),) = asked(filled, f"select count(*) from {SYNTHETIC_SCHEMA}.need_scorecard", "anna")
    assert scores > 0


def test_leads_and_planners_only_read_and_others_see_nothing(filled):
    for login in ("anna", "petra", "outsider"):
        for change in ("delete from {}.need_forecast", "insert into {}.area_access values ('anna', '21', '21')"):
            with pytest.raises(psycopg2.errors.InsufficientPrivilege):
                asked(filled, change.format(SYNTHETIC_SCHEMA), login)
    with pytest.raises(psycopg2.errors.InsufficientPrivilege):
        asked(filled, f"select 1 from {SYNTHETIC_SCHEMA}.need_forecast", "outsider")
    assert asked(filled, f"select area from {SYNTHETIC_SCHEMA}.area_access", "anna") == [(AREA,)]
    assert asked(filled, f"select area from {SYNTHETIC_SCHEMA}.area_access", "petra") == []


def test_access_that_the_county_file_takes_away_is_gone(filled, tables):
    write_database(tables, filled, [])
    assert asked(filled, f"select 1 from {SYNTHETIC_SCHEMA}.need_forecast", "anna") == []
    write_database(tables, filled, [LEAD])
    assert asked(filled, f"select 1 from {SYNTHETIC_SCHEMA}.need_forecast limit 1", "anna") == [(1,)]


def test_hidden_values_are_null(filled):
    query = 'select count(*), count(mean), count("q0.5") from {}.need_forecast where hidden'
    ((hidden, means, medians),) = asked(filled, query.format(SYNTHETIC_SCHEMA))
    assert hidden > 0
    assert (means, medians) == (0, 0)


def test_text_stays_text(filled, tables, tmp_path):
    import shutil

    import polars as pl
    import pyarrow.parquet as pq

    shutil.copytree(tables, tmp_path / "tables")
    file = tmp_path / "tables" / "measures.parquet"
    about = pq.read_schema(file)
    texts = ["'); drop schema public; --", '=cmd(),"x"\nline', "\\N", "<script>"]
    frame = pl.read_parquet(file).head(4).with_columns(pl.Series("note", texts))
    pq.write_table(frame.to_arrow(compat_level=pl.CompatLevel.oldest()).cast(about), file)
    write_database(tmp_path / "tables", filled, [LEAD])
    kept = {note for (note,) in asked(filled, f"select note from {SYNTHETIC_SCHEMA}.measures")}
    assert kept == set(texts)
    write_database(tables, filled, [LEAD])


def test_a_write_that_fails_changes_nothing(filled, tables, tmp_path):
    import shutil

    before = asked(filled, f"select count(*) from {SYNTHETIC_SCHEMA}.need_drivers")
    shutil.copytree(tables, tmp_path / "tables")
    (tmp_path / "tables" / "zz_broken.parquet").write_bytes(b"not a table")
    with pytest.raises(Exception, match="arquet|magic|footer"):
        write_database(tmp_path / "tables", filled, [])
    assert asked(filled, f"select count(*) from {SYNTHETIC_SCHEMA}.need_drivers") == before
    assert asked(filled, f"select area from {SYNTHETIC_SCHEMA}.area_access", "anna") == [(AREA,)]


def test_a_database_that_is_not_there_is_told_without_its_address(tables):
    with pytest.raises(DatabaseError) as told:
        write_database(tables, "postgresql://someone:secret@127.0.0.1:9/none")
    assert "secret" not in str(told.value)
    assert "127.0.0.1" not in str(told.value)


def test_the_stage_fills_the_database_that_the_settings_name_and_tells_what_fails(
    filled, tables, tmp_path, monkeypatch
):
    import json
    import shutil

    import dagster as dg

    from assets.planner_database import PLANNER_DATABASE_STAGES
    from assets.resources import Pipeline

    release = tmp_path / "data" / "releases" / "21" / "2026-11"
    shutil.copytree(tables, release / "tables")
    (release.parent / "current.json").write_text(json.dumps({"edition": "2026-11"}), encoding="utf-8")
    settings = tmp_path / "settings.yaml"
    settings.write_text(f"data: {tmp_path / 'data'}\nplanner_database_variable: PLANNERS\n", encoding="utf-8")
    monkeypatch.setenv("PALVELUTARVE_SETTINGS", str(settings))
    monkeypatch.delenv("PALVELUTARVE_DATA", raising=False)

    def run() -> dg.AssetCheckEvaluation:
        (stage,) = PLANNER_DATABASE_STAGES
        result = dg.materialize(
            [stage.assets()], resources={"pipeline": Pipeline(as_of="2026-10-31")}, partition_key="lappi"
        )
        (check,) = result.get_asset_check_evaluations()
        return check

    monkeypatch.delenv("PLANNERS", raising=False)
    assert "no PLANNERS" in run().description
    monkeypatch.setenv("PLANNERS", filled)
    assert run().passed  # the failure was tried again
    monkeypatch.setenv("PLANNERS", "postgresql://nobody@127.0.0.1:1/elsewhere")
    assert not run().passed  # another database is not the one that has been written
