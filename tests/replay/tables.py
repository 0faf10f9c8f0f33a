"""Tables the replay server answers from: small ones of its own, and recorded ones when they are at hand."""

from __future__ import annotations

import itertools
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

MUNICIPALITIES = {"016": "Asikkala", "098": "Hollola", "398": "Lahti", "507": "Mäntyharju"}
FORMER = {"588": "Pertunmaa"}
AGES = {f"{age:03d}": str(age) for age in range(100)} | {"100-": "100 -"}
TOTAL = "SSS"


@dataclass(frozen=True)
class Dimension:
    """A variable with its values (code -> label) and its json-stat role."""

    code: str
    label: str
    values: Mapping[str, str]
    role: str = ""


@dataclass
class ReplayTable:
    """A table: dimensions, a value for every cell, and recorded cells that go before it."""

    name: str
    title: str
    updated: str
    dimensions: Sequence[Dimension]
    value: Callable[[Sequence[str]], float | None]
    recorded: dict[tuple[str, ...], float] = field(default_factory=dict)

    def cell(self, codes: Sequence[str]) -> float | None:
        return self.recorded.get(tuple(codes), self.value(codes))

    def metadata_v1(self) -> dict[str, Any]:
        variables = []
        for d in self.dimensions:
            variable: dict[str, Any] = {
                "code": d.code,
                "text": d.label,
                "values": list(d.values),
                "valueTexts": list(d.values.values()),
            }
            if d.role == "time":
                variable["time"] = True
            variables.append(variable)
        return {"title": self.title, "variables": variables}

    def dataset(self, selection: Mapping[str, Sequence[str]], *, with_values: bool = True) -> dict[str, Any]:
        """The json-stat2 answer; a variable that is not selected is given whole."""
        chosen = [(d, list(selection.get(d.code, d.values))) for d in self.dimensions]
        roles: dict[str, list[str]] = {}
        for d, _ in chosen:
            if d.role:
                roles.setdefault(d.role, []).append(d.code)
        answer: dict[str, Any] = {
            "version": "2.0",
            "class": "dataset",
            "label": self.title,
            "updated": self.updated,
            "role": roles,
            "id": [d.code for d, _ in chosen],
            "size": [len(codes) for _, codes in chosen],
            "dimension": {
                d.code: {
                    "label": d.label,
                    "category": {
                        "index": {code: i for i, code in enumerate(codes)},
                        "label": {code: d.values[code] for code in codes},
                    },
                }
                for d, codes in chosen
            },
        }
        if with_values:
            answer["value"] = [self.cell(codes) for codes in itertools.product(*(c for _, c in chosen))]
        return answer


def persons(area: str, year: int, sex: str, age: int) -> int:
    """Persons of the small tables: a number that tells where it comes from."""
    return int(area) + 10_000 * (1 if sex == "male" else 2) + 100_000 * age + (year - 2000)


def speakers(area: str, year: int, language: str) -> int:
    """Speakers of the small language table, both sexes."""
    return {"fi": 1000, "sv": 100, "se": 10, "other": 5}[language] + int(area) + (year - 2000)


def _age_sex_value(order: Sequence[str]) -> Callable[[Sequence[str]], float | None]:
    def value(codes: Sequence[str]) -> float | None:
        at = dict(zip(order, codes, strict=True))
        areas = MUNICIPALITIES if at["area"] == TOTAL else [at["area"].removeprefix("KU")]
        sexes = {"1": ["male"], "2": ["female"]}.get(at["sex"], ["male", "female"])
        ages = range(101) if at["age"] == TOTAL else [int(at["age"].rstrip("-"))]
        return sum(persons(a, int(at["time"]), s, n) for a in areas for s in sexes for n in ages)

    return value


def _areas(former: Mapping[str, str] | None = None) -> dict[str, str]:
    known = {**MUNICIPALITIES, **(former or {})}
    return {TOTAL: "KOKO MAA"} | {f"KU{code}": name for code, name in known.items()}


SEXES = {TOTAL: "Yhteensä", "1": "Miehet", "2": "Naiset"}


def statfin_tables(dialect: str, recorded: Path | None = None) -> dict[str, ReplayTable]:
    """The four StatFin tables by subject/name, in the 2026 dialect, the older one or with unheard-of codes."""
    names = {
        "2026": ("alue_23_{}0101", "ikaryhma_10_20180101", "sukupuoli_9_20180101", "timeperiod_y", "contentscode"),
        "older": ("Alue", "Ikä", "Sukupuoli", "Vuosi", "Tiedot"),
        "renamed": ("v1_{}", "v2", "v3", "v4", "v5"),
        "unknown": ("v1_{}", "v2", "v3", "v4", "v5"),
    }[dialect]
    labels = ["Alue", "Ikä", "Sukupuoli", "Vuosi", "Tiedot"]
    if dialect == "unknown":
        labels[0] = "Paikka"

    def dimension(i: int, values: Mapping[str, str], role: str = "", vintage: int = 2026) -> Dimension:
        return Dimension(names[i].format(vintage), labels[i], values, role)

    years = {str(y): str(y) for y in range(2020, 2026)}
    ages = {TOTAL: "Yhteensä", **AGES}
    areas, old_areas = _areas(), _areas(FORMER)
    if recorded:
        areas |= {"KU049": "Espoo", "KU091": "Helsinki", "KU092": "Vantaa"}
    population = ReplayTable(
        "11re",
        "Väestö 31.12. muuttujina Alue, Ikä, Sukupuoli, Vuosi ja Tiedot",
        "2026-04-01T05:00:00Z",
        (
            dimension(0, areas, "geo"),
            dimension(1, ages),
            dimension(2, SEXES),
            dimension(3, years, "time"),
            dimension(4, {"vaerak-vaesto": "Väestö 31.12."}, "metric"),
        ),
        _age_sex_value(("area", "age", "sex", "time", "contents")),
        _recorded_cells(recorded),
    )
    ahead = {str(y): str(y) for y in range(2024, 2028)}

    def projection(name: str, content: str) -> ReplayTable:
        return ReplayTable(
            name,
            "Väestöennuste 2024",
            "2024-10-24T05:00:00Z",
            (
                dimension(0, old_areas, "geo", 2024),
                dimension(3, ahead, "time"),
                dimension(2, SEXES),
                dimension(1, ages),
                dimension(4, {content: "Väestö 31.12. (ennuste 2024)"}, "metric"),
            ),
            _age_sex_value(("area", "time", "sex", "age", "contents")),
        )

    def language_value(codes: Sequence[str]) -> float | None:
        area, language, sex, year, _ = codes
        areas_ = MUNICIPALITIES if area == TOTAL else [area.removeprefix("KU")]
        tongues = {TOTAL: ["fi", "sv", "se", "other"], "01": ["fi", "sv", "se"], "02": ["other"]}.get(
            language, [language]
        )
        both = sum(speakers(a, int(year), t) for a in areas_ for t in tongues)
        return {TOTAL: both, "1": both // 2, "2": both - both // 2}[sex]

    tongues = {
        TOTAL: "Yhteensä",
        "01": "KOTIMAISET KIELET YHTEENSÄ",
        "fi": "suomi",
        "sv": "ruotsi",
        "se": "saame",
        "02": "VIERASKIELISET YHTEENSÄ",
    }
    languages = ReplayTable(
        "11rm",
        "Kieli sukupuolen mukaan kunnittain",
        "2026-04-01T05:00:00Z",
        (
            dimension(0, areas, "geo"),
            Dimension("kieli_15_20180102" if dialect == "2026" else "Kieli", "Kieli", tongues),
            dimension(2, SEXES),
            dimension(3, years, "time"),
            dimension(4, {"vaesto": "Väestö 31.12."}, "metric"),
        ),
        language_value,
    )
    return {
        "vaerak/11re": population,
        "vaenn/14wx": projection("14wx", "vaesto_e24"),
        "vaenn/14x1": projection("14x1", "vaesto_omav_e24"),
        "vaerak/11rm": languages,
    }


def _recorded_cells(folder: Path | None) -> dict[tuple[str, ...], float]:
    cells: dict[tuple[str, ...], float] = {}
    for path in sorted((folder / "pxweb_recorded").glob("statfin_v1_11re_*.jsonstat2.json")) if folder else ():
        cells |= recorded_values(json.loads(path.read_text(encoding="utf-8")))
    return cells


def recorded_values(dataset: Mapping[str, Any]) -> dict[tuple[str, ...], float]:
    """Cells of a recorded json-stat2 answer by their codes."""
    codes = []
    for name in dataset["id"]:
        index = dataset["dimension"][name]["category"]["index"]
        codes.append(sorted(index, key=index.get) if isinstance(index, dict) else index)
    return dict(zip(itertools.product(*codes), dataset["value"], strict=True))


def swedish_table() -> ReplayTable:
    """A small table as a PxWeb 2 office serves it: its own names, codes and age groups among single years."""
    ages = {"TotSA": "totalt"} | {str(a): f"{a} år" for a in range(100)} | {"100+": "100+ år", "5-9": "5-9 år"}
    single = _age_sex_value(("area", "age", "sex", "contents", "time"))

    def value(codes: Sequence[str]) -> float | None:
        area, age, sex, contents, year = codes
        age = {"TotSA": TOTAL, "100+": "100"}.get(age, age)
        return None if age == "5-9" else single((area, age, TOTAL if sex == "TotSa" else sex, contents, year))

    return ReplayTable(
        "TAB1",
        "Folkmängd efter region, ålder, kön och år",
        "2026-06-08T06:00:00Z",
        (
            Dimension("Region", "region", {"0114": "Upplands Väsby", "0115": "Vallentuna"}),
            Dimension("Alder", "ålder", ages),
            Dimension("Kon", "kön", {"TotSa": "totalt", "1": "män", "2": "kvinnor"}),
            Dimension("ContentsCode", "tabellinnehåll", {"000007SF": "Folkmängd"}, "metric"),
            Dimension("Tid", "år", {"2024": "2024", "2025": "2025"}, "time"),
        ),
        value,
    )
