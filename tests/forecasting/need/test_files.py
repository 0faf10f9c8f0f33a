"""The forecast from files, as the command line makes it: every table, notes, the change since the last edition."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest

sys.path.insert(0, str(Path(__file__).parent))
from simulated import County, county

from forecasting.contracts import NeedInputError, check_persons
from forecasting.editions import EditionInputs, explain_editions
from forecasting.need_files import NeedFiles, NeedOptions, NeedOutcome, forecast_need_from_files

OPTIONS = NeedOptions(horizon=4, draws=100, edition="2026-01", judge=False)


@pytest.fixture(scope="module")
def small() -> County:
    return county(areas=2, services=2, years=9, ahead=6)


def files(folder: Path, c: County, **more: object) -> NeedFiles:
    tables = {"population": c.population, "projection": c.projection, "counts": c.counts, "tree": c.hierarchy}
    for name, table in tables.items():
        table.to_parquet(folder / f"{name}.parquet")
    paths = [folder / f"{name}.parquet" for name in tables]
    return NeedFiles(*paths, **more)  # type: ignore[arg-type]


def with_counts(c: County, counts: pd.DataFrame) -> County:
    return County(c.population, c.projection, counts, c.hierarchy, c.exposures, c.truth)


@pytest.fixture(scope="module")
def first(small: County, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, NeedOutcome]:
    folder = tmp_path_factory.mktemp("first")
    known = County(small.population, small.projection, small.counts.query("year < 2024"), small.hierarchy,
                   small.exposures, small.truth)  # fmt: skip
    out = folder / "out"
    return out, forecast_need_from_files(files(folder, known, scenarios=Path("library")), out, OPTIONS)


def test_every_table_is_written_and_left_out_scenarios_are_named(first: tuple[Path, NeedOutcome]) -> None:
    out, outcome = first
    names = {p.stem for p in outcome.files}
    assert {"need_forecast", "need_scenarios", "need_tornado", "need_assumptions", "need_inputs"} <= names
    assert all((out / f"{n}.parquet").exists() for n in names)
    assert any("housing_to_home_care: left out" in note for note in outcome.notes)
    scenarios = pd.read_parquet(out / "need_scenarios.parquet")
    assert {"constant_rate", "no_net_migration"} <= set(scenarios["scenario"])


def test_the_change_from_the_previous_edition_is_explained_without_residual(
    first: tuple[Path, NeedOutcome], small: County, tmp_path: Path
) -> None:
    revised = small.counts.copy()
    revised.loc[(revised["service"] == "s0") & (revised["year"] == 2023), "count"] *= 2
    new = County(small.population, small.projection, revised, small.hierarchy, small.exposures, small.truth)
    forecast_need_from_files(files(tmp_path, new, previous=first[0]), tmp_path / "out", OPTIONS)
    found = pd.read_parquet(tmp_path / "out" / "need_edition_changes.parquet")
    wide = found.pivot_table(index=["area", "service", "year"], columns="driver", values="mean").fillna(0.0)
    rest = wide["total"] - wide.drop(columns="total").sum(axis=1)
    assert (rest.abs() <= 1e-9 * wide["total"].abs().clip(lower=1.0)).all()
    by_service = wide["revision"].groupby("service").mean()
    assert by_service["s0"] > 5 * abs(by_service["s1"])  # services lean on one another a little


def test_persons_in_age_groups_are_spread_and_overlaps_refused() -> None:
    rows = pd.DataFrame(
        [("a", sex, age, 2024, 100.0) for sex in ("male", "female") for age in ("0-49", "50-89", "90+")],
        columns=["area", "sex", "age", "year", "persons"],
    )
    single = check_persons(rows, "population")
    assert single["persons"].sum() == pytest.approx(600.0)
    assert single.query("sex == 'male' and age < 50")["persons"].sum() == pytest.approx(100.0)
    with pytest.raises(NeedInputError, match="overlap"):
        check_persons(rows.replace({"50-89": "40-89"}), "population")


def test_a_horizon_beyond_the_projection_says_what_to_ask_for(small: County, tmp_path: Path) -> None:
    with pytest.raises(NeedInputError, match=r"ends in 2030.*--horizon 6"):
        forecast_need_from_files(files(tmp_path, small), tmp_path / "out", NeedOptions(horizon=20))


def test_one_year_and_all_zero_services_are_marked(small: County, tmp_path: Path) -> None:
    counts = small.counts.query("year == 2024 or service == 's1'").copy()
    counts.loc[counts["service"] == "s1", "count"] = 0
    odd = County(small.population, small.projection, counts, small.hierarchy, small.exposures, small.truth)
    outcome = forecast_need_from_files(files(tmp_path, odd), tmp_path / "out", OPTIONS)
    assert any("s0: too few years" in note for note in outcome.notes)
    assert any("s1: no use" in note for note in outcome.notes)


def test_the_change_between_two_asked_years_stands_beside_the_other_drivers(small: County, tmp_path: Path) -> None:
    options = NeedOptions(horizon=4, draws=100, judge=False, drivers=(2018, 2026))
    forecast_need_from_files(files(tmp_path, small), tmp_path / "out", options)
    found = pd.read_parquet(tmp_path / "out" / "need_drivers.parquet")
    assert {(2018, 2026), (2024, 2028)} <= set(zip(found["from_year"], found["to_year"], strict=True))
    assert not found.duplicated(["area", "service", "from_year", "to_year", "driver"]).any()


def test_a_service_not_known_in_both_years_is_left_out_and_named(small: County, tmp_path: Path) -> None:
    young = small.counts.query("service == 's0' or year >= 2022")
    given = files(tmp_path, with_counts(small, young))
    options = replace(OPTIONS, drivers=(2018, 2026))
    outcome = forecast_need_from_files(given, tmp_path / "out", options)
    assert "change between years: s1 is known in 2022-2028, not in all of (2018, 2026); left out" in outcome.notes
    found = pd.read_parquet(tmp_path / "out" / "need_drivers.parquet").query("from_year == 2018")
    assert set(found["service"]) == {"s0"}
    with pytest.raises(NeedInputError, match="no service is known in both years"):
        forecast_need_from_files(given, tmp_path / "out", replace(OPTIONS, drivers=(1990, 2026)))
    with pytest.raises(NeedInputError, match="2026 must come before 2018"):
        forecast_need_from_files(given, tmp_path / "out", replace(OPTIONS, drivers=(2026, 2018)))


def test_draws_of_the_nodes_asked_for_are_those_behind_the_quantiles(small: County, tmp_path: Path) -> None:
    asked = tmp_path / "nodes.csv"
    asked.write_text("area,service,sex,age_group\ntotal,s0,,\na00,s1,female,85+\n", encoding="utf-8")
    forecast_need_from_files(files(tmp_path, small, nodes=asked), tmp_path / "out", OPTIONS)
    draws = pd.read_parquet(tmp_path / "out" / "need_draws.parquet")
    shown = pd.read_parquet(tmp_path / "out" / "need_forecast.parquet").query("kind == 'forecast'")
    key = ["area", "service", "sex", "age_group", "year"]
    both = draws.groupby(key)["count"].agg(["mean", lambda c: c.quantile(0.9)]).set_axis(["m", "q"], axis=1)
    joined = both.join(shown.set_index(key), how="inner")
    assert len(joined) == 2 * 4
    assert joined["m"].to_numpy() == pytest.approx(joined["mean"].to_numpy(), rel=1e-12)
    assert joined["q"].to_numpy() == pytest.approx(joined["q0.9"].to_numpy(), rel=1e-12)
    assert draws.groupby(key)["draw"].nunique().eq(100).all()
    asked.write_text("area,service\ntotal,s0\ntotal,s0\n", encoding="utf-8")
    with pytest.raises(NeedInputError, match="nodes: ask for each node once"):
        forecast_need_from_files(files(tmp_path, small, nodes=asked), tmp_path / "out", OPTIONS)


@pytest.mark.parametrize(
    ("option", "rows"),
    [
        ("flags", "area,service,year,kind\na00,s9,2018,break\n"),
        ("exposures", "service,min_age,max_age,kind\ns9,0,100,population\n"),
        ("debts", "area,service,amount\na00,s9,10\n"),
    ],
)
def test_a_mistyped_service_beside_the_counts_is_refused_with_its_row(
    small: County, tmp_path: Path, option: str, rows: str
) -> None:
    path = tmp_path / f"{option}.csv"
    path.write_text(rows, encoding="utf-8")
    given = files(tmp_path, small, scenarios=Path("library"), **{option: path})
    with pytest.raises(NeedInputError, match=rf"{option}.csv: services without counts(.|\n)* 2 .*s9"):
        forecast_need_from_files(given, tmp_path / "out", OPTIONS)


def test_files_of_assumptions_and_scenarios_that_say_nothing_are_named(small: County, tmp_path: Path) -> None:
    (tmp_path / "none").mkdir()
    outcome = forecast_need_from_files(
        files(tmp_path, small, scenarios=tmp_path / "none"), tmp_path / "out", OPTIONS
    )
    assert any("no scenario files (*.yaml)" in note for note in outcome.notes)
    empty = tmp_path / "register.yaml"
    empty.touch()
    with pytest.raises(NeedInputError, match=r"register.yaml: the file is empty"):
        forecast_need_from_files(files(tmp_path, small, assumptions=empty), tmp_path / "out", OPTIONS)


def test_a_total_over_services_has_no_note_of_its_parts(small: County, tmp_path: Path) -> None:
    tree = tmp_path / "services.csv"
    tree.write_text("service,parent\ns0,every\ns1,every\n", encoding="utf-8")
    young = with_counts(small, small.counts.query("service == 's0' or year == 2024"))
    outcome = forecast_need_from_files(files(tmp_path, young, services=tree), tmp_path / "out", OPTIONS)
    assert [note.partition(":")[0] for note in outcome.notes] == ["s1"]


def test_what_the_running_year_taught_is_kept_and_explained(small: County, tmp_path: Path) -> None:
    last = small.counts[small.counts["year"] == 2024].groupby(["area", "service"], as_index=False)["count"].sum()
    rows = last.rename(columns={"count": "mean"}).assign(year=2025, sd=1.0)
    outs = []
    for name, factor in (("early", 1.0), ("late", 1.2)):
        folder = tmp_path / name
        folder.mkdir()
        rows.assign(mean=rows["mean"] * factor).to_csv(folder / "running.csv", index=False)
        more = {"previous": outs[-1]} if outs else {}
        given = files(folder, small, running=folder / "running.csv", **more)
        forecast_need_from_files(given, folder / "out", OPTIONS)
        outs.append(folder / "out")
    kept = EditionInputs.from_table(pd.read_parquet(outs[1] / "need_inputs.parquet")).running
    assert kept is not None
    merged = kept.merge(rows, on=["area", "service", "year"], suffixes=("", "_given"))
    assert len(merged) == len(rows)
    assert merged["mean"].to_numpy() == pytest.approx(1.2 * merged["mean_given"].to_numpy())
    changes = pd.read_parquet(outs[1] / "need_edition_changes.parquet")
    first = changes[(changes["year"] == 2025) & (changes["area"] == "total")].set_index(["service", "driver"])[
        "mean"
    ]
    for service in ("s0", "s1"):
        whole = rows.loc[rows["service"] == service, "mean"].sum()
        assert first[service, "rate"] == pytest.approx(0.2 * whole, rel=0.02)
        assert first[service, "total"] == pytest.approx(first[service, "rate"], rel=1e-6)


def test_a_running_year_that_knew_some_cells_or_is_not_counted_any_more_stops_no_comparison(
    small: County, tmp_path: Path
) -> None:
    last = small.counts[small.counts["year"] == 2024].groupby(["area", "service"], as_index=False)["count"].sum()
    every = last.rename(columns={"count": "mean"}).assign(year=2025, sd=1.0)
    some = every.iloc[:-1]
    kept = County(
        small.population, small.projection, small.counts.query("service == 's0'"), small.hierarchy,
        small.exposures, small.truth,
    )  # fmt: skip
    editions = []
    for name, c, rows in (("early", small, some), ("late", kept, every.query("service == 's0'"))):
        folder = tmp_path / name
        folder.mkdir()
        rows.to_csv(folder / "running.csv", index=False)
        forecast_need_from_files(files(folder, c, running=folder / "running.csv"), folder / "out", OPTIONS)
        editions.append(EditionInputs.from_table(pd.read_parquet(folder / "out" / "need_inputs.parquet")))
    old, new = editions
    assert old.running is not None
    assert set(zip(old.running["area"], old.running["service"], strict=True)) == set(
        zip(some["area"], some["service"], strict=True)
    )
    changes, refused = explain_editions(old, new, draws=20)
    assert set(changes["service"]) == {"s0"}
    first = changes[(changes["driver"] == "total") & (changes["year"] == 2025)]
    assert first["mean"].abs().max() < 1e-3, "both know the same total of the running year"
    assert set(refused) == {"s1"}


@pytest.mark.parametrize(
    ("column", "wrong", "reason"),
    [
        (
            "age_group",
            "vanhat",
            r"counts: age group 'vanhat' is not understood; write it as 0-6, 90\+ or 17, or all",
        ),
        ("age_group", "90-80", "counts: age group '90-80': ages must rise"),
        ("year", "20x5", r"counts\.csv: year must be a year such as 2024; mend or remove"),
        ("year", "2024.5", r"counts\.csv: year must be a year such as 2024; mend or remove"),
        (
            "year",
            "3025",
            r"counts\.csv: the other years are 2016-2024 and the projection ends in 2030; mend or remove",
        ),
    ],
)
@pytest.mark.parametrize("as_of", ["", "2024-12-31"])
def test_an_age_group_or_year_that_cannot_be_shows_its_rows(
    small: County, column: str, wrong: str, reason: str, as_of: str, tmp_path: Path
) -> None:
    given = files(tmp_path, small)
    counts = small.counts.astype({column: str}).reset_index(drop=True)
    counts.loc[3, column] = wrong
    counts.to_csv(tmp_path / "counts.csv", index=False)
    with pytest.raises(ValueError, match=reason) as raised:
        forecast_need_from_files(
            replace(given, counts=tmp_path / "counts.csv"), tmp_path / "out", replace(OPTIONS, as_of=as_of)
        )
    shown = str(raised.value).splitlines()
    assert len(shown) == 3  # what is wrong, the header and the one row
    assert {str(counts.loc[3, "area"]), str(counts.loc[3, "service"]), wrong} <= set(shown[2].split())
    assert (shown[1].split()[0], shown[2].split()[0]) == ("row", "5"), "the header is row 1"


@pytest.mark.parametrize(("name", "column", "wrong"), [("population", "sex", "x"), ("counts", "count", "-1")])
def test_every_table_from_a_text_file_tells_the_rows_that_are_wrong(
    small: County, name: str, column: str, wrong: str, tmp_path: Path
) -> None:
    given = files(tmp_path, small)
    table = getattr(small, name).astype({column: str}).reset_index(drop=True)
    table.loc[7, column] = wrong
    table.to_csv(tmp_path / "given.csv.gz", index=False)
    with pytest.raises(NeedInputError) as raised:
        forecast_need_from_files(replace(given, **{name: tmp_path / "given.csv.gz"}), tmp_path / "out", OPTIONS)
    assert str(raised.value).splitlines()[-1].split()[0] == "9"


def test_a_row_whose_place_is_not_known_is_shown_without_one(small: County, tmp_path: Path) -> None:
    """An empty line and a line break within a cell move the rows after them."""
    given = files(tmp_path, small)
    table = small.counts.astype({"year": str}).reset_index(drop=True)
    table.loc[3, "year"] = "20x5"
    text = table.to_csv(index=False)
    for moved in (text.replace("\n", "\n\n", 1), text.replace("20x5", '"20x5\n"')):
        (tmp_path / "counts.csv").write_text(moved)
        with pytest.raises(ValueError, match="year must be a year") as raised:
            forecast_need_from_files(replace(given, counts=tmp_path / "counts.csv"), tmp_path / "out", OPTIONS)
        assert "row" not in str(raised.value).splitlines()[1].split()


def test_years_that_follow_one_another_beyond_the_projection_leave_the_blame_with_it(
    small: County, tmp_path: Path
) -> None:
    given = files(tmp_path, small)
    for table, reason in (
        (small.projection.assign(year=small.projection["year"] - 7), "projection: ends in 2023"),
        (small.projection.iloc[:0], "projection: no row has a year"),
    ):
        table.to_parquet(given.projection)
        with pytest.raises(NeedInputError, match=reason):
            forecast_need_from_files(given, tmp_path / "out", OPTIONS)
