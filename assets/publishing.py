"""Publishing: an edition from the tables that stand, current by one swap; units' work lists go beside it."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import asdict
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

from assets.failures import FailureNote, failure_notes
from assets.stages import CountyRun, Stage
from assets.unit_folders import write_forms, write_unit_folders
from lake.settings import Settings

if TYPE_CHECKING:
    import polars as pl

    from reporting.disclosure import Protected
    from reporting.inputs import ReportInputs, Source
    from reporting.quality.extras import QualityExtras
    from reporting.quality.facts import QualityFacts

REPORT_TABLES = (
    *("need_forecast", "need_drivers", "need_scorecard", "need_scores_by_size", "need_variance"),
    *("need_scenarios", "need_scenario_drivers", "need_tornado", "need_assumptions"),
    *("month_forecast", "month_scorecard", "month_parts", "month_pins"),
    *("month_ages", "month_age_scorecard"),
    *("indicator_forecast", "indicator_scorecard", "measures", "quality_scores", "cells", "violations"),
    *("observations", "population", "projection", "indicators", "contributors"),
)
EDITION = "edition"  # the stage that publishes
EDITION_FACTS = "edition.json"
NOT_DELIVERED = "is not in the folder; left out"
PUBLISHED_FROM = (
    *REPORT_TABLES,
    "proposals",
    "case_times",
    "quality_changes",
    "document_coverage",
    "finding_changes",
    "mend_first",
    "rule_contributions",
    "unit_shifts",
    *(
        "quality_profile",
        "audit_sample",
        "audit_results",
        "audit_agreement",
        "process_conformance",
        "phase_times",
        "phase_stalls",
    ),
    "documents",
    "open_data_notes",
)


def _publish(run: CountyRun) -> dict[str, "pl.DataFrame"]:
    """Write the edition aside and make it current; what is published is listed with its size and fingerprint."""
    import polars as pl

    from lake.atomic import write_text
    from lake.fingerprint import file_fingerprint
    from lake.releases import Releases

    with Releases(run.settings.releases, run.county.code).publishing(run.edition) as folder:
        extras = _quality_extras(run)
        protected, facts = write_products(run, folder, extras)
        write_text(folder / EDITION_FACTS, json.dumps(_facts(run)) + "\n")
        files = sorted(p for p in folder.rglob("*") if p.is_file())
        listing = pl.DataFrame(
            [(run.edition, str(p.relative_to(folder)), p.stat().st_size, file_fingerprint(p)) for p in files],
            schema={"edition": pl.String, "file": pl.String, "bytes": pl.Int64, "fingerprint": pl.String},
            orient="row",
        )
    _remember(run, protected)
    write_unit_folders(run, extras, facts)
    write_forms(run, extras)
    return {"published_files": listing}


def _facts(run: CountyRun) -> dict[str, Any]:
    """What the edition says of itself; `missing` names the stages that failed and left old tables, or none."""
    return {
        "as_of": run.as_of.isoformat(),
        "edition": run.edition,
        "synthetic": run.synthetic,
        "missing": [f"{note.stage}: {note.reason}" for note in _missing(run)],
    }


def write_products(
    run: CountyRun, folder: Path, extras: "QualityExtras | None" = None
) -> "tuple[Protected, QualityFacts | None]":
    """Every product of the edition into a folder, disclosure control first and once.

    Args:
        run: the county and edition.
        folder: where the products go.
        extras: tables for the record-quality report, when they are read already.

    Returns:
        The edition after disclosure control, and its facts of record quality; None of those without documents.
    """
    from reporting.page import write_situation_page
    from reporting.tables import write_tables
    from reporting.workbook import write_workbook

    protected = protected_edition(run)
    write_situation_page(protected, folder / "situation")
    for language in run.county.languages:
        write_workbook(protected, language, folder / "workbook")
    write_tables(protected, folder / "tables")
    return protected, write_area_reports(run, protected, folder, extras=extras)


def protected_edition(run: CountyRun) -> "Protected":
    """The edition after disclosure control, which knows what the edition before has told."""
    import polars as pl

    from reporting.disclosure import protect_inputs
    from sources.pseudonyms import pseudonymiser_for

    before = sorted(p for p in run.settings.disclosed.glob(f"{run.county.code}/*") if p.name < run.edition)
    earlier = {p.stem: pl.read_parquet(p) for p in before[-1].glob("*.parquet")} if before else None
    secret = None
    if run.county.disclosure.mode == "round":
        secret = pseudonymiser_for(run.settings.data).pseudonyms(pl.Series(["rounding"]), "check")[0].encode()
    return protect_inputs(report_inputs(run), earlier, secret=secret)


def _remember(run: CountyRun, protected: "Protected") -> None:
    """Keep what readers know of each count from now on, for the next edition."""
    from lake.atomic import written_atomically

    for name, table in protected.memory.items():
        file = run.settings.disclosed / run.county.code / run.edition / f"{name}.parquet"
        with written_atomically(file) as path:
            table.write_parquet(path)


def write_area_reports(
    run: CountyRun, protected: Any, folder: Path, area: str = "", extras: "QualityExtras | None" = None
) -> "QualityFacts | None":
    """The structural-social-work and the record-quality reports of one area, or of all and the county."""
    from reporting.quality.facts import quality_facts
    from reporting.quality.write import write_quality_reports
    from reporting.structural.write import write_structural_reports

    write_structural_reports(
        protected, folder / "structural", extras=_structural_extras(run), areas=[area] if area else None
    )
    if protected.inputs.quality_scores is None:
        return None
    extras = extras or _quality_extras(run)
    facts = quality_facts(protected, extras)
    write_quality_reports(facts, folder / "quality", extras=extras, places=[area] if area else None)
    return facts


def report_inputs(run: CountyRun) -> "ReportInputs":
    """The edition's tables; those the county does not have are left out."""
    from assets.own_rules import county_catalogue
    from reporting.inputs import Failure, ReportInputs

    tables = {name: run.table_or_none(name) for name in REPORT_TABLES}
    _mark_poor_documents(run, tables)
    catalogue = county_catalogue(run.settings, run.slug)
    scored, active = catalogue.scored, [rule.id for rule in catalogue.active]
    if (cells := tables["cells"]) is not None and not cells.is_empty():
        tables["cells"] = cells.filter(cells["rule_id"].is_in(active))  # reports tell of no rule on trial
    return ReportInputs(
        county=run.county,
        edition=run.edition,
        as_of=run.as_of,
        quality_as_of=run.day_of("quality_scores"),
        synthetic=run.synthetic,
        sources=tuple(_sources(run, tables)),
        failures=tuple(Failure(note.stage, note.kind, note.reason) for note in _missing(run)),
        boundaries=_boundaries(run),
        rule_dimensions={rule.id: rule.dimension for rule in scored},
        rule_weights={rule.id: rule.weight for rule in scored},
        **tables,
    )


def _mark_poor_documents(run: CountyRun, tables: "dict[str, pl.DataFrame | None]") -> None:
    """Figures of the services whose documents are late or poor say so, beside what their events say."""
    from quality_checks.recording import flags_of_services, mark_figures

    coverage = run.table_or_none("document_coverage")
    if coverage is None:
        return
    flags = flags_of_services(coverage, {service.code: service.tasks for service in run.county.services})
    for name, time in (("need_forecast", "year"), ("month_forecast", "ds"), ("month_ages", "ds")):
        table = tables[name]
        if table is not None:
            tables[name] = mark_figures(table, flags, time=time, total=run.county.code, as_of=run.as_of)


def _boundaries(run: CountyRun) -> Path | None:
    """Boundaries in the county's folder, those fetched for it, or a file of all; the repository has none.

    Of the fetched ones each county's are apart: those of another one have nothing to draw here.
    """
    from counties.registry import planned_slugs

    fetched = run.settings.boundaries(run.slug)
    of_all = [path for path in sorted(fetched.parent.glob("*.geojson")) if path.stem not in planned_slugs()]
    found = [*sorted(run.folder.glob("*.geojson")), fetched, *of_all]
    return next((path for path in found if path.exists()), None)


def _sources(run: CountyRun, tables: "Mapping[str, pl.DataFrame | None]") -> Iterator["Source"]:
    """One line per publisher and release, one per extract, and what the reading left out."""
    from reporting.inputs import Source

    for table in ("population", "projection", "indicators"):
        frame = tables[table]
        if frame is not None:
            for source, vintage in (
                frame.select("source", "vintage").unique().sort("source", "vintage").iter_rows()
            ):
                yield Source(name=f"{source}: {table}", vintage=vintage, licence="")
    for table in ("service_events", "service_counts", "waiting_list", "documents", "observations", "proposals"):
        stored = run.lake.info(table, run.county.code)
        if stored is not None and stored.rows:
            vintage = run.day_of(table).isoformat()
            yield Source(name=f"{run.county.names.fi}: {table}", vintage=vintage, note=f"n = {stored.rows:,}")
    notes = run.table_or_none("open_data_notes")
    for note in () if notes is None else notes["note"].to_list():
        if note.endswith(NOT_DELIVERED):
            continue  # a file that nobody promised is no news to a reader
        yield Source(name="open data", vintage=run.as_of.isoformat(), note=note)


def _structural_extras(run: CountyRun) -> Any:
    from reporting.structural.facts import StructuralExtras

    return StructuralExtras(case_times=run.table_or_none("case_times"), proposals=run.table_or_none("proposals"))


def _quality_extras(run: CountyRun) -> "QualityExtras":
    from assets.own_rules import county_catalogue
    from assets.rule_table import rule_table
    from reporting.quality.extras import QualityExtras
    from reporting.quality.process import ProcessTables

    documents = run.table_or_none("documents")
    return QualityExtras(
        rules=rule_table(county_catalogue(run.settings, run.slug)),
        changes=run.table_or_none("quality_changes"),
        case_times=run.table_or_none("case_times"),
        findings=run.table_or_none("finding_changes"),
        mending=run.table_or_none("mend_first"),
        contributions=run.table_or_none("rule_contributions"),
        shifts=run.table_or_none("unit_shifts"),
        profile=run.table_or_none("quality_profile"),
        process=ProcessTables(
            run.table_or_none("process_conformance"),
            run.table_or_none("phase_times"),
            run.table_or_none("phase_stalls"),
            run.table_or_none("audit_results"),
            run.table_or_none("audit_agreement"),
        ),
        clients=None if documents is None else documents.select("document_id", "client_id"),
    )


def products(folder: Path, data_docs: Path) -> Iterator[tuple[str, Path]]:
    """What a person opens, by name, of those that are there; of languages the first, the others named."""
    code = folder.parent.name
    named = [
        ("situation page (tilannekuva)", folder / "situation" / "index.html"),
        _in_languages("planner's workbook", folder / "workbook", "*-{}.xlsx"),
        _in_languages("structural social work", folder / "structural", f"structural_{code}_{{}}.pdf"),
        _in_languages("record quality", folder / "quality", f"quality_{code}_{{}}.html"),
        ("tables (Parquet, CSV)", folder / "tables"),
        ("Data Docs (Great Expectations)", data_docs / "index.html"),
    ]
    yield from ((name, path) for name, path in named if path.exists())


def _in_languages(name: str, folder: Path, pattern: str) -> tuple[str, Path]:
    """A product with the languages it is there in, and the file of the first of them."""
    from reporting.inputs import LANGUAGES

    found = {one: path for one in LANGUAGES for path in sorted(folder.glob(pattern.format(one)))[:1]}
    first, *others = (*found, "")
    beside = ", ".join(filter(None, others))
    return f"{name} ({first}; beside it {beside})" if beside else f"{name} ({first})", found.get(
        first, folder / "none"
    )


def published_run(settings: Settings, slug: str) -> CountyRun:
    """The run of a county's current edition, with the edition's own day.

    Raises:
        ValueError: nothing is published yet.
    """
    from counties import load_county
    from lake.releases import Releases

    code = load_county(slug, settings.counties).code
    releases = Releases(settings.releases, code)
    edition = releases.current()
    invented = settings.model_copy(update={"synthetic": True})
    if edition is None and Releases(invented.releases, code).current() is not None:
        raise ValueError(f"{slug}: an edition of the synthetic county alone is published; say --synthetic for it")
    if edition is None:
        raise ValueError(f"{slug}: nothing is published yet; use 'palvelutarve run --county {slug}' first")
    facts = json.loads((releases.path(edition) / EDITION_FACTS).read_text(encoding="utf-8"))
    return CountyRun(
        slug=slug,
        as_of=date.fromisoformat(facts["as_of"]),
        edition=edition,
        folder=settings.demo(slug)
        if settings.synthetic
        else settings.standing_input(slug) or settings.landing(slug),
        settings=settings,
        log=None,
        run_id="",
    )


def write_reports(settings: Settings, slug: str, area: str, out: Path) -> list[Path]:
    """The area reports again, from the lake, with the day and edition of what is published.

    Raises:
        ValueError: an area that the county does not have, or nothing published yet.
    """
    from counties import load_county

    county = load_county(slug, settings.counties)
    known = (county.code, *(a.code for a in county.service_areas))
    if area and area not in known:
        raise ValueError(f"--area {area}: {slug} has {', '.join(known)}")
    run = published_run(settings, slug)
    write_area_reports(run, protected_edition(run), out, area)
    return sorted(p for p in out.rglob("*") if p.is_file())


def _edition_inputs(run: CountyRun) -> list[Any]:
    """What an edition depends on beside its tables: its name and kind, what failed, the boundaries of its map."""
    from lake.fingerprint import file_fingerprint

    outlines = _boundaries(run)
    drawn = None if outlines is None else file_fingerprint(outlines)
    return [run.edition, run.synthetic, [asdict(note) for note in _missing(run)], drawn]


def _missing(run: CountyRun) -> list[FailureNote]:
    """Notes of what the edition lacks; an earlier try to publish it that failed is no part of it."""
    return [note for note in failure_notes(run.settings, run.county.code) if note.stage != EDITION]


PUBLISHING_STAGES: tuple[Stage, ...] = (
    Stage(
        name=EDITION,
        group="publishing",
        tables={"published_files": "Files of the edition with size and fingerprint; the edition is current."},
        reads=PUBLISHED_FROM,
        code=("reporting", "counties"),
        make=_publish,
        inputs=_edition_inputs,
        kinds=frozenset({"html", "pdf", "excel"}),
    ),
)
