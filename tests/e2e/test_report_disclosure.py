"""An outsider reads the tables of every report and works out no small number of cases, defects or observations."""

from __future__ import annotations

import re
from collections.abc import Iterator

import openpyxl
import polars as pl
import pytest

from reporting.texts import Texts
from tests.e2e.conftest import CODE
from tests.e2e.test_disclosure import AREAS, COUNTY, K, Tables, lake  # noqa: F401 (a fixture)
from tests.reporting.attacker import narrowed

FI = Texts("fi")
PLACES = (CODE, *AREAS)
STEPS = ("to_assessment", "to_decision")


def rows_under(page: str, *headings: str) -> Iterator[dict[str, str]]:
    """Rows of the page's tables that have these headings, by heading."""
    named: list[str] | None = None
    for row in Tables(page).rows:
        if set(headings) <= set(row):
            named = row
        elif named is not None and len(row) == len(named):
            yield dict(zip(named, row, strict=True))
        else:
            named = None


def number(text: str) -> float | None:
    digits = re.sub(r"[\s\u2060]", "", text)
    return float(digits) if digits.isdigit() else None


def share(text: str) -> tuple[float, float] | None:
    """Ends of a share that is told in whole per cent, or from below."""
    found = re.match(r"(yli )?(\d+)\s?%", text.replace("\u00a0", " "))
    if not found:
        return None
    value = float(found.group(2)) / 100
    return (value, 1.0) if found.group(1) else (max(0.0, value - 0.005), min(1.0, value + 0.005))


def page_of(published, kind: str, place: str) -> str:
    return (published.release / kind / f"{kind}_{place}_fi.html").read_text(encoding="utf-8")


def add_up(truth: dict, wholes: dict) -> list:
    """What adds up in truth of the sums a reader expects."""
    kept = [(whole, [part for part in parts if part in truth]) for (whole, _), parts in wholes.items()]
    return [(whole, parts) for whole, parts in kept if parts and sum(truth[p] for p in parts) == truth[whole]]


def all_but(goals: list[tuple], truth: dict) -> dict:
    """What readers would know were the small numbers alone hidden: the attacker then finds some of them."""
    return {cell: n for cell, n in truth.items() if cell not in set(goals)}


def test_no_small_number_of_cases_follows_from_the_tables_of_times(published, lake):  # noqa: F811
    truth: dict[tuple, int] = {}
    for r in lake("case_times").iter_rows(named=True):
        place, step = (r["area"], r["service_task"]), r["measure"]
        truth["begun", *place] = r["n"] + r["open"]
        kinds = {"reached": r["n"], "open": r["open"], "within": r["within"], "late": r["due"] - r["within"]}
        truth |= {(kind, step, *place): n for kind, n in kinds.items()} | {("due", step, *place): r["due"]}
    tasks = {"all": FI.get("ssw-all-tasks")}
    for _, task in {cell[-2:] for cell in truth} - {(a, "all") for a in PLACES}:
        tasks[task] = FI.of("ssw-task", task or "unstated")
    codes = {name: code for code, name in tasks.items()}
    task_heading, begun, still, within = (
        FI.get(f"ssw-{word}") for word in ("task", "reached", "still-open", "within")
    )
    told: dict[tuple, float] = {}
    limits = []
    for place in PLACES:
        seen: list[str] = []
        for row in rows_under(page_of(published, "structural", place), task_heading, begun, still, within):
            task = codes[row[task_heading]]
            step = STEPS[seen.count(task)]  # the same tasks stand in both tables, in their order
            seen.append(task)
            for cell, text in ((("begun", place, task), row[begun]), (("open", step, place, task), row[still])):
                if (n := number(text)) is not None:
                    assert n == truth[cell], cell
                    told[cell] = n
            if (ends := share(row[within])) is not None:
                due, met = ("due", step, place, task), ("within", step, place, task)
                limits += [({due: ends[0], met: -1.0}, 0.0), ({met: 1.0, due: -ends[1]}, 0.0)]
        assert len(seen) >= 2 * 3, place
    wholes: dict[tuple, list] = {}
    for cell in truth:
        *what, area, task = cell
        if area == CODE:
            wholes[(*what, area, task), "areas"] = [(*what, a, task) for a in AREAS]
        if task == "all":
            wholes[(*what, area, task), "tasks"] = [(*what, area, t) for t in tasks if t != "all"]
        if what[0] == "reached":
            step = what[1]
            wholes[("begun", area, task), step] = [cell, ("open", step, area, task)]
            due = ("due", step, area, task)
            wholes[due, "parts"] = [("within", step, area, task), ("late", step, area, task)]
            limits.append(({cell: 1.0, due: -1.0}, 0.0))
            limits.append(({due: 1.0, ("begun", area, task): -1.0}, 0.0))
            limits.append(({("within", step, area, task): 1.0, cell: -1.0}, 0.0))
    sums = add_up(truth, wholes)
    assert all(sum(w * truth[c] for c, w in weights.items()) <= most + 0.5 for weights, most in limits)
    goals = [cell for cell, n in truth.items() if 0 < n < K and cell[0] in ("begun", "open", "late")]
    assert len(goals) > 20
    assert not set(goals) & set(told)
    assert narrowed(told, sums, goals, K, limits) == {}
    assert narrowed(all_but(goals, truth), sums, goals, K, limits)


TOPICS = {"phenomenon": "phenomenon", "affected_group": "group", "service_gap": "gap", "proposal": "proposal"}


def test_no_small_number_of_observations_follows_from_what_the_pages_tell(published, lake):  # noqa: F811
    observed = lake("observations").with_columns(
        area=pl.col("municipality").replace_strict(COUNTY.area_of_municipality)
    )
    observed = observed.filter(pl.col("observed_on").is_between(pl.date(2025, 11, 1), pl.date(2026, 10, 31)))
    placed = pl.concat([observed, observed.with_columns(area=pl.lit(CODE))])
    truth: dict[tuple, int] = {}
    for topic in TOPICS:
        counted = placed.group_by("area", pl.col(topic).fill_null("unstated").alias("code")).len()
        known = {(area, code): n for area, code, n in counted.iter_rows()}
        for code in sorted({code for _, code in known}):
            truth |= {(topic, area, code): known.get((area, code), 0) for area in PLACES}
    truth |= {("all", area, ""): placed.filter(area=area).height for area in PLACES}
    told: dict[tuple, float] = {}
    count = FI.get("ssw-count")
    for place in PLACES:
        page = page_of(published, "structural", place)
        listed: set[tuple] = set()
        for topic, family in TOPICS.items():
            names = {
                FI.of(f"ssw-{family}", c): c for t, _, c in truth if t == topic and FI.has(f"ssw-{family}", c)
            }
            for row in rows_under(page, count):
                first = next(iter(row.values()))
                if first in names:
                    cell = (topic, place, names[first])
                    listed.add(cell)
                    if (n := number(row[count])) is not None:
                        assert n == truth[cell], cell
                        told[cell] = n
        hidden = " ".join(re.findall(r"[^.>]*salattu tietosuojan vuoksi[^<]*", page, re.IGNORECASE)).lower()
        for cell in truth:
            named = cell[1] == place and FI.has(f"ssw-{TOPICS.get(cell[0], 'none')}", cell[2])
            if named and cell not in listed and FI.of(f"ssw-{TOPICS[cell[0]]}", cell[2]).lower() not in hidden:
                assert truth[cell] == 0, cell  # what is not listed was not observed
                told[cell] = 0.0
        numbers = set(re.findall(r"\d+", re.sub(r"(?<=\d)\u00a0(?=\d)", "", page)))
        if str(truth["all", place, ""]) in numbers:
            told["all", place, ""] = truth["all", place, ""]
    sums = [((t, CODE, c), [(t, a, c) for a in AREAS]) for t, place, c in truth if place == CODE]
    for area in PLACES:
        for topic in TOPICS:
            sums.append((("all", area, ""), [c for c in truth if c[:2] == (topic, area)]))
    goals = [cell for cell, n in truth.items() if 0 < n < K]
    assert len(goals) > 20
    assert not set(goals) & set(told)
    assert narrowed(told, sums, goals, K) == {}
    assert narrowed(all_but(goals, truth), sums, goals, K)


def test_no_small_number_of_defects_follows_from_the_tables_of_checks(published, lake):  # noqa: F811
    from assets.own_rules import county_catalogue
    from lake.settings import Settings

    catalogue = county_catalogue(Settings(data=published.data), COUNTY.slug)
    titles = {rule.title.fi: rule.id for rule in catalogue.rules}
    cells = lake("cells").filter(pl.col("area").is_in(AREAS))
    counted = (
        pl.concat([cells, cells.with_columns(area=pl.lit(CODE))])
        .group_by("rule_id", "area")
        .agg(pl.col("failed", "eligible").sum())
    )
    failed = {(rule, area): n for rule, area, n in counted.select("rule_id", "area", "failed").iter_rows()}
    eligible = {(rule, area): n for rule, area, n in counted.select("rule_id", "area", "eligible").iter_rows()}
    truth: dict[tuple, float] = {}
    for rule in {rule for rule, _ in failed}:
        truth |= {("failed", rule, area): float(failed.get((rule, area), 0)) for area in PLACES}
    check, defects = FI.get("rq-check"), FI.get("rq-failed")
    told: dict[tuple, float] = {}
    for place in PLACES:
        for row in rows_under(page_of(published, "quality", place), check, defects):
            if row[check] in titles and (n := number(row[defects])) is not None:
                # The list of all checks with their denominators is the county's, in every report.
                at = CODE if FI.get("rq-eligible") in row else place
                assert n == truth["failed", titles[row[check]], at], (row, at)
                told["failed", titles[row[check]], at] = n
    assert len(told) > 50
    sums = [(("failed", rule, CODE), [("failed", rule, a) for a in AREAS]) for _, rule, p in truth if p == CODE]
    weights = {rule.id: (rule.dimension, rule.weight) for rule in catalogue.scored}
    scores = pl.read_parquet(published.release / "tables" / "quality_scores.parquet").drop_nulls("index")
    exact = lake("quality_scores").filter(pl.col("level") != "unit")
    for level, area, dimension, index in scores.select("level", "area", "dimension", "index").iter_rows():
        place = CODE if level == "county" else area
        own = [r for r, (d, _) in weights.items() if ("failed", r, place) in truth and dimension in (d, "overall")]
        parts = [("failed", r, place) for r in own]
        row = exact.filter(level=level, dimension=dimension)
        row = row if level == "county" else row.filter(area=area)
        assert row["failed"].item() == sum(truth[p] for p in parts)
        truth["score", place, dimension] = told["score", place, dimension] = float(row["failed"].item())
        sums.append((("score", place, dimension), parts))
        lost = sum(weights[r][1] * truth["failed", r, place] for r in own)
        checked = sum(weights[r][1] * eligible.get((r, place), 0) for r in own)
        assert lost == pytest.approx((1 - index) * checked, abs=0.01)
        for kind in sorted({weights[r][1] for r in own}):
            truth["weight", place, dimension, kind] = sum(
                truth["failed", r, place] for r in own if weights[r][1] == kind
            )
            sums.append(
                (("weight", place, dimension, kind), [("failed", r, place) for r in own if weights[r][1] == kind])
            )
        if len({weights[r][1] for r in own}) == 2:  # two unknowns, two sums: each weight's defects are told
            told |= {c: n for c, n in truth.items() if c[:3] == ("weight", place, dimension)}
    goals = [cell for cell, n in truth.items() if cell[0] == "failed" and 0 < n < K]
    assert len(goals) > 20
    assert not set(goals) & set(told)
    assert narrowed(told, sums, goals, K) == {}
    assert narrowed(all_but(goals, truth), sums, goals, K)


def shown(text: str) -> float | None:
    """A number of a table; a dash stands for none of it."""
    return 0.0 if text == "–" else number(text)


def test_no_small_number_of_cases_follows_from_the_tables_of_the_process(published, lake):  # noqa: F811
    """Who conforms, by task and area, and where open cases stand: counts, their sums, and what is part of what."""
    truth: dict[tuple, int] = {}
    for r in lake("process_conformance").filter(pl.col("level") != "unit").iter_rows(named=True):
        place = (r["service_task"], r["area"])
        truth |= {("judged", *place): r["judged"], ("conforming", *place): r["conforming"]}
        truth["deviating", *place] = r["judged"] - r["conforming"]
    for r in lake("phase_stalls").filter(pl.col("level") != "unit", service_task="all").iter_rows(named=True):
        truth |= {("open", r["phase"], r["area"]): r["open"], ("long", r["phase"], r["area"]): r["long"]}
    judged_tasks = {code for kind, code, _ in truth if kind == "judged"}
    tasks = {FI.get("rq-all-tasks") if t == "all" else FI.of("ssw-task", t or "unstated"): t for t in judged_tasks}
    phases = {FI.of("rq-phase", phase): phase for kind, phase, _ in truth if kind == "open"}
    task, judged, deviate, phase, still, longer = (
        FI.get(f"rq-{word}")
        for word in ("task", "cases-judged", "deviate", "phase", "open-cases", "longer-than-usual")
    )
    told: dict[tuple, float] = {}
    for place in PLACES:
        page = page_of(published, "quality", place)
        for row in rows_under(page, task, judged, deviate):
            if row[task] in tasks:
                told |= seen(truth, {"judged": row[judged], "deviating": row[deviate]}, tasks[row[task]], place)
        for row in rows_under(page, phase, still, longer):
            if row[phase] in phases:
                told |= seen(truth, {"open": row[still], "long": row[longer]}, phases[row[phase]], place)
    assert {kind for kind, _, _ in told} == {"judged", "deviating", "open", "long"}
    wholes: dict[tuple, list] = {}
    limits = []
    for kind, code, place in truth:
        if place == CODE:
            wholes[(kind, code, place), "areas"] = [(kind, code, area) for area in AREAS]
        if code == "all":
            parts = [(kind, other, place) for k, other, p in truth if (k, p) == (kind, place) and other != "all"]
            wholes[(kind, code, place), "tasks"] = parts
        if kind == "judged":
            wholes[(kind, code, place), "kinds"] = [(part, code, place) for part in ("conforming", "deviating")]
        if kind == "long":
            limits.append(({(kind, code, place): 1.0, ("open", code, place): -1.0}, 0.0))
    sums = add_up(truth, wholes)
    goals = [cell for cell, n in truth.items() if 0 < n < K and cell[0] != "judged"]
    assert len(goals) > 10
    assert not set(goals) & set(told)
    assert narrowed(told, sums, goals, K, limits) == {}
    assert narrowed(all_but(goals, truth), sums, goals, K, limits)


def seen(truth: dict[tuple, int], texts: dict[str, str], code: str, place: str) -> dict[tuple, float]:
    """The numbers of a row, which are the true ones, by cell."""
    found = {(kind, code, place): shown(text) for kind, text in texts.items()}
    kept = {cell: n for cell, n in found.items() if n is not None}
    assert all(truth[cell] == n for cell, n in kept.items()), kept
    return kept


def test_no_time_between_phases_rests_on_few_cases(published, lake):  # noqa: F811
    times = lake("phase_times").filter(pl.col("level") != "unit")
    heads = {
        f"{FI.of('rq-phase', a)} → {FI.of('rq-phase', b)}": (a, b)
        for a, b in times.select("from_phase", "to_phase").unique().iter_rows()
    }
    cases = {
        (task, a, b, area): n
        for task, a, b, area, n in times.select("service_task", "from_phase", "to_phase", "area", "cases").rows()
    }
    codes = {FI.get("rq-all-tasks") if t == "all" else FI.of("ssw-task", t or "unstated"): t for t, *_ in cases}
    told = 0
    for place in PLACES:
        for row in rows_under(page_of(published, "quality", place), FI.get("rq-task"), *heads):
            for head, step in heads.items():
                n = cases.get((codes[row[FI.get("rq-task")]], *step, place), 0)
                told += n >= K and bool(re.search(r"\d", row[head]))
                assert n >= K or not re.search(r"\d", row[head]), (place, row, head)
    assert told > 5


@pytest.mark.parametrize("language", COUNTY.languages)
def test_the_workbook_s_sheet_of_quality_tells_what_the_table_tells_and_no_more(published, lake, language):  # noqa: F811
    texts = Texts(language)
    path = next((published.release / "workbook").glob(f"*-{language}.xlsx"))
    sheet = openpyxl.load_workbook(path, read_only=True)[texts.get("sheet-quality")]
    areas = {name: code for code, name in COUNTY.area_names(language).items()}
    dimensions = {texts.of("dimension", d): d for d in lake("quality_scores")["dimension"].unique()}
    levels = {texts.of("level", level): level for level in ("area", "county")}
    table = pl.read_parquet(published.release / "tables" / "quality_scores.parquet")
    columns = ("documents", "eligible", "failed", "index")
    keyed = table.select("level", pl.col("area").fill_null(CODE), "dimension", *columns).rows()
    told = {row[:3]: row[3:] for row in keyed}
    read = 0
    for level, area, dimension, *figures in sheet.iter_rows(values_only=True, min_row=5, max_col=7):
        expected = told[levels[level], areas[area], dimensions[dimension]]
        numbers = tuple(f if isinstance(f, int | float) else None for f in figures)
        assert numbers == pytest.approx(expected, abs=1e-4), (level, area, dimension)
        assert numbers[2] is None or numbers[2] == 0 or numbers[2] >= K
        read += 1
    assert read == table.height
