"""What a county sets for what leaves: limits of disclosure control, and who receives which products."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, model_validator

from counties.models import Code, Language, Model

Output = Literal["counts", "measures", "quality", "observations", "casework"]


class OutputLimits(Model):
    """Limits of one output where they differ from the county's; what is left out is the county's."""

    k: int | None = Field(default=None, ge=2)
    min_denominator: int | None = Field(default=None, ge=1)
    zeros: Literal["shown", "hidden"] | None = None


class DisclosureSettings(Model):
    """Disclosure control of everything that leaves.

    Attributes:
        k: smallest count shown.
        min_denominator: smallest denominator of a rate, share or mean.
        zeros: whether zeros are shown, or as small as 1..k-1.
        dominance: largest share of a count that one client may stand for.
        mode: `suppress` hides small counts; `round` rounds all counts of the edition's tables at random to
            multiples of `base` instead. Observations, cases, and documents by task and type, which stand in the
            reports alone, are always suppressed.
        base: what counts are rounded to.
        outputs: limits of single outputs: counts (by year and month), measures, quality, observations, casework.
    """

    k: int = Field(default=5, ge=2)
    min_denominator: int = Field(default=30, ge=1)
    zeros: Literal["shown", "hidden"] = "shown"
    dominance: float = Field(default=0.9, gt=0, le=1)
    mode: Literal["suppress", "round"] = "suppress"
    base: int = Field(default=5, ge=2)
    outputs: dict[Output, OutputLimits] = Field(default_factory=dict)

    def of(self, output: str) -> DisclosureSettings:
        """The settings of one output."""
        own = next((limits for name, limits in self.outputs.items() if name == output), OutputLimits())
        return self.model_copy(update=own.model_dump(exclude_none=True))


class Recipient(Model):
    """Who receives which products of every edition.

    Attributes:
        role: planner (page, workbook, tables, area reports), lead (area reports, record quality, work lists of own
            units) or engineer (tables, record quality, facts of the edition).
        areas: service areas; the county's own code means the whole county.
        units: units whose work lists the lead gets.
        language: language of reports and messages.
        address: an e-mail address, or a folder (relative ones begin in the data folder).
        login: the recipient's login in the planners' database, which sees the rows of these areas.
    """

    role: Literal["planner", "lead", "engineer"]
    areas: tuple[Code, ...] = Field(min_length=1)
    units: tuple[str, ...] = ()
    language: Language
    address: Annotated[str, Field(pattern=r"^[^\x00-\x20,;<>\"]+$")]
    login: str | None = None

    @property
    def channel(self) -> Literal["mail", "folder"]:
        """How the products go."""
        return "mail" if "@" in self.address else "folder"

    @model_validator(mode="after")
    def _as_the_role_allows(self) -> Recipient:
        if self.units and self.role != "lead":
            raise ValueError(f"units: work lists go to their own lead alone; a {self.role} gets none")
        if ".." in self.address.split("/"):
            raise ValueError("address: a folder may not lead upwards (..)")
        return self
