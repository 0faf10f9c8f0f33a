"""First chapters of the structural report: summary, population, surroundings."""

from __future__ import annotations

from collections.abc import Sequence

from reporting.numbers import MISSING
from reporting.pdf.blocks import Block, Column, Figure, KeyFigure, KeyFigures, Paragraph, Table
from reporting.pdf.svg import PairRow, paired_bars
from reporting.pdf.voice import Voice
from reporting.structural.facts import AreaFacts
from reporting.structural.linked_counts import ALL
from reporting.structural.marks import cautioned, uncertain
from reporting.structural.need import NeedFacts
from reporting.structural.population import AgeBand, PopulationFacts
from reporting.structural.sentences import (
    change_sentences,
    earlier_sentences,
    inline,
    signed_interval,
    time_sentence,
)
from reporting.structural.surroundings import CHANGE_YEARS, IndicatorFacts

MOST_COMMON = 3
SENIOR = 75
LARGE_SERVICE = 50
DECIMALS_UNDER = 10.0


def summary(facts: AreaFacts, voice: Voice, period: str) -> list[Block]:
    """What a reader should know after one minute."""
    records = facts.overall.grade if facts.overall else "unknown"
    sentences = [
        *_population_sentences(facts, voice),
        *_observation_sentences(facts, voice, period),
        *(
            cautioned(time_sentence(t, voice), records, "ssw-caution-records", voice)
            for t in facts.times
            if t.task == ALL
        ),
        *_need_sentences(facts.needs, voice),
        *_quality_sentences(facts, voice),
        *(earlier_sentences(facts.earlier, voice) if facts.earlier else ()),
    ]
    return [
        voice.heading("ssw-summary"),
        Paragraph(voice.say("ssw-purpose", area=voice.areas[facts.area]), "lead"),
        KeyFigures(tuple(_key_figures(facts, voice, period))),
        voice.bullets(sentences),
    ]


def _key_figures(facts: AreaFacts, voice: Voice, period: str) -> list[KeyFigure]:
    n, figures = voice.numbers, []
    if facts.population:
        people, total, old = facts.population, facts.population.total, facts.population.from_age(SENIOR)
        figures.append(
            KeyFigure(
                voice.say("ssw-key-population"),
                n.integer(total.now),
                voice.say("ssw-key-at-end", year=str(people.year)),
            )
        )
        if old.change is not None:
            span = voice.say("ssw-key-span", first=str(people.year), last=str(people.horizon))
            figures.append(KeyFigure(voice.say("ssw-key-seniors"), n.signed_percent(old.change), span))
    if facts.observed:
        count = uncertain(voice.count(facts.observed.count), facts.observation_trust, voice)
        figures.append(KeyFigure(voice.say("ssw-key-observations"), count, period))
    if facts.overall:
        grade = voice.say("ssw-key-trust", grade=voice.name("report-grade", facts.overall.grade))
        figures.append(KeyFigure(voice.say("ssw-key-quality"), n.fine_percent(facts.overall.index), grade))
    return figures


def _population_sentences(facts: AreaFacts, voice: Voice) -> list[str]:
    if facts.population is None:
        return [voice.say("ssw-no-population")]
    people, n = facts.population, voice.numbers
    said = []
    for message, band in (("ssw-say-population", people.total), ("ssw-say-seniors", people.from_age(SENIOR))):
        said.append(
            voice.say(
                message if band.change is not None else message + "-now",
                year=str(people.year),
                now=n.integer(band.now),
                horizon=str(people.horizon),
                then=n.integer(band.horizon),
                change=n.signed_percent(band.change),
            )
        )
    return said


def _observation_sentences(facts: AreaFacts, voice: Voice, period: str) -> list[str]:
    if facts.observed is None:
        return [voice.say("ssw-no-observations")]
    said = []
    if facts.observed.count is None:
        said.append(voice.say("ssw-say-observations-hidden", period=period))
    else:
        told = voice.say("ssw-say-observations", count=facts.observed.count, period=period)
        said.append(cautioned(told, facts.observation_trust, "ssw-caution-observations", voice))
    common = [
        f"{inline(voice.name('ssw-phenomenon', p.code))} ({voice.count(p.count)})"
        for p in facts.phenomena
        if p.count
    ]
    if common:
        said.append(voice.say("ssw-say-common", names=voice.listed(common[:MOST_COMMON])))
    return [*said, *change_sentences(facts.phenomena, voice)]


def _need_sentences(needs: Sequence[NeedFacts], voice: Voice) -> list[str]:
    known = [n for n in needs if n.change is not None]
    # A small service grows by large shares: it is named only when there is no larger one.
    known = [n for n in known if (n.observed or 0) >= LARGE_SERVICE] or known
    if not known:
        return []
    top = max(known, key=lambda n: n.change or 0.0)
    low, high = top.change_interval
    return [
        voice.say(
            "ssw-say-need" if (top.change or 0) > 0 else "ssw-say-need-falling",
            service=voice.services[top.service],
            year=str(top.to_year),
            change=voice.numbers.signed_percent(top.change),
            interval=signed_interval(low, high, voice),
        )
    ]


def _quality_sentences(facts: AreaFacts, voice: Voice) -> list[str]:
    overall = facts.overall
    if overall is None:
        return [voice.say("ssw-no-quality")]
    if overall.index is None:
        return [voice.say("ssw-say-quality-hidden")]
    return [
        voice.say(
            "ssw-say-quality",
            index=voice.numbers.fine_percent(overall.index),
            interval=voice.interval(overall.low, overall.high),
            grade=voice.name("report-grade", overall.grade),
        )
    ]


def surroundings(facts: AreaFacts, voice: Voice) -> list[Block]:
    """Population by age now and at the horizon, and open indicators."""
    blocks: list[Block] = [voice.heading("ssw-surroundings")]
    if facts.population is None:
        blocks.append(voice.note("ssw-no-population", "fair"))
    else:
        blocks += _population_blocks(facts.population, facts.area, voice)
    blocks.append(voice.heading("ssw-indicators", 2))
    if not facts.indicators:
        return [*blocks, voice.paragraph("ssw-no-indicators")]
    return [*blocks, voice.paragraph("ssw-indicators-intro"), _indicator_table(facts, voice)]


def band_label(band: AgeBand, voice: Voice) -> str:
    """An age band: 0–17 or 85 and over."""
    if band.high is None:
        return voice.say("ssw-all-ages") if band.low == 0 else voice.say("ssw-age-from", age=str(band.low))
    return f"{band.low}–{band.high}"


def _short_band(band: AgeBand) -> str:
    return f"{band.low}+" if band.high is None else f"{band.low}–{band.high}"


def _population_blocks(people: PopulationFacts, area: str, voice: Voice) -> list[Block]:
    n = voice.numbers
    year, horizon = str(people.year), str(people.horizon or "")
    source = voice.say(
        "ssw-population-source",
        year=year,
        source=voice.publisher(people.source),
        vintage=voice.vintages([people.vintage]),
    )
    if people.horizon:
        source += " " + voice.say(
            "ssw-projection-source",
            source=voice.publisher(people.projection_source),
            vintage=voice.vintages([people.projection_vintage]),
        )
    rows = tuple(
        (band_label(b, voice), n.integer(b.now))
        + (
            (n.integer(b.horizon), n.signed((b.horizon or 0) - b.now), n.signed_percent(b.change))
            if horizon
            else ()
        )
        for b in (*people.bands, people.total)
    )
    ahead = (horizon, voice.say("ssw-change-persons"), voice.say("ssw-change-share")) if horizon else ()
    columns = (
        Column(voice.say("ssw-age"), width=1),
        *(Column(label, "right", 1) for label in (year, *ahead)),
    )
    caption = voice.say("ssw-population-caption", area=voice.areas[area])
    blocks: list[Block] = []
    if horizon:
        bars = [PairRow(_short_band(b), b.now, b.horizon) for b in people.bands]
        svg = paired_bars(bars, title=voice.say("ssw-persons"), names=(year, horizon), written=n.decimal)
        alt = voice.say(
            "ssw-population-alt",
            first=year,
            last=horizon,
            parts="; ".join(
                f"{band_label(b, voice)}: {n.integer(b.now)} → {n.integer(b.horizon)}" for b in people.bands
            ),
        )
        figure_caption = voice.say("ssw-population-figure", first=year, last=horizon, area=voice.areas[area])
        blocks.append(Figure(svg, alt, figure_caption, source))
    return [*blocks, Table(caption, columns, rows, source)]


def _indicator_table(facts: AreaFacts, voice: Voice) -> Table:
    names = {
        code: (i.names.in_language(voice.language), i.unit.in_language(voice.language))
        for code, i in voice.inputs.county.named_indicators.items()
    }
    columns = [Column(voice.say("ssw-indicator"), width=2)]
    own = facts.area != facts.county and any(i.year for i in facts.indicators)
    if own:
        columns.append(Column(voice.say("ssw-this-area"), "right", 1))
    columns += [
        Column(voice.say("ssw-county"), "right", 1),
        Column(voice.say("ssw-county-change", years=CHANGE_YEARS), "right", 1),
        Column(voice.say("ssw-country"), "right", 1),
    ]
    rows = tuple(_indicator_row(i, names[i.indicator], own, voice) for i in facts.indicators)
    publishers = sorted({voice.publisher(i.source) for i in facts.indicators if i.source})
    source = voice.say(
        "ssw-indicator-source",
        source="; ".join(publishers) or MISSING,
        vintage=voice.vintages([i.vintage for i in facts.indicators]),
    )
    return Table(voice.say("ssw-indicator-caption"), tuple(columns), rows, source)


def _indicator_row(i: IndicatorFacts, name: tuple[str, str], with_own: bool, voice: Voice) -> tuple[str, ...]:
    n = voice.numbers
    values = (i.low, i.high, *(v.value for v in (i.county, i.country) if v))
    digits = 1 if max((v for v in values if v is not None), default=0.0) >= DECIMALS_UNDER else 2
    own: tuple[str, ...] = ()
    if with_own:
        value = n.decimal(i.low, digits) if i.low == i.high else n.interval(i.low, i.high, digits)
        own = (f"{value} ({i.year})" if i.year else voice.say("value-missing"),)
    change = MISSING
    if i.county and i.earlier:
        change = f"{n.signed(i.county.value - i.earlier.value, digits)} ({i.earlier.year}–{i.county.year})"
    return (
        f"{name[0]}, {name[1]}",
        *own,
        *(
            voice.say("value-missing") if v is None else f"{n.decimal(v.value, digits)} ({v.year})"
            for v in (i.county,)
        ),
        change,
        voice.say("value-missing")
        if i.country is None
        else f"{n.decimal(i.country.value, digits)} ({i.country.year})",
    )
