"""`palvelutarve forecast` as its user meets it: files in, files out, and what it says of bad input."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from typer.testing import CliRunner

from cli import app
from forecasting.monthly.streaming import forecast_file
from forecasting.scores import QUANTILE_COLUMNS

Q = list(QUANTILE_COLUMNS)
MONTHS = pd.date_range("2018-01-01", periods=48, freq="MS")


def counts(seed: int, level: float = 60.0) -> list[float]:
    wave = np.exp(0.2 * np.sin(2 * np.pi * np.arange(48) / 12))
    return list(np.random.default_rng(seed).poisson(level * wave).astype(float))


def rows(name: str, y: object, ds: object = None) -> pd.DataFrame:
    values = list(y)  # type: ignore[call-overload]
    stamps = MONTHS[: len(values)].strftime("%Y-%m-%d") if ds is None else ds
    return pd.DataFrame({"unique_id": name, "ds": list(stamps), "y": values}, dtype=object)  # type: ignore[call-overload]


def forecast(table: pd.DataFrame, folder: Path, *options: str) -> tuple[int, str, pd.DataFrame]:
    source, target = folder / "series.csv", folder / "forecast.csv"
    table.to_csv(source, index=False)
    done = CliRunner().invoke(app, ["forecast", str(source), "--out", str(target), *options])
    result = pd.read_csv(target, keep_default_na=False) if target.exists() else pd.DataFrame()
    return done.exit_code, done.stderr, result


GOOD = pd.concat([rows("good", counts(1)), rows("fine", counts(2, 200.0))])
ODD_DAYS = [f"2018-{1 + i // 2:02d}-{7 if i % 2 else 19:02d}" for i in range(24)]
REFUSED = {
    "duplicate timestamps": (rows("bad", [5, 7], ["2018-01-01", "2018-01-01"]), (), "two different values"),
    "irregular dates": (rows("bad", counts(3)[:24], ODD_DAYS), (), "two different values in the period of"),
    "another frequency": (
        rows("bad", counts(3)[:40], pd.date_range("2010", periods=40, freq="QS")),
        (),
        "3 or more",
    ),
    "infinite": (rows("bad", [*counts(3)[:40], np.inf]), (), "infinite value on 2021-05-01"),
    "a date beyond all calendars": (
        rows("bad", counts(3)[:3], ["9999-12-31", "2018-01-01", "2018-02-01"]),
        (),
        "'9999-12-31' is not a date of the years 1678 to 2261",
    ),
    "text": (rows("bad", [*counts(3)[:40], "many"]), (), "'many' on 2021-05-01 is not a number"),
    "negative count": (rows("bad", [*counts(3)[:40], -4]), ("--counts",), "-4 on 2021-05-01 cannot be a count"),
    "broken count": (rows("bad", [*counts(3)[:40], 2.5]), ("--counts",), "2.5 on 2021-05-01 cannot be a count"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_a_bad_series_is_refused_by_name_and_the_others_are_forecast(case: str, tmp_path: Path) -> None:
    bad, options, reason = REFUSED[case]
    code, said, result = forecast(pd.concat([GOOD, bad]), tmp_path, "--horizon", "6", *options)
    assert code == 0
    assert f"refused bad: {reason}" in said or (said.startswith("refused bad:") and reason in said)
    assert "2 series to" in said and "1 refused" in said
    assert result["unique_id"].unique().tolist() == ["fine", "good"]
    assert len(result) == 12


ZONED = [f"{day:%Y-%m-%d}T00:00:00{'+02:00' if i % 2 else '+03:00'}" for i, day in enumerate(MONTHS)]
MENDED = {
    "one observation": (rows("odd", [17.0]), "one observation: repeated"),
    "all zeros": (rows("odd", [0.0] * 48), "all zeros: forecast stays zero"),
    "ended years before": (
        rows("odd", counts(4), pd.date_range("2009", periods=48, freq="MS")),
        "ends 108 periods",
    ),
    "mixed time zones": (rows("odd", counts(4), ZONED), "time zone dropped, local time kept"),
    "a million times larger": (
        rows("odd", [*counts(4)[:24], *(1e6 * np.asarray(counts(4)[24:]))]),
        "level shift 2020-01-01",
    ),
    "irregular days": (
        rows("odd", counts(4), [f"{day:%Y-%m}-{1 + 7 * i % 27:02d}" for i, day in enumerate(MONTHS)]),
        "irregular dates moved to their period",
    ),
    "negative real values": (rows("odd", np.asarray(counts(4)) - 60.5), ""),
    "gaps": (rows("odd", counts(4)).drop(index=[5, 6, 20]), "3 missing periods filled"),
}


@pytest.mark.parametrize("case", MENDED)
def test_an_odd_series_is_forecast_and_marked(case: str, tmp_path: Path) -> None:
    odd, note = MENDED[case]
    code, said, result = forecast(pd.concat([GOOD, odd]), tmp_path, "--horizon", "6")
    assert code == 0, said
    mine = result[result["unique_id"] == "odd"]
    assert len(mine) == 6
    assert mine["note"].str.contains(note, regex=False).all() if note else (mine["note"] == "").all()
    assert np.isfinite(mine[["mean", *Q]].to_numpy(dtype=float)).all()
    others = result[result["unique_id"] == "good"]
    alone = forecast(GOOD, tmp_path, "--horizon", "6")[2]
    near = alone.loc[alone["unique_id"] == "good", "q0.5"].to_numpy()
    np.testing.assert_allclose(others["q0.5"], near, rtol=0.15)


@pytest.mark.parametrize(
    ("table", "options", "message"),
    [
        (GOOD.drop(columns="y"), (), "column y is missing"),
        (GOOD, ("--freq", "fortnight"), "unknown frequency 'fortnight'"),
        (rows("bad", [np.inf, 1.0]), (), "none of the 1 series can be forecast; the first, 'bad': infinite value"),
    ],
)
def test_a_table_that_cannot_be_used_is_an_error_in_one_line(
    table: pd.DataFrame, options: tuple[str, ...], message: str, tmp_path: Path
) -> None:
    code, said, result = forecast(table, tmp_path, *options)
    assert code == 2
    assert message in said
    assert "Traceback" not in said
    assert result.empty


def test_explanations_and_scores_are_written_beside_the_forecast(tmp_path: Path) -> None:
    options = ("--explain", str(tmp_path / "parts.csv"), "--backtest", str(tmp_path / "scores.csv"))
    code, _, result = forecast(GOOD, tmp_path, *options)
    assert code == 0
    parts, scores = pd.read_csv(tmp_path / "parts.csv"), pd.read_csv(tmp_path / "scores.csv")
    np.testing.assert_allclose(parts["mean"], result["mean"])
    assert scores["horizon"].tolist() == list(range(1, 13))


def test_parts_are_of_the_series_that_are_forecast_and_a_wrong_ending_is_told_before_the_work(
    tmp_path: Path,
) -> None:
    table = pd.concat([GOOD, rows("bad", [*counts(3)[:40], 2.5])])
    parts = tmp_path / "parts.csv"
    code, _, result = forecast(table, tmp_path, "--counts", "--explain", str(parts))
    assert code == 0
    made = pd.read_csv(parts)
    assert made["unique_id"].tolist() == result["unique_id"].tolist()
    np.testing.assert_allclose(made["mean"], result["mean"])
    (tmp_path / "forecast.csv").unlink()
    code, said, result = forecast(GOOD, tmp_path, "--explain", str(tmp_path / "parts.txt"))
    assert code == 2 and result.empty
    assert "parts.txt: expected a name ending .parquet or .csv" in said


def test_the_console_says_the_first_notes_that_differ_and_how_many_more_there_are(tmp_path: Path) -> None:
    zeros = [rows(f"none {i}", [0.0] * 48) for i in range(3)]
    code, said, result = forecast(pd.concat([GOOD, rows("lone", [17.0]), *zeros]), tmp_path, "--horizon", "6")
    assert code == 0
    notes = result.drop_duplicates("unique_id").set_index("unique_id")["note"]
    noted = [line for line in said.splitlines() if line.startswith("noted ")]
    assert noted == [f"noted {name}: {notes[name]}" for name in ("lone", "none 0")]
    assert "... and 2 more noted" in said
    assert "6 series to" in said and "4 with a fallback (column note)" in said
    assert "noted" not in forecast(GOOD, tmp_path, "--horizon", "6")[1]


def test_notes_of_many_parts_are_as_few_as_those_of_one(tmp_path: Path) -> None:
    odd = [rows(f"lone {i}", [17.0], [f"201{i}-01-01"]) for i in range(8)]
    pd.concat([GOOD, *odd]).to_csv(tmp_path / "series.csv", index=False)
    made = forecast_file(tmp_path / "series.csv", tmp_path / "out.csv", together=4, freq="MS", horizon=6, seed=1)
    written = pd.read_csv(tmp_path / "out.csv", keep_default_na=False).drop_duplicates("unique_id")
    assert made.noted == (written["note"] != "").sum() == 8
    assert len(made.notes) == 5
    told = written.set_index("unique_id")["note"].loc[made.notes["unique_id"]]
    assert made.notes["note"].tolist() == told.tolist()
