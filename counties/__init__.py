"""Counties as data: the county file, its schema, and the reference tables of areas.

One YAML file per wellbeing services county (hyvinvointialue). What a county's services, areas, limits and
extracts look like belongs here; how data is read, forecast or checked does not.
"""

from counties.outputs import DisclosureSettings, Recipient
from counties.registry import county_slugs, load_county
from counties.schema import AgeGroups, County, ExtractMapping, Service, ServiceArea

__all__ = [
    "AgeGroups",
    "County",
    "DisclosureSettings",
    "ExtractMapping",
    "Recipient",
    "Service",
    "ServiceArea",
    "county_slugs",
    "load_county",
]
