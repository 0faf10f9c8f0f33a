"""What changed from one edition of the forecast to the next, explained by the same decomposition as all else.

An edition's inputs are kept as one long table. The change of expected need in a year ahead parts into persons (new
counts of them, a new projection), revised data (the same model on today's counts of the years the old edition
knew), rates (what the new years and flags taught), and assumptions.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd

from forecasting.assumption_register import NOTHING_ASSUMED, Register
from forecasting.contracts import DISRUPTED_YEARS, Exposure, NeedInputError
from forecasting.cube import draw_means
from forecasting.drivers import NeedState, Values, need_effects, summarised
from forecasting.histories import complete_year, need_arrays
from forecasting.need_draws import sex_of_group
from forecasting.need_model import NeedModel, fit_need
from forecasting.need_tables import effect_rows
from forecasting.running_year import COLUMNS, check_running
from forecasting.service_plan import YearMeans

KEYS = {
    "population": ("area", "sex", "age", "year", "persons"),
    "projection": ("area", "sex", "age", "year", "persons"),
    "counts": ("area", "service", "sex", "age_group", "year", "count"),
    "flags": ("area", "service", "year", "kind"),
    "running": COLUMNS,
}
LONG = ("table", "area", "service", "sex", "age", "year", "value", "text")
DRAWS = 300


@dataclass(frozen=True)
class EditionInputs:
    """Everything an edition was made from.

    Attributes:
        edition: its name.
        population: see `need.forecast_need`, like all that follow.
        projection: one variant.
        counts: yearly counts.
        hierarchy: areas.
        exposures: by service.
        as_of: ISO date.
        flags: recording breaks.
        register: assumptions of the baseline.
        disrupted_years: years of exceptional circumstances.
        running: totals of the year under way.
    """

    edition: str
    population: pd.DataFrame
    projection: pd.DataFrame
    counts: pd.DataFrame
    hierarchy: pd.DataFrame
    exposures: Mapping[str, Exposure | tuple[int, int, str]]
    as_of: str
    flags: pd.DataFrame | None = None
    register: Register = NOTHING_ASSUMED
    disrupted_years: tuple[int, ...] = DISRUPTED_YEARS
    running: pd.DataFrame | None = None

    def table(self) -> pd.DataFrame:
        """The inputs as one long table: table, area, service, sex, age, year, value, text."""
        parts = [_long("population", self.population, "persons"), _long("projection", self.projection, "persons"),
                 _long("counts", self.counts.rename(columns={"age_group": "age"}), "count")]  # fmt: skip
        if self.flags is not None and len(self.flags):
            parts.append(_long("flags", self.flags.assign(text=self.flags["kind"], value=1.0), "value"))
        under_way = check_running(self.running)
        if len(under_way):
            melted = under_way.melt(
                ["area", "service", "year"], list(KEYS["running"][3:]), var_name="text", value_name="value"
            )
            parts.append(_long("running", melted, "value"))
        settings = {
            "edition": self.edition, "as_of": self.as_of, "register": self.register.model_dump(mode="json"),
            "exposures": {s: list(e) for s, e in self.exposures.items()},
            "hierarchy": self.hierarchy[["area", "parent"]].astype(str).values.tolist(),
            "disrupted_years": list(self.disrupted_years),
        }  # fmt: skip
        row = dict.fromkeys(LONG, "") | {
            "table": "settings",
            "year": 0,
            "value": 0.0,
            "text": json.dumps(settings),
        }
        return pd.concat([*parts, pd.DataFrame([row])], ignore_index=True)[list(LONG)]

    @classmethod
    def from_table(cls, table: pd.DataFrame) -> EditionInputs:
        """The inputs from their long table.

        Raises:
            NeedInputError: the table is not one of an edition.
        """
        settings_rows = table[table["table"] == "settings"] if "table" in table.columns else table.head(0)
        if len(settings_rows) != 1:
            raise NeedInputError(
                "previous edition: expected one row of settings; give the need_inputs of a forecast"
            )
        settings: dict[str, Any] = json.loads(str(settings_rows["text"].iloc[0]))
        parts = {name: table[table["table"] == name] for name in KEYS}
        persons = {
            name: parts[name].rename(columns={"value": "persons"}).astype({"age": int, "year": int})
            for name in ("population", "projection")
        }
        counts = parts["counts"].rename(columns={"value": "count", "age": "age_group"}).astype({"year": int})
        flags = parts["flags"].rename(columns={"text": "kind"}).astype({"year": int})
        return cls(
            settings["edition"],
            persons["population"][list(KEYS["population"])].reset_index(drop=True),
            persons["projection"][list(KEYS["projection"])].reset_index(drop=True),
            counts[list(KEYS["counts"])].reset_index(drop=True),
            pd.DataFrame(settings["hierarchy"], columns=["area", "parent"]),
            {s: Exposure(*e) for s, e in settings["exposures"].items()}, settings["as_of"],
            flags[list(KEYS["flags"])].reset_index(drop=True) if len(flags) else None,
            Register.model_validate(settings["register"]), tuple(settings["disrupted_years"]),
            _running_of(parts["running"]),
        )  # fmt: skip


def _running_of(rows: pd.DataFrame) -> pd.DataFrame | None:
    """Totals of the year under way from their long rows."""
    if rows.empty:
        return None
    wide = rows.pivot(index=["area", "service", "year"], columns="text", values="value")
    return wide.reset_index().rename_axis(columns=None)[list(KEYS["running"])].astype({"year": int})


def _long(name: str, frame: pd.DataFrame, value: str) -> pd.DataFrame:
    out = pd.DataFrame({"table": name}, index=range(len(frame)))
    for column in ("area", "service", "sex", "age", "text"):
        out[column] = frame[column].astype(str).to_numpy() if column in frame.columns else ""
    out["year"] = frame["year"].astype("int64").to_numpy()
    out["value"] = frame[value].astype(float).to_numpy()
    return out


CHANGE_COLUMNS = ("area", "service", "year", "edition", "previous", "driver", "mean", "q0.1", "q0.5", "q0.9")


def explain_editions(
    old: EditionInputs,
    new: EditionInputs,
    *,
    years: tuple[int, ...] | None = None,
    draws: int = DRAWS,
    seed: int = 1,
) -> tuple[pd.DataFrame, dict[str, str]]:
    """Table `need_edition_changes`: why the new edition expects something else than the old one.

    Args:
        old: inputs of the previous edition.
        new: inputs of this one.
        years: years that both look ahead to; 1, 5 and 10 years after the new origin and the last common one when
            left out.
        draws: joint draws behind the intervals; both editions use the same random numbers.
        seed: seed.

    Returns:
        The table, and for each service that cannot be compared the reason.

    Raises:
        NeedInputError: an edition's tables do not fit together, or the areas of its persons differ.
    """
    before, after = _fitted(old, old), _fitted(new, new)
    counts = _known_then(old, new)
    known = replace(old, counts=counts, flags=_flags_then(old, new), running=_running_then(old, counts))
    revised = _fitted(known, old)
    if before.arrays.future.areas != after.arrays.future.areas:
        raise NeedInputError("editions: persons of different areas; bring both to the same boundaries first")
    ahead = years or _common_years(before, after)
    drawn = {
        name: _means(model, edition, ahead, draws, seed)
        for name, model, edition in (("old", before, old), ("revised", revised, old), ("new", after, new))
    }
    parts, refused = [], {}
    for index, service in enumerate(after.services):
        reason = _incomparable(before, revised, after, service)
        if reason:
            refused[service] = reason
            continue
        plan = after.plan(index, ahead)
        effects: dict[tuple[object, object], dict[str, np.ndarray]] = {}
        for t, year in enumerate(ahead):
            states = _states(*(drawn[name][service][t] for name in ("old", "revised", "new")))
            changes = need_effects(*states, plan.node_units, sex_of_group(plan))
            effects[(year, new.edition)] = summarised(changes)
        parts.append(effect_rows(effects, plan.nodes, service, ("year", "edition")))
    refused |= {s: "is not forecast any more" for s in before.services if s not in after.services}
    table = pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=list(CHANGE_COLUMNS))
    return table.assign(previous=old.edition)[list(CHANGE_COLUMNS)], refused


def _states(old: YearMeans, revised: YearMeans, new: YearMeans) -> tuple[NeedState, NeedState]:
    """Both editions as products that share their factors: rates part into what was revised and what was learnt."""
    base = np.maximum(old.rate.astype(np.float64), 1e-12)
    middle = np.maximum(revised.rate.astype(np.float64), 1e-12)
    last = np.maximum(new.rate.astype(np.float64), 1e-12)
    first = NeedState(old.exposure, old.residents, {"rate": base, **old.factors})
    factors: dict[str, Values] = {"rate": base * last / middle, "revision": middle / base, **new.factors}
    return first, NeedState(new.exposure, new.residents, factors)


def _fitted(edition: EditionInputs, day: EditionInputs) -> NeedModel:
    arrays = need_arrays(
        edition.population, edition.projection, edition.counts, edition.hierarchy, edition.exposures,
        as_of=day.as_of, flags=edition.flags, running=edition.running,
    )  # fmt: skip
    return fit_need(arrays, edition.disrupted_years)


def _known_then(old: EditionInputs, new: EditionInputs) -> pd.DataFrame:
    """Today's counts of the years and services that the old edition had."""
    last = int(old.counts["year"].max())
    services = set(old.counts["service"].astype(str))
    same = new.counts[(new.counts["year"] <= last) & new.counts["service"].astype(str).isin(services)]
    return same.reset_index(drop=True)


def _flags_then(old: EditionInputs, new: EditionInputs) -> pd.DataFrame | None:
    if new.flags is None:
        return None
    services = set(old.counts["service"].astype(str))
    known = new.flags[(new.flags["year"] <= complete_year(old.as_of)) & new.flags["service"].isin(services)]
    return known.reset_index(drop=True)


def _running_then(old: EditionInputs, counts: pd.DataFrame) -> pd.DataFrame | None:
    """The old running year of services that today's counts tell of in the same areas and to the same year."""
    if old.running is None or old.running.empty:
        return None
    then, now = (
        {str(s): (set(rows["area"].astype(str)), rows["year"].max()) for s, rows in table.groupby("service")}
        for table in (old.counts, counts)
    )
    same = {service for service, what in now.items() if then.get(service) == what}
    return old.running[old.running["service"].astype(str).isin(same)].reset_index(drop=True)


def _common_years(before: NeedModel, after: NeedModel) -> tuple[int, ...]:
    origin = max(r.origin for r in after.rates)
    last = min(before.arrays.future.years[-1], after.arrays.future.years[-1])
    return tuple(sorted({y for y in (origin + 1, origin + 5, origin + 10, last) if origin < y <= last}))


def _means(
    model: NeedModel, edition: EditionInputs, years: tuple[int, ...], draws: int, seed: int
) -> dict[str, list[YearMeans]]:
    levers = model.levers(edition.register, draws, seed)
    population = model.population(draws, seed)
    return {
        service: list(draw_means(model.plan(i, years, levers), population, seed, model.area_share))
        for i, service in enumerate(model.services)
    }


def _incomparable(before: NeedModel, revised: NeedModel, after: NeedModel, service: str) -> str:
    if service not in before.services:
        return "is new in this edition"
    if service not in revised.services:
        return "has no counts of the years that the previous edition knew"
    histories = [m.rates[m.services.index(service)].history for m in (before, revised, after)]
    shapes = {(h.units, h.sexes, h.ages) for h in histories}
    return "" if len(shapes) == 1 else "has other areas, sexes or age groups than before"
