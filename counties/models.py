"""The parts every section of a county file is made of: strict frozen models, codes, names in three languages."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

Code = Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]+$")]


MunicipalityCode = Annotated[str, Field(pattern=r"^\d{3}$")]


Language = Literal["fi", "sv", "en"]


class Model(BaseModel):
    """A section of a county file: frozen, and without fields that nobody knows."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Names(Model):
    """One name in the three languages of the reports."""

    fi: str
    sv: str
    en: str

    def in_language(self, language: str) -> str:
        """The name in `language` (fi, sv or en)."""
        return str(getattr(self, language))
