"""Earlier proposals of structural social work, in every state a proposal may be in."""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np
import polars as pl

from counties import County
from sources.contracts import CONTRACTS

PROPOSALS = ("more_staff", "outreach_work", "cooperation_agreement", "group_activity", "information")
ADDRESSEES = ("county_board", "municipality", "service_board", "associations")
OWNERS = ("head_of_social_work", "service_manager", "director_of_services")
OUTCOMES = {
    "open": (None,),
    "in_progress": ("pilot", "in_budget"),
    "done": ("established", "agreement_made"),
    "rejected": ("no_funding",),
}
_STATUSES = tuple(OUTCOMES)
_CHANCES = (0.25, 0.35, 0.3, 0.1)
OF_COUNTY, OF_AREA = 4, 2


def proposals(county: County, as_of: date, rng: np.random.Generator) -> pl.DataFrame:
    """Contract table `proposals`: two of each service area and four of the whole county, of the last three years.

    Args:
        county: the county.
        as_of: last day; some deadlines lie before it, some after.
        rng: source of the draws.
    """
    places = [county.code] * OF_COUNTY + [a.code for a in county.service_areas for _ in range(OF_AREA)]
    rows = []
    for number, area in enumerate(places):
        made = as_of - timedelta(days=int(rng.integers(120, 1000)))
        status = str(rng.choice(_STATUSES, p=_CHANCES))
        outcomes = OUTCOMES[status]
        rows.append(
            (
                f"{county.code}-E{number:04d}",
                area,
                PROPOSALS[number % len(PROPOSALS)],
                made,
                str(rng.choice(ADDRESSEES)),
                str(rng.choice(OWNERS)),
                made + timedelta(days=int(rng.integers(180, 720))),
                status,
                outcomes[int(rng.integers(0, len(outcomes)))],
            )
        )
    return pl.DataFrame(rows, schema=CONTRACTS["proposals"].raw_schema(), orient="row")
