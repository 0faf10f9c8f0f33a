"""The worked examples run from start to end on a small published edition and say what they promise."""

from __future__ import annotations

import subprocess
import sys
from datetime import date
from pathlib import Path

import nbformat
import polars as pl
import pytest

pytestmark = pytest.mark.xdist_group("notebooks")

AS_OF = date(2026, 10, 31)
SLUG = "vantaa-kerava"
FOLDER = Path(__file__).resolve().parents[2] / "notebooks"
NAMES = ("budget_figure", "monthly_engine", "record_quality")


@pytest.fixture(scope="module")
def county_folder(tmp_path_factory) -> Path:
    """A small synthetic county."""
    from sources.synthetic import write_demo

    folder = tmp_path_factory.mktemp("demo") / SLUG
    write_demo(SLUG, folder, seed=3, scale=0.02, as_of=AS_OF)
    return folder


@pytest.fixture(scope="module")
def release(county_folder, tmp_path_factory) -> Path:
    """The tables of an edition that two of the examples read, forecast from the small county."""
    from assets.forecast_inputs import counts_by_month, counts_by_year, exposures, hierarchy, persons_by_area
    from counties import load_county
    from forecasting.need import forecast_need

    county = load_county(SLUG)
    use = pl.read_parquet(county_folder / "service_counts.parquet").with_columns(
        area=pl.col("municipality").replace_strict(county.area_of_municipality, return_dtype=pl.String)
    )
    persons = [
        persons_by_area(pl.read_parquet(county_folder / f"{name}.parquet"), county)
        for name in ("population", "projection")
    ]
    forecast = forecast_need(
        *persons, counts_by_year(use, AS_OF), hierarchy(county),
        exposures=exposures(county), as_of=2023, draws=200, last_year=2030,
    )  # fmt: skip
    folder = tmp_path_factory.mktemp("release")
    (folder / "tables").mkdir()
    need = pl.from_pandas(forecast.forecast).with_columns(hidden=pl.lit(False))
    need.write_parquet(folder / "tables" / "need_forecast.parquet")
    months = pl.from_pandas(counts_by_month(use, AS_OF)).with_columns(kind=pl.lit("observed"))
    months.write_parquet(folder / "tables" / "month_forecast.parquet")
    return folder


@pytest.fixture(scope="module")
def checked(county_folder, tmp_path_factory) -> Path:
    """What `palvelutarve check` writes about the small county's documents."""
    out = tmp_path_factory.mktemp("check")
    command = [
        str(Path(sys.executable).parent / "palvelutarve"),
        "check",
        str(county_folder / "documents.parquet"),
    ]
    done = subprocess.run(
        [*command, "--out", str(out), "--county", SLUG, "--as-of", AS_OF.isoformat()],
        capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return out


def run(name: str, monkeypatch, **environment: Path) -> str:
    """Execute an example and give what it printed and showed."""
    from nbclient import NotebookClient

    for variable, folder in environment.items():
        monkeypatch.setenv(variable, str(folder))
    notebook = nbformat.read(FOLDER / f"{name}.ipynb", as_version=4)
    NotebookClient(
        notebook, timeout=120, kernel_name="python3", resources={"metadata": {"path": FOLDER.parent}}
    ).execute()
    outputs = [output for cell in notebook.cells for output in cell.get("outputs", [])]
    texts = [output.get("text", "") or "".join(output.get("data", {}).values()) for output in outputs]
    return "\n".join(texts)


def test_every_example_is_here_and_kept_without_outputs():
    assert tuple(sorted(path.stem for path in FOLDER.glob("*.ipynb"))) == NAMES
    for name in NAMES:
        notebook = nbformat.read(FOLDER / f"{name}.ipynb", as_version=4)
        nbformat.validate(notebook)
        code = [cell for cell in notebook.cells if cell.cell_type == "code"]
        assert code
        assert all(cell.outputs == [] and cell.execution_count is None for cell in code), name


def test_a_budget_figure_follows_from_the_fan_chart(release, monkeypatch):
    shown = run("budget_figure", monkeypatch, PALVELUTARVE_RELEASE=release)
    assert "<svg" in shown
    assert "= the county's mean" in shown
    assert "plan for the 75% level" in shown


def test_the_funnel_and_what_to_mend_first_come_from_a_check(checked, monkeypatch):
    shown = run("record_quality", monkeypatch, PALVELUTARVE_CHECK=checked)
    assert "<svg" in shown
    assert "lowest index" in shown
    assert "with the first five rules mended" in shown


def test_the_monthly_engine_beats_last_year_on_any_table(release, monkeypatch):
    monkeypatch.delenv("PALVELUTARVE_SERIES", raising=False)
    shown = run("monthly_engine", monkeypatch, PALVELUTARVE_RELEASE=release)
    line = next(line for line in shown.splitlines() if line.startswith("MASE"))
    engine, rival = (float(part.split()[-1]) for part in line.split(";")[0].split(","))
    assert engine < rival, line
