"""Registers that rules look codes up in: dated code sets, the order of phases. Shipped ones are synthetic."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from quality_checks.language.binding import DatedCode
from quality_checks.schema import REFERENCE
from quality_checks.yaml_files import read_yaml


@dataclass(frozen=True)
class Registers:
    """Dated code sets and the order of phases.

    Attributes:
        code_sets: codes with validity, by set name; rules on a set that is empty are not evaluable.
        phase_ranks: place of each phase in the expected order; phases that run alongside are left out.
        usual_phases: phase in which documents of a type usually arise.
    """

    code_sets: Mapping[str, Sequence[DatedCode]]
    phase_ranks: Mapping[str, int]
    usual_phases: Mapping[str, str]

    def codes(self, name: str) -> tuple[str, ...]:
        """Codes of a set, whatever their validity."""
        return tuple(sorted({c.code for c in self.code_sets.get(name, ())}))


def load_registers(path: Path = REFERENCE / "code_sets.yaml") -> Registers:
    """Read code sets and the order of phases from a file."""
    data = read_yaml(path)
    sets = {
        name: tuple(
            DatedCode(str(code), (v or {}).get("valid_from"), (v or {}).get("valid_to"))
            for code, v in codes.items()
        )
        for name, codes in data["sets"].items()
    }
    ranks = {str(k): int(v) for k, v in data.get("phase_ranks", {}).items()}
    return Registers(sets, ranks, {str(k): str(v) for k, v in data.get("usual_phases", {}).items()})
