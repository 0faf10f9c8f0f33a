"""A stage: one step of the run that makes some of a county's tables from others.

Here is what every stage shares: the loop over the run's counties, skipping what is current, atomic writes,
metadata and checks. What a stage makes is a function in the module of its subject.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import dagster as dg

from assets.failures import FailureNote, clear_failure, is_own, kind_of, note_failure, withheld
from assets.partitions import county_partitions
from assets.progress import shown
from assets.resources import Pipeline
from lake.settings import PROJECT, Settings, is_synthetic

if TYPE_CHECKING:
    import polars as pl

    from counties import County
    from lake.tables import Lake

OWNERS = ["team:data-engineering"]


@dataclass(frozen=True)
class CountyRun:
    """One county in one run: what a stage's function is given."""

    slug: str
    as_of: date
    edition: str
    folder: Path
    settings: Settings
    log: Any
    run_id: str

    @cached_property
    def county(self) -> "County":
        """The county file."""
        from counties import load_county

        return load_county(self.slug, self.settings.counties)

    @cached_property
    def lake(self) -> "Lake":
        """The lake."""
        from lake.tables import Lake

        return Lake(self.settings.lake)

    @property
    def synthetic(self) -> bool:
        """Whether the input is a synthetic county's."""
        return self.settings.synthetic

    def input_folder(self) -> Path:
        """The folder of the input, which is there.

        A job makes no synthetic county: its steps start at once, each in its process. Nor does it take a folder
        that is gone for one that holds nothing, which would empty the county's tables.

        Raises:
            ExtractError: it is not there; the message says where to put input and how to make some.
        """
        from sources.delimited import ExtractError

        if self.folder.exists():
            return self.folder
        if self.folder != (demo := self.settings.demo(self.slug)):
            raise ExtractError(f"{self.folder}: there is no such folder; nothing is read and nothing is changed")
        raise ExtractError(
            f"nothing has landed or been fetched for {self.slug} and it has no synthetic data; put extracts in "
            f"{self.settings.landing(self.slug)}, fetch open data (palvelutarve fetch statfin --county "
            f"{self.slug}) or make synthetic data: palvelutarve demo --county {self.slug} --out {demo}"
        )

    def table(self, name: str) -> "pl.DataFrame":
        """A table of the county from the lake."""
        return self.lake.read(name, self.county.code)

    def day_of(self, name: str) -> date:
        """The day that a table speaks of: an earlier one when this run could not renew it."""
        info = self.lake.info(name, self.county.code)
        return date.fromisoformat(info.as_of) if info and info.as_of else self.as_of

    def table_or_none(self, name: str) -> "pl.DataFrame | None":
        """A table of the county, or None when it is absent or has no rows."""
        if not self.lake.has(name, self.county.code):
            return None
        frame = self.table(name)
        return frame if frame.height else None


Tables = Mapping[str, "pl.DataFrame"]
CheckFunction = Callable[[CountyRun], Sequence[dg.AssetCheckResult]]


@dataclass(frozen=True)
class Stage:
    """Declaration of a stage.

    Attributes:
        name: the step's name.
        group: group of its assets in the Dagster pages.
        tables: table -> what it holds.
        reads: tables it is made from.
        code: folders or files of code it runs (part of the fingerprint).
        make: makes the tables of one county.
        inputs: fingerprintable things it depends on beside tables and the county file.
        checks: asset -> names of the checks the stage evaluates.
        blocking: whether a failed check stops what follows.
        evaluate: evaluates the checks of one county.
        side_tables: tables written beside that are no assets of their own.
        kinds: labels shown in the pages.
        metadata: pictures of one county for its first table, drawn when it is made.
        personal: whether it handles records of persons; then messages of libraries are withheld from errors.
    """

    name: str
    group: str
    tables: Mapping[str, str]
    reads: Sequence[str]
    code: Sequence[str]
    make: Callable[[CountyRun], Tables]
    inputs: Callable[[CountyRun], Any] = lambda run: None
    checks: Mapping[str, Sequence[str]] = field(default_factory=dict)
    blocking: bool = False
    evaluate: CheckFunction | None = None
    side_tables: Sequence[str] = ()
    kinds: frozenset[str] = frozenset({"polars", "parquet"})
    metadata: Callable[[CountyRun], Mapping[str, Any]] | None = None
    personal: bool = False

    def assets(self) -> dg.AssetsDefinition:
        """The stage as a Dagster multi-asset, partitioned by county, one run for any range of counties."""
        specs = [
            dg.AssetSpec(
                table,
                deps=list(self.reads),
                description=text,
                group_name=self.group,
                owners=OWNERS,
                kinds=set(self.kinds),
            )
            for table, text in self.tables.items()
        ]
        check_specs = [
            dg.AssetCheckSpec(check, asset=table, blocking=self.blocking, partitions_def=county_partitions)
            for table, checks in self.checks.items()
            for check in checks
        ]

        @dg.multi_asset(
            name=self.name,
            specs=specs,
            check_specs=check_specs,
            partitions_def=county_partitions,
            backfill_policy=dg.BackfillPolicy.single_run(),
        )
        def step(context: dg.AssetExecutionContext, pipeline: Pipeline) -> Iterator[Any]:
            yield from self._run(context, pipeline)

        return step

    def _run(self, context: dg.AssetExecutionContext, pipeline: Pipeline) -> Iterator[Any]:
        results: dict[tuple[str, str], list[dg.AssetCheckResult]] = {}
        metadata: dict[str, dict[str, Any]] = {}
        counties = context.partition_keys
        for slug in counties:
            run = county_run(context, pipeline, slug)
            metadata = self._renew(run)
            for result in self.evaluate(run) if self.evaluate else ():
                results.setdefault(_check_key(result), []).append(result)
                self._withdraw(run, result)
            if len(counties) > 1:  # an interrupted range shows which counties are done
                for table in self.tables:
                    context.log_event(
                        dg.AssetMaterialization(table, partition=slug, metadata=metadata.get(table, {}))
                    )
        for group in results.values():
            yield together(group)
        for table in self.tables:
            yield dg.MaterializeResult(table, metadata=metadata.get(table, {}) if len(counties) == 1 else {})

    def _withdraw(self, run: CountyRun, result: dg.AssetCheckResult) -> None:
        """Take a table that failed a blocking check out of the lake, so that no edition is made from it."""
        fatal = not result.passed and result.severity == dg.AssetCheckSeverity.ERROR
        if self.blocking and fatal and result.asset_key is not None:
            table = result.asset_key.to_user_string()
            run.lake.path(table, run.county.code).unlink(missing_ok=True)
            reason = " ".join((result.description or "").split())
            note_failure(run.settings, run.county.code, FailureNote(self.name, "refused", reason))

    def _renew(self, run: CountyRun) -> dict[str, dict[str, Any]]:
        key = self._fingerprint(run)
        code = run.county.code
        pictures: Mapping[str, Any] = {}
        with shown(self.name, run.slug) as note:
            declared = (*self.tables, *self.side_tables)
            if all(run.lake.is_current(table, code, key) for table in declared):
                note.text = "unchanged"
                clear_failure(run.settings, code, self.name)  # of a try whose input has been taken back since
            else:
                made = self._made(run)
                if set(made) != set(declared):
                    raise RuntimeError(f"stage {self.name} made {sorted(made)}, declared {sorted(declared)}")
                for table in declared:
                    run.lake.write(table, code, made[table], key, run.as_of)
                note.text = ", ".join(f"{made[table].height:,} {table}" for table in self.tables)
                pictures = self._pictures(run)
        found = {table: self._metadata(run, table) for table in self.tables}
        found[next(iter(self.tables))] |= pictures
        return found

    def _pictures(self, run: CountyRun) -> Mapping[str, Any]:
        """Pictures of what was just made; one that cannot be drawn fails nothing."""
        try:
            return self.metadata(run) if self.metadata else {}
        except Exception as error:  # its message may hold a value
            run.log.warning(f"{self.name}: a picture could not be drawn ({type(error).__name__})")
            return {}

    def _made(self, run: CountyRun) -> Tables:
        try:
            made = self.make(run)
        except Exception as error:
            hidden = self.personal and not is_own(error)
            shown_error = withheld(error) if hidden else error
            reason = " ".join(str(shown_error).split())
            note_failure(run.settings, run.county.code, FailureNote(self.name, kind_of(error), reason))
            if hidden:
                raise shown_error from None
            raise
        clear_failure(run.settings, run.county.code, self.name)
        return made

    def _fingerprint(self, run: CountyRun) -> str:
        from lake.fingerprint import code_fingerprint, fingerprint

        upstream = []
        for table in self.reads:
            info = run.lake.info(table, run.county.code)
            upstream.append([table, info.fingerprint if info else None])
        code = code_fingerprint(*(PROJECT / place for place in (*self.code, "assets")))
        county = run.county.model_dump(mode="json")
        return fingerprint(self.name, upstream, code, county, run.as_of, self.inputs(run))

    def _metadata(self, run: CountyRun, table: str) -> dict[str, Any]:
        import pyarrow.parquet as pq

        path = run.lake.path(table, run.county.code)
        schema = pq.read_schema(path)
        info = run.lake.info(table, run.county.code)
        return {
            "dagster/row_count": pq.read_metadata(path).num_rows,
            "dagster/column_schema": dg.TableSchema(
                [dg.TableColumn(name, str(kind)) for name, kind in zip(schema.names, schema.types, strict=True)]
            ),
            "county": run.county.names.en,
            "as_of": run.as_of.isoformat(),
            "synthetic": run.synthetic,
            "fingerprint": info.fingerprint if info else "",
        }


def county_run(context: dg.AssetExecutionContext, pipeline: Pipeline, slug: str) -> CountyRun:
    """The run of one county as the stages see it."""
    record = context.instance.get_run_record_by_id(context.run_id)
    if record is None:
        raise RuntimeError(f"run {context.run_id} is not in Dagster's storage: the day it speaks for is not known")
    day = pipeline.day(slug, record.create_timestamp.timestamp())
    folder = pipeline.folder(slug)
    return CountyRun(
        slug=slug,
        as_of=day,
        edition=pipeline.edition_of(day),
        folder=folder,
        settings=pipeline.settings().model_copy(update={"synthetic": is_synthetic(folder)}),
        log=context.log,
        run_id=context.run_id,
    )


def _check_key(result: dg.AssetCheckResult) -> tuple[str, str]:
    return str(result.asset_key), str(result.check_name)


def together(results: Sequence[dg.AssetCheckResult]) -> dg.AssetCheckResult:
    """One result for a range of counties: failed when one of them failed, as severe as the worst."""
    if len(results) == 1:
        return results[0]
    failed = [r for r in results if not r.passed]
    worst = next((r for r in failed if r.severity == dg.AssetCheckSeverity.ERROR), failed[0] if failed else None)
    first = worst or results[0]
    return dg.AssetCheckResult(
        asset_key=first.asset_key,
        check_name=first.check_name,
        passed=not failed,
        severity=first.severity,
        description=first.description,
        metadata={"counties": len(results), "counties_failed": len(failed)},
    )
