"""Short invented narratives in Finnish and Swedish; every document's is different, none tells of a real person."""

from __future__ import annotations

from itertools import product

import numpy as np
import numpy.typing as npt
import polars as pl

_FI = (
    (("Tapaaminen", "Keskustelu", "Kotikäynti", "Neuvottelu", "Yhteydenotto", "Palaveri"),
     ("asiakkaan kotona.", "toimistolla.", "etäyhteydellä.", "puhelimitse.", "palveluyksikössä.")),
    (("Asiakas kertoo", "Läheinen kertoo", "Työntekijä toteaa", "Yhdessä todetaan", "Asiakas arvioi"),
     ("arjen sujuvan aiempaa paremmin.", "tuen tarpeen jatkuvan.", "jaksamisen vaihtelevan.",
      "asumisen olevan vakaata.", "talouden tiukentuneen.", "yksinäisyyden vähentyneen.")),
    (("Sovittiin", "Päätettiin", "Ehdotettiin", "Käytiin läpi", "Arvioitiin"),
     ("palvelun jatkamisesta.", "käyntien tiheydestä.", "etuuksien hakemisesta.", "läheisten osuudesta.",
      "kuntoutuksen tavoitteista.", "verkoston tapaamisesta.")),
    (("Voimavaroina", "Vahvuuksina", "Tukena", "Apuna"),
     ("ovat ystävät ja harrastukset.", "on sitoutuminen tavoitteisiin.", "ovat omat rutiinit.",
      "on läheisten apu.", "on kiinnostus ryhmätoimintaan.", "ovat naapurit.")),
    (("Tilannetta seurataan", "Asiaan palataan", "Seuraava yhteydenotto on", "Tavoitteita tarkistetaan"),
     ("kuukauden kuluttua.", "kahden viikon kuluttua.", "sovitulla käynnillä.", "verkoston kanssa.",
      "suunnitelman mukaan.", "tarvittaessa aiemmin.")),
)  # fmt: skip
_SV = (
    (("Möte", "Samtal", "Hembesök", "Förhandling", "Kontakt", "Genomgång"),
     ("hemma hos klienten.", "på byrån.", "på distans.", "per telefon.", "på enheten.")),
    (("Klienten berättar", "En närstående berättar", "Arbetstagaren konstaterar", "Tillsammans konstateras",
      "Klienten bedömer"),
     ("att vardagen löper bättre.", "att behovet av stöd kvarstår.", "att orken varierar.",
      "att boendet är stabilt.", "att ekonomin blivit stramare.", "att ensamheten minskat.")),
    (("Man kom överens om", "Man beslutade om", "Man föreslog", "Man gick igenom", "Man bedömde"),
     ("fortsatt service.", "hur täta besöken är.", "ansökan om förmåner.", "de närståendes andel.",
      "målen för rehabilitering.", "ett nätverksmöte.")),
    (("Resurser", "Styrkor", "Stöd", "Hjälp"),
     ("är vänner och intressen.", "är viljan att nå målen.", "är egna rutiner.", "är de närstående.",
      "är intresset för grupper.", "är grannarna.")),
    (("Läget följs upp", "Man återkommer till saken", "Följande kontakt sker", "Målen ses över"),
     ("om en månad.", "om två veckor.", "vid avtalat besök.", "med nätverket.", "enligt planen.",
      "vid behov tidigare.")),
)  # fmt: skip
POOLS = {
    language: tuple([f"{a} {b}" for a, b in product(*part)] for part in parts)
    for language, parts in (("fi", _FI), ("sv", _SV))
}
DISTINCT = int(np.prod([len(pool) for pool in POOLS["fi"]]))


def narratives(serial: npt.NDArray[np.int64], swedish: npt.NDArray[np.bool_]) -> pl.Series:
    """One narrative for each document; different serial numbers below `DISTINCT` give different texts.

    Args:
        serial: number of the document, from 0.
        swedish: whether the document is in Swedish.

    Raises:
        ValueError: more documents than there are different texts.
    """
    if len(serial) and int(serial.max()) >= DISTINCT:
        raise ValueError(f"at most {DISTINCT} different texts can be made; make fewer documents (scale)")
    scattered = (serial * 7_368_787) % DISTINCT
    chosen = {}
    for language in ("fi", "sv"):
        rest, parts = scattered, []
        for pool in POOLS[language]:
            parts.append(pl.Series(pool).gather(rest % len(pool)))
            rest = rest // len(pool)
        chosen[language] = pl.select(pl.concat_str(parts, separator=" ")).to_series()
    return pl.select(
        pl.when(pl.Series(swedish)).then(chosen["sv"]).otherwise(chosen["fi"]).alias("text")
    ).to_series()
