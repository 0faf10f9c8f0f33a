"""A small invented county with every table a report may be given: 4 areas, 3 services, 5 age groups."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path

import numpy as np
import polars as pl

from counties import County, load_county
from reporting.inputs import MONTH_PARTS, QUANTILES, ReportInputs, Source

SERVICES = ("home_care", "doctor_visit", "child_protection")
STARTS = (0, 18, 65, 75, 85)
LAST_YEAR, END = 2025, 2045
AS_OF = date(2026, 11, 15)
_Z = dict(zip(QUANTILES, (-1.96, -1.645, -1.2816, -0.6745, 0.0, 0.6745, 1.2816, 1.645, 1.96), strict=True))


def sample_county() -> County:
    """Lapland with three services and five age groups."""
    county = load_county("lappi")
    services = tuple(s for s in county.services if s.code in SERVICES)
    return county.model_copy(
        update={"services": services, "age_groups": county.age_groups.model_copy(update={"starts": STARTS})}
    )


def sample_inputs(
    *,
    county: County | None = None,
    seed: int = 1,
    client_records: bool = True,
    boundaries: Path | None = None,
) -> ReportInputs:
    """Inputs of a synthetic run (`client_records`) or of one on open data alone.

    Args:
        county: the county; `sample_county()` when left out (any other works too, and is larger).
        seed: seed of the invented counts.
        client_records: whether tables made from clients' records are there.
        boundaries: boundary file of the county.
    """
    county = county or sample_county()
    rng = np.random.default_rng(seed)
    open_data = {
        "population": _people(county, range(2018, LAST_YEAR + 1), rng),
        "projection": _people(county, range(2024, END + 1), rng).with_columns(pl.lit("trend").alias("variant")),
        "indicators": _indicators(county, rng),
        "indicator_forecast": _indicator_forecast(county, rng),
        "indicator_scorecard": _scorecard("indicator", [str(i.id) for i in county.indicators[:4]], rng),
    }
    records = {} if not client_records else _records(county, rng)
    return ReportInputs(
        county=county,
        edition="2026-11",
        as_of=AS_OF,
        synthetic=client_records,
        boundaries=boundaries,
        sources=(
            Source("Tilastokeskus, StatFin 11re", "2026-04-02", "CC BY 4.0", "population 31 December"),
            Source("Tilastokeskus, StatFin 14wx", "2024-10-24", "CC BY 4.0", "projection, trend"),
            Source("THL, Sotkanet", "2026-11-10", "CC BY 4.0", "open indicators"),
        ),
        **open_data,
        **records,
    )


def by_rounding(inputs: ReportInputs) -> ReportInputs:
    county = inputs.county
    mode = county.disclosure.model_copy(update={"mode": "round"})
    return replace(inputs, county=county.model_copy(update={"disclosure": mode}))


def _records(county: County, rng: np.random.Generator) -> dict[str, pl.DataFrame]:
    need = _need(county, rng)
    services = [s.code for s in county.services]
    return {
        "need_forecast": need,
        "need_drivers": _marked(_drivers(need), "to_year"),
        "need_scorecard": _scorecard("service", services, rng).with_columns(published="champion"),
        "need_scenarios": _marked(_scenarios(need), "year"),
        "need_scores_by_size": _scores_by_size(services),
        "need_scenario_drivers": _marked(_scenario_drivers(need), "year"),
        "need_tornado": _marked(_tornado(need), "year"),
        "need_assumptions": _assumptions(),
        "need_variance": _marked(_variance(need), "year"),
        "month_forecast": (months := _months(county, rng)),
        "month_parts": _month_parts(months),
        "month_ages": _month_ages(months, county),
        "month_age_scorecard": pl.DataFrame(
            {"service": services, "model": "age_shares", "origins": 2, "n": 480, "crps": 2.1, "crps_skill": 0.04}
        ).with_columns(coverage80=0.82, coverage95=0.95, champion=True),
        "month_scorecard": _scorecard("service", services, rng),
        "month_pins": pl.DataFrame(
            {
                "service": services[:2],
                "pinned": ["seasonal_naive", "batch"],
                "otherwise": "batch",
                "cost": [0.125, 0.0],
            }
        ),
        "measures": _measures(county, rng),
        "quality_scores": _quality_scores(county, rng),
        "cells": _cells(county, rng),
        "violations": _violations(county, rng),
        "observations": _observations(county, rng),
    }


def with_a_small_service(inputs: ReportInputs) -> ReportInputs:
    """The edition with totals over sex and age alone, and 3 visits in the last year of one area and service."""
    need = inputs.need("need_forecast").filter((pl.col("sex") == "all") & (pl.col("age_group") == "all"))
    last = (pl.col("service") == "home_care") & (pl.col("year") == LAST_YEAR)
    few = last & (pl.col("area") == inputs.county.service_areas[-1].code)
    total = last & (pl.col("area") == inputs.county.code)
    lost = need.filter(few)["mean"].sum() - 3.0
    mean = pl.when(few).then(3.0).when(total).then(pl.col("mean") - lost).otherwise(pl.col("mean"))
    return replace(inputs, need_forecast=need.with_columns(mean.alias("mean")), month_forecast=None)


def _sizes(county: County) -> list[float]:
    return [2000.0 / (i + 1) ** 1.3 for i in range(len(county.service_areas))]


def _quantiles(mean: pl.Expr, spread: pl.Expr) -> list[pl.Expr]:
    return [pl.max_horizontal(mean + z * spread, pl.lit(0.0)).alias(q) for q, z in _Z.items()]


def _need(county: County, rng: np.random.Generator) -> pl.DataFrame:
    rows = []
    for area, size in zip(county.service_areas, _sizes(county), strict=True):
        for s, service in enumerate(county.services):
            for g, group in enumerate(county.age_groups.labels):
                for sex in ("male", "female"):
                    weight = (1.0 if g == 0 else 0.0) if service.max_age < 18 else g + 0.05
                    base = size * weight / 40 * (1 + s % 3)
                    for year in range(LAST_YEAR - 5, END + 1):
                        mean = base * 1.015 ** (year - LAST_YEAR)
                        count = float(rng.poisson(mean)) if year <= LAST_YEAR else mean
                        rows.append((area.code, service.code, sex, group, year, count))
    parts = pl.DataFrame(rows, schema=["area", "service", "sex", "age_group", "year", "mean"], orient="row")
    table = parts
    for column, total in (("area", county.code), ("sex", "all"), ("age_group", "all")):
        key = [c for c in ("area", "service", "sex", "age_group", "year") if c != column]
        sums = table.group_by(key, maintain_order=True).agg(pl.col("mean").sum())
        table = pl.concat([table, sums.with_columns(pl.lit(total).alias(column)).select(table.columns)])
    ahead = (pl.col("year") - LAST_YEAR).clip(0, None)
    mean = pl.col("mean")
    spread = (mean + (0.008 * mean * ahead) ** 2).sqrt()
    observed = pl.col("year") <= LAST_YEAR
    return (
        table.with_columns(_quantiles(mean, spread))
        .with_columns(pl.when(observed).then(None).otherwise(pl.col(q)).alias(q) for q in QUANTILES)
        .with_columns(
            pl.when(observed).then(pl.lit("observed")).otherwise(pl.lit("forecast")).alias("kind"),
            (ahead <= 5).alias("validated"),
            pl.when((pl.col("service") == "doctor_visit") & (pl.col("year") == 2023))
            .then(pl.lit("break"))
            .when(pl.col("year") == LAST_YEAR + 1)
            .then(pl.lit("running"))
            .when((pl.col("service") == "home_care") & pl.col("year").is_between(LAST_YEAR + 2, LAST_YEAR + 3))
            .then(pl.lit("followed"))
            .otherwise(pl.lit(""))
            .alias("flag"),
        )
        .select("area", "service", "sex", "age_group", "year", "kind", "mean", *QUANTILES, "validated", "flag")
        .sort("area", "service", "sex", "age_group", "year")
    )


def _marked(table: pl.DataFrame, year: str) -> pl.DataFrame:
    """Tested for five years ahead, as the forecast is."""
    return table.with_columns(validated=pl.col(year) <= LAST_YEAR + 5)


def _drivers(need: pl.DataFrame) -> pl.DataFrame:
    totals = need.filter((pl.col("sex") == "all") & (pl.col("age_group") == "all"))
    at = {
        year: totals.filter(pl.col("year") == year).select("area", "service", pl.col("mean").alias(f"m{year}"))
        for year in (LAST_YEAR, 2030, END)
    }
    frames = []
    for end in (2030, END):
        change = (
            at[LAST_YEAR]
            .join(at[end], on=["area", "service"])
            .with_columns((pl.col(f"m{end}") - pl.col(f"m{LAST_YEAR}")).alias("change"))
        )
        for driver, share in (("size", -0.2), ("structure", 0.9), ("rate", 0.3), ("total", 1.0)):
            mean = pl.col("change") * share
            frames.append(
                change.select(
                    "area",
                    "service",
                    pl.lit(LAST_YEAR).alias("from_year"),
                    pl.lit(end).alias("to_year"),
                    pl.lit(driver).alias("driver"),
                    mean.alias("mean"),
                    (mean - mean.abs() * 0.3).alias("q0.1"),
                    mean.alias("q0.5"),
                    (mean + mean.abs() * 0.3).alias("q0.9"),
                )
            )
    return pl.concat(frames).sort("area", "service", "to_year", maintain_order=True)


def _scenarios(need: pl.DataFrame) -> pl.DataFrame:
    whole = (pl.col("sex") == "all") & (pl.col("age_group") == "all") & (pl.col("kind") == "forecast")
    ahead = need.filter(whole).select("area", "service", "year", "q0.1", "q0.5", "q0.9")
    courses = []
    for code, share in (("constant_rate", 0.9), ("home_first", 1.15)):
        ends = [(pl.col(q) * share).alias(q) for q in ("q0.1", "q0.5", "q0.9")]
        differences = [(pl.col(q) * (share - 1)).alias(f"diff_{q}") for q in ("q0.1", "q0.5", "q0.9")]
        courses.append(
            ahead.select(pl.lit(code).alias("scenario"), "area", "service", "year", *ends, *differences)
        )
    return pl.concat(courses)


def _scenario_drivers(need: pl.DataFrame) -> pl.DataFrame:
    at_end = _scenarios(need).filter(pl.col("year") == END)
    ends = [pl.col(f"diff_{q}").alias(q) for q in ("q0.1", "q0.5", "q0.9")]
    kept = at_end.select("area", "service", "scenario", "year", pl.col("diff_q0.5").alias("mean"), *ends)
    return pl.concat([kept.with_columns(pl.lit(driver).alias("driver")) for driver in ("policy", "total")])


def _scores_by_size(services: list[str]) -> pl.DataFrame:
    spread = {f"coverage{p}_{how}": p / 100 for p in (80, 95) for how in ("min", "median", "max")}
    rows = [
        {
            "service": service,
            "model": "joint_draws",
            "size": size,
            "horizon_from": 1,
            "horizon_to": 2,
            "origins": 3,
        }
        | {"n": 60, "crps": 4.0, "crps_skill": 0.1, "bias": 0.02, "coverage80": 0.8, "coverage95": 0.95, **spread}
        for service in (*services, "all")
        for size in ("small", "medium", "large")
    ]
    return pl.DataFrame(rows)


def _assumptions() -> pl.DataFrame:
    shared = {"services": "all", "areas": "all", "distribution": "normal", "source": "THL", "date": "2025-03-01"}
    rows = [
        {"assumption": "healthy_share", "kind": "healthy_ageing", "p10": 0.2, "p90": 0.8, **shared},
        {"assumption": "queue", "kind": "backlog", "p10": 2.0, "p90": 4.0, **shared},
    ]
    return pl.DataFrame(rows).with_columns(pl.lit("1").alias("version"), pl.lit(None).alias("note"))


def _tornado(need: pl.DataFrame) -> pl.DataFrame:
    keys = need.select("area", "service").unique(maintain_order=True)
    swings = (("rate", "model", 300.0, None, None), ("healthy_share", "assumption", 120.0, 0.2, 0.8))
    columns = ("year", "assumption", "kind", "low", "high", "p10", "p90")
    parts = [
        keys.with_columns(
            pl.lit(v).alias(c) for c, v in zip(columns, (END, code, kind, -size, 1.2 * size, *ends), strict=True)
        )
        for code, kind, size, *ends in swings
    ]
    return pl.concat(parts, how="vertical_relaxed")


def _variance(need: pl.DataFrame) -> pl.DataFrame:
    keys = need.filter(pl.col("kind") == "forecast").select("area", "service", "year").unique(maintain_order=True)
    shares = (pl.lit(0.2).alias("population"), pl.lit(0.7).alias("rate"), pl.lit(0.1).alias("noise"))
    return keys.with_columns(shares)


def _month_parts(months: pl.DataFrame) -> pl.DataFrame:
    """A level, a falling trend, what late records add, and a season that takes the rest."""
    ahead = months.filter(pl.col("kind") == "forecast").select("area", "service", "ds", "mean")
    level = pl.col("mean").mean().over("area", "service")
    parts = {"level": level, "trend": level * -0.02, "completion": level * 0.005}
    parts["season"] = pl.col("mean") - sum(parts.values())
    return ahead.with_columns(parts.get(part, pl.lit(0.0)).alias(part) for part in MONTH_PARTS)


def _month_ages(months: pl.DataFrame, county: County) -> pl.DataFrame:
    """Every month ahead in equal shares of the county file's age groups."""
    groups = pl.DataFrame({"age_group": county.age_groups.labels})
    kept = ("ds", "kind", "mean", *QUANTILES, "flag")
    ahead = months.filter(pl.col("kind") == "forecast").select("area", "service", *kept)
    shares = ahead.join(groups, how="cross").with_columns(pl.col("mean", *QUANTILES) / groups.height)
    return shares.select("area", "service", "age_group", *kept)


def _months(county: County, rng: np.random.Generator) -> pl.DataFrame:
    months = pl.date_range(date(2023, 1, 1), date(2028, 10, 1), "1mo", eager=True).to_list()
    rows = []
    for service in county.services:
        total = np.zeros(len(months))
        for area, size in [*zip(county.service_areas, _sizes(county), strict=True), (county, 0.0)]:
            for i, month in enumerate(months):
                mean = size / 6 * (1 + 0.15 * np.cos(2 * np.pi * month.month / 12)) * 1.001**i
                kind = "observed" if month < date(2026, 9, 1) else "forecast"
                kind = "estimated" if date(2026, 9, 1) <= month <= date(2026, 10, 1) else kind
                value = float(rng.poisson(mean)) if kind != "forecast" else mean
                if area is county:
                    value = total[i]
                total[i] += 0 if area is county else value
                rows.append((f"{area.code}|{service.code}", area.code, service.code, month, kind, value, i))
    schema = ["unique_id", "area", "service", "ds", "kind", "value", "i"]
    table = pl.DataFrame(rows, schema=schema, orient="row")
    spread = (pl.col("mean") * (1 + pl.col("i") / 30)).sqrt()
    flag = pl.when(pl.col("kind") == "estimated").then(pl.lit("incomplete")).otherwise(pl.lit(""))
    return (
        table.with_columns(
            pl.when(pl.col("kind") == "forecast").then(None).otherwise(pl.col("value")).alias("y"),
            pl.when(pl.col("kind") == "observed").then(None).otherwise(pl.col("value") * 1.02).alias("mean"),
            flag.alias("flag"),
        )
        .with_columns(_quantiles(pl.col("mean"), spread))
        .select("unique_id", "area", "service", "ds", "kind", "y", "mean", *QUANTILES, "flag")
    )


def _scorecard(column: str, codes: list[str], rng: np.random.Generator) -> pl.DataFrame:
    rows = []
    for code in codes:
        for horizon in (1, 3, 5):
            for champion, model in ((True, "damped_rate"), (False, "constant_rate")):
                skill = float(rng.uniform(0.05, 0.3)) if champion else 0.0
                scores = (40 * horizon * (1 - skill), skill, 0.8 + 0.1 * horizon * (1 - skill), 0.01 * horizon)
                rows.append((code, model, horizon, 4, 160, *scores, 0.79, 0.94, champion))
    schema = [column, "model", "horizon", "origins", "n", "crps", "crps_skill", "mase", "bias"]
    return pl.DataFrame(rows, schema=[*schema, "coverage80", "coverage95", "champion"], orient="row")


def _people(county: County, years: range, rng: np.random.Generator) -> pl.DataFrame:
    rows = []
    for i, code in enumerate(county.municipalities):
        for year in years:
            for sex in ("male", "female"):
                for age in range(101):
                    persons = (60 / (1 + i % 7)) * (1 if age < 65 else 1.3 * np.exp(-(((age - 65) / 20) ** 2)))
                    growth = 1 + 0.002 * (year - 2020) * (age > 74)
                    rows.append((code, year, sex, age, float(round(persons * growth))))
    schema = ["area", "year", "sex", "age", "persons"]
    return pl.DataFrame(rows, schema=schema, orient="row").with_columns(
        pl.lit("2026-04-02").alias("vintage"), pl.lit("Tilastokeskus, CC BY 4.0").alias("source")
    )


def _indicators(county: County, rng: np.random.Generator) -> pl.DataFrame:
    rows = []
    for indicator in county.indicators:
        level = 100 if indicator.per == 1000 else 8
        for area in (county.code, "FI"):
            for year in range(2018, LAST_YEAR + 1):
                missing = indicator.id == 5502 and year == 2020
                value = None if missing else float(level * (1 + 0.03 * rng.standard_normal()))
                rows.append((str(indicator.id), area, year, "all", value, indicator.names.fi))
    schema = ["indicator", "area", "year", "sex", "value", "title"]
    return pl.DataFrame(rows, schema=schema, orient="row").with_columns(
        pl.lit(None, pl.Float64).alias("count"),
        pl.when(pl.col("value").is_null()).then(pl.lit("..")).alias("missing_reason"),
        pl.lit("2026-11-10").alias("vintage"),
        pl.lit("THL, Sotkanet, CC BY 4.0").alias("source"),
    )


def _indicator_forecast(county: County, rng: np.random.Generator) -> pl.DataFrame:
    rows = []
    for indicator in county.indicators[:4]:
        level = 900.0 if indicator.per == 1000 else 8.0
        for year in range(2015, END + 1):
            kind = "observed" if year <= LAST_YEAR else "forecast"
            mean = level * 1.01 ** (year - LAST_YEAR) * (1 + 0.02 * rng.standard_normal() * (kind == "observed"))
            broken = "break" if indicator.id == 5081 and year == 2023 else ""
            rows.append((county.code, str(indicator.id), year, kind, mean, mean * 200, year <= 2030, broken))
    schema = ["area", "indicator", "year", "kind", "mean", "count_mean", "validated", "flag"]
    spread = pl.col("mean") * 0.01 * (1 + (pl.col("year") - LAST_YEAR).clip(0, None))
    return (
        pl.DataFrame(rows, schema=schema, orient="row")
        .with_columns(_quantiles(pl.col("mean"), spread))
        .with_columns(
            pl.when(pl.col("kind") == "observed").then(None).otherwise(pl.col(q)).alias(q) for q in QUANTILES
        )
    )


def _measures(county: County, rng: np.random.Generator) -> pl.DataFrame:
    rows = []
    names = ("seen_within_7_days", "seen_within_14_days", "coci", "waiting_days_median", "waiting_over_limit")
    for measure in names:
        for i, area in enumerate((county.code, *(a.code for a in county.service_areas))):
            for period in ("2024", "2025"):
                n = int(4000 / (1 + i) ** 2) if i < 4 else 12
                value = float(rng.uniform(20, 40) if measure.endswith("median") else rng.uniform(0.3, 0.8))
                rows.append((measure, area, "all", period, value, value * 0.95, value * 1.05, n, n // 20, ""))
    schema = ["measure", "area", "group", "period", "value", "low", "high", "n", "excluded", "note"]
    return pl.DataFrame(rows, schema=schema, orient="row")


def _units(county: County) -> list[tuple[str, str]]:
    return [(f"unit-{a.code}-{u}", a.code) for a in county.service_areas for u in range(1, 4)]


def _quality_scores(county: County, rng: np.random.Generator) -> pl.DataFrame:
    rows = []
    for dimension in ("completeness", "conformance", "timeliness", "plausibility", "overall"):
        units = []
        for u, (unit, area) in enumerate(_units(county)):
            documents = 7 if u == 4 else int(rng.integers(80, 3000))
            # no unit has few defects: a unit of seven documents is hidden for them alone
            failed = 0 if u == 4 else max(5, int(rng.binomial(documents, 0.25 if u == 1 else 0.08)))
            units.append(("unit", unit, area, documents, failed))
        areas = [
            ("area", None, a.code, *(sum(r[i] for r in units if r[2] == a.code) for i in (3, 4)))
            for a in county.service_areas
        ]
        whole = ("county", None, county.code, sum(r[3] for r in areas), sum(r[4] for r in areas))
        for level, unit_code, area, documents, failed in (*units, *areas, whole):
            index = 1 - failed / documents
            half = 1.96 * np.sqrt(index * (1 - index) / documents + 1e-9)
            limit = 3 * np.sqrt(0.92 * 0.08 / documents)
            funnel = (max(0.0, 0.92 - limit), min(1.0, 0.92 + limit))
            outside = "low" if index < funnel[0] else "high" if index > funnel[1] else ""
            interval = (max(0.0, index - half), min(1.0, index + half))
            rows.append(
                (level, unit_code, area, dimension, documents, documents, failed, index, *interval)
                + (0.5 * index + 0.46, *funnel, outside, index - 0.01, index + 0.01)
            )
    schema = ["level", "unit", "area", "dimension", "documents", "eligible", "failed", "index", "low", "high"]
    more = ["shrunk", "funnel_low", "funnel_high", "outside", "weights_low", "weights_high"]
    return pl.DataFrame(rows, schema=[*schema, *more], orient="row", infer_schema_length=None)


RULES = ("client-role-missing", "need-missing", "recorded-late", "identity-code-in-text", "plan-not-reviewed")


def _cells(county: County, rng: np.random.Generator) -> pl.DataFrame:
    rows = []
    for unit, area in _units(county):
        for rule in RULES:
            for month in pl.date_range(date(2025, 11, 1), date(2026, 10, 1), "1mo", eager=True):
                eligible = int(rng.integers(5, 120))
                failed = int(rng.binomial(eligible, 0.1))
                rows.append((rule, unit, area, "SP01", "assessment", month, eligible, failed, 3, 1))
    schema = ["rule_id", "unit", "area", "service_task", "document_type", "month"]
    counts = ["eligible", "failed", "not_applicable", "not_evaluable"]
    return pl.DataFrame(rows, schema=[*schema, *counts], orient="row")


def _violations(county: County, rng: np.random.Generator) -> pl.DataFrame:
    rows = []
    for u, (unit, area) in enumerate(_units(county)):
        for i in range(8):
            age = int(rng.integers(1, 300))
            document = f"1.2.246.10.999.{u}.{i}"
            severity = ("critical", "major", "minor")[i % 3]
            rows.append((document, RULES[i % 5], unit, area, "SP01", "assessment", severity, AS_OF, age))
    schema = ["document_id", "rule_id", "unit", "area", "service_task", "document_type", "severity", "since"]
    return pl.DataFrame(rows, schema=[*schema, "age_days"], orient="row")


PHENOMENA = (("homelessness", "2"), ("over_indebtedness", "3"), ("loneliness", "5"), ("school_absence", "7"))


def _observations(county: County, rng: np.random.Generator) -> pl.DataFrame:
    rows = []
    for n in range(600):
        phenomenon, need = PHENOMENA[int(rng.choice(4, p=[0.15, 0.35, 0.3, 0.2]))]
        rows.append(
            (
                f"obs-{n:04d}",
                date(2024, 1, 1 + n % 28) if n % 3 else date(2026, 1 + n % 10, 1 + n % 28),
                str(rng.choice(county.municipalities)),
                _units(county)[n % len(_units(county))][0],
                phenomenon,
                need,
                ("young_adults", "families", "older_people")[n % 3],
                "housing_advice" if n % 5 == 0 else None,
                "low_threshold_point" if n % 7 == 0 else None,
            )
        )
    schema = ["observation_id", "observed_on", "municipality", "unit", "phenomenon", "need"]
    return pl.DataFrame(
        rows, schema=[*schema, "affected_group", "service_gap", "proposal"], orient="row", infer_schema_length=None
    )
