"""What a rule rests on, in the reader's language: the catalogue cites acts and instructions in Finnish."""

from __future__ import annotations

import re

from reporting.pdf.voice import Voice

_RANGE = re.compile(r"(?<=\d)-(?=\d)")  # 36-37 §

# Longer terms first: one may hold another.
TERMS = {
    "valtioneuvoston asetus väestötietojärjestelmästä": "rq-basis-population-decree",
    "laki säädettyjen määräaikain laskemisesta": "rq-basis-time-limits-act",
    "kansallinen asiakirjan metatietomalli": "rq-basis-metadata",
    "sosiaalihuollon palveluprosessit": "rq-basis-processes",
    "Sosmeta asiakirjarakenteet": "rq-basis-structures",
    "hyvinvointialueen kuntajako": "rq-basis-municipalities",
    "hyvinvointialueen tehtävänjako": "rq-basis-duties",
    "hyvinvointialueen määräaika": "rq-basis-limit",
    "sosiaalihuoltolaki": "rq-basis-social-welfare-act",
    "lastensuojelulaki": "rq-basis-child-welfare-act",
    "asiakastietolaki": "rq-basis-client-data-act",
    "hallintosääntö": "rq-basis-regulations",
    "kirjaamisohje": "rq-basis-instruction",
    "hallintolaki": "rq-basis-administration-act",
    "artikla": "rq-basis-article",
    " ja ": "rq-basis-and",
    "local": "rq-basis-local",
}


def basis(reference: str, voice: Voice) -> str:
    """A rule's basis with its acts and instructions named in the report's language; other words stand."""
    for term, message in TERMS.items():
        told = voice.say(message)
        reference = reference.replace(term, f" {told} " if term == " ja " else told)
    return _RANGE.sub("–", reference).replace(" §", "\u00a0§")
