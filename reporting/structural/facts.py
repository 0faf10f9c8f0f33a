"""All facts of one area's report, computed from protected tables; no words here."""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl

from reporting.disclosure import Protected, protect_inputs
from reporting.inputs import ReportInputs
from reporting.structural.earlier import PROPOSAL_COLUMNS, EarlierProposal, earlier_proposals
from reporting.structural.linked_counts import ALL, UNSTATED
from reporting.structural.links import LINKED_INDICATORS
from reporting.structural.need import NeedFacts, need_facts
from reporting.structural.observations import ObservationTables, observation_tables
from reporting.structural.phenomena import PhenomenonFacts, all_observations, phenomenon_facts
from reporting.structural.population import PopulationFacts, population_facts
from reporting.structural.processing import CaseTimes, ProtectedTimes, protected_times
from reporting.structural.surroundings import IndicatorFacts, indicator_facts
from reporting.structural.trust import (
    Grade,
    QualityIndex,
    observation_grade,
    quality_indices,
    task_indices,
)

SHOWN_AS_POPULATION = ("127", "171")


class StructuralInputError(ValueError):
    """A table or area that the report cannot be made from: which, what was expected, how to mend."""


@dataclass(frozen=True)
class StructuralExtras:
    """Tables beside the edition's own.

    Attributes:
        case_times: times from initiation to assessment and decision (`case_times.case_times`).
        proposals: earlier proposals of the county: area, proposal (a code, or words), made_on, addressee, owner,
            due_on, status (open, in_progress, done, rejected), outcome.
    """

    case_times: pl.DataFrame | None = None
    proposals: pl.DataFrame | None = None

    def __post_init__(self) -> None:
        """Take an empty table for none; refuse proposals with columns missing."""
        if self.case_times is not None and self.case_times.is_empty():
            object.__setattr__(self, "case_times", None)
        if self.proposals is not None and (
            missing := [c for c in PROPOSAL_COLUMNS if c not in self.proposals.columns]
        ):
            raise StructuralInputError(
                f"table proposals: column {', '.join(missing)} is missing "
                f"(found: {', '.join(self.proposals.columns)}); add it, empty where nothing is known"
            )


@dataclass(frozen=True)
class StructuralTables:
    """The county's tables, protected once for all areas and languages.

    Attributes:
        inputs: protected edition.
        observations: protected counts of observations; None without observations.
        times: protected case times; None without them.
        task_checks: checks made and failed by area and service task; None without record quality.
        needs: forecast of all ages and both sexes together; None without a forecast.
        proposals: earlier proposals; None when the county has given none.
        populations: population by area code, for every service area and the county.
    """

    inputs: ReportInputs
    observations: ObservationTables | None
    times: ProtectedTimes | None
    task_checks: pl.DataFrame | None
    needs: pl.DataFrame | None
    proposals: tuple[EarlierProposal, ...] | None
    populations: dict[str, PopulationFacts]


def structural_tables(
    edition: Protected | ReportInputs, extras: StructuralExtras | None = None
) -> StructuralTables:
    """Protect and count everything that the structural reports of a county read."""
    inputs = edition.inputs if isinstance(edition, Protected) else protect_inputs(edition).inputs
    extras = extras or StructuralExtras()
    county, limits = inputs.county, inputs.county.disclosure
    observations = None
    if inputs.observations is not None:
        observations = observation_tables(
            inputs.observations,
            county.area_of_municipality,
            county.code,
            inputs.as_of,
            k=limits.of("observations").k,
        )
    k = limits.of("casework").k
    times = None if extras.case_times is None else protected_times(extras.case_times, county.code, k=k)
    cells, need = inputs.cells, inputs.need_forecast
    checks = (
        None if cells is None else cells.group_by("area", "service_task").agg(pl.col("eligible", "failed").sum())
    )
    margins = None if need is None else need.filter(pl.col("sex") == ALL, pl.col("age_group") == ALL)
    given = None if extras.proposals is None else earlier_proposals(extras.proposals, inputs.as_of)
    return StructuralTables(inputs, observations, times, checks, margins, given, _populations(inputs))


def _populations(inputs: ReportInputs) -> dict[str, PopulationFacts]:
    county = inputs.county
    members = {a.code: a.municipalities for a in county.service_areas} | {county.code: county.municipalities}
    found = {
        code: population_facts(inputs.population, inputs.projection, codes, inputs.as_of)
        for code, codes in members.items()
    }
    if found[county.code] is None:
        found[county.code] = population_facts(inputs.population, inputs.projection, (county.code,), inputs.as_of)
    return {code: facts for code, facts in found.items() if facts is not None}


@dataclass(frozen=True)
class TopicCount:
    """A service gap, proposal or affected group and how often it was observed; None when hidden."""

    code: str
    count: int | None


@dataclass(frozen=True)
class AreaFacts:
    """Facts of one service area or the county; see the modules of the parts.

    Attributes:
        area: code of the area; `county` the county's.
        observed: all observations together; None without observations.
        gaps, proposals, groups: what the observations name, most common first, hidden ones last.
        earlier: earlier proposals: an area's own and those of the whole county, all of them for the county; None
            when none were given.
        indices: record-quality indices by dimension; tasks: by service task.
        observation_trust: how far counts of observations can be trusted.
    """

    area: str
    county: str
    population: PopulationFacts | None
    indicators: tuple[IndicatorFacts, ...]
    times: tuple[CaseTimes, ...]
    observed: PhenomenonFacts | None
    phenomena: tuple[PhenomenonFacts, ...]
    groups: tuple[TopicCount, ...]
    gaps: tuple[TopicCount, ...]
    proposals: tuple[TopicCount, ...]
    earlier: tuple[EarlierProposal, ...] | None
    needs: tuple[NeedFacts, ...]
    indices: tuple[QualityIndex, ...]
    tasks: dict[str, QualityIndex]
    observation_trust: Grade

    @property
    def overall(self) -> QualityIndex | None:
        """The overall index of record quality."""
        return next((i for i in self.indices if i.dimension == "overall"), None)


def area_facts(tables: StructuralTables, area: str) -> AreaFacts:
    """Facts of one area (a service-area code or the county's code).

    Raises:
        StructuralInputError: the county file has no such area.
    """
    inputs = tables.inputs
    county = inputs.county
    members = {a.code: a.municipalities for a in county.service_areas} | {county.code: county.municipalities}
    if area not in members:
        raise StructuralInputError(f"county {county.slug} has no area '{area}'; there are: {', '.join(members)}")
    observations = tables.observations
    persons = {code: facts.total.now for code, facts in tables.populations.items()}
    observed = None if observations is None else all_observations(observations, area, county.code, persons)
    population = tables.populations.get(area)
    indicator_ids = [
        str(i.id)
        for i in county.indicators
        if (i.role == "need" or str(i.id) in LINKED_INDICATORS) and str(i.id) not in SHOWN_AS_POPULATION
    ] + [i.id for i in county.surroundings]
    return AreaFacts(
        area,
        county.code,
        population,
        indicator_facts(inputs.indicators, indicator_ids, members[area], county.code),
        () if tables.times is None else tables.times.of(area),
        observed,
        () if observations is None else phenomenon_facts(observations, area, county.code, persons),
        _topic(observations, "affected_group", area),
        _topic(observations, "service_gap", area),
        _topic(observations, "proposal", area),
        _earlier(tables.proposals, area, county.code),
        need_facts(
            tables.needs,
            area,
            [s.code for s in county.services],
            None if population is None else population.horizon,
        ),
        quality_indices(inputs.quality_scores, area, county.code),
        task_indices(tables.task_checks, area, county.code),
        "unknown"
        if observations is None or observed is None
        else observation_grade(
            observed.count, observations.units.get(area, 0), observations.unstated_group.get(area)
        ),
    )


def _topic(observations: ObservationTables | None, topic: str, area: str) -> tuple[TopicCount, ...]:
    if observations is None:
        return ()
    counts = observations.topics[topic]
    return tuple(TopicCount(c, counts.of(area, c)) for c in counts.categories(area) if c not in (ALL, UNSTATED))


def _earlier(
    proposals: tuple[EarlierProposal, ...] | None, area: str, county: str
) -> tuple[EarlierProposal, ...] | None:
    if proposals is None or area == county:
        return proposals
    return tuple(p for p in proposals if p.area in (area, county))
