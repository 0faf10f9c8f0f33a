"""Rules and code sets that hold in a county: the shipped ones and its own; loads without Dagster."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from lake.settings import Settings

if TYPE_CHECKING:
    from quality_checks.registers import Registers
    from quality_checks.rules import Catalogue


def county_catalogue(settings: Settings, slug: str) -> Catalogue:
    """The rule catalogue with the county's own rules (`rules/<slug>.yaml` beside the county files) on top."""
    from quality_checks.rules import load_catalogue

    own = settings.counties / "rules" / f"{slug}.yaml"
    return load_catalogue(*([own] if own.exists() else []))


def county_registers(settings: Settings, slug: str) -> Registers:
    """The code sets with the county's own in their place."""
    from quality_checks.registers import load_registers

    return load_registers(*county_codes(settings, slug))


def county_codes(settings: Settings, slug: str) -> list[Path]:
    """The county's own file of code sets, `codes/<slug>.yaml` beside the county files, when there is one."""
    own = settings.counties / "codes" / f"{slug}.yaml"
    return [own] if own.exists() else []
