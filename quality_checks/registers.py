"""Registers that rules look codes up in: dated code sets, the order of phases. Shipped ones are synthetic."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from quality_checks.language.binding import DatedCode
from quality_checks.schema import REFERENCE
from quality_checks.yaml_files import read_keyed

LAST_RANK = 99


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


class CodeSetError(ValueError):
    """A mistake in a file of code sets; the message names file, set and code, what was expected and the mend."""


def load_registers(*own: Path) -> Registers:
    """The shipped code sets and order of phases, with those of other files in their place.

    A set of a file takes the place of the whole shipped one of its name; a new name is a set that own rules may
    read. `phase_ranks` and `usual_phases` take the place of the shipped ones too.

    Args:
        own: files in the shape of the shipped one, later ones on top.

    Raises:
        CodeSetError: a file that cannot be used.
    """
    sets: dict[str, tuple[DatedCode, ...]] = {}
    ranks: dict[str, int] = {}
    usual: dict[str, str] = {}
    for path in (REFERENCE / "code_sets.yaml", *own):
        data = _read(path)
        sets.update({str(name): _codes(codes, f"{path.name}: {name}") for name, codes in data["sets"].items()})
        ranks = data.get("phase_ranks", ranks)
        usual = data.get("usual_phases", usual)
        _check_phases(ranks, usual, {c.code for c in sets.get("process_phases", ())}, path.name)
    return Registers(sets, {str(k): int(v) for k, v in ranks.items()}, {str(k): str(v) for k, v in usual.items()})


def _read(path: Path) -> dict[str, Any]:
    data = read_keyed(path, "sets", dict, "code sets by name", CodeSetError)
    strange = sorted(set(data) - {"status", "sets", "phase_ranks", "usual_phases"})
    if strange:
        raise CodeSetError(
            f"{path.name}: unknown key {', '.join(map(str, strange))}; expected sets, phase_ranks, usual_phases"
        )
    for name in ("phase_ranks", "usual_phases"):
        if not isinstance(data.get(name, {}), dict):
            raise CodeSetError(f"{path.name}: {name}: expected `key: value` pairs")
    return data


def _codes(codes: Any, where: str) -> tuple[DatedCode, ...]:
    if not isinstance(codes, dict):
        raise CodeSetError(f"{where}: expected codes, each with its validity, such as `code: {{}}`")
    return tuple(_code(str(code), told or {}, f"{where}: {code}") for code, told in codes.items())


def _code(code: str, told: Any, where: str) -> DatedCode:
    if not isinstance(told, dict) or set(told) - {"valid_from", "valid_to"}:
        raise CodeSetError(f"{where}: expected {{}} or valid_from and valid_to")
    first, last = told.get("valid_from"), told.get("valid_to")
    if not all(day is None or type(day) is date for day in (first, last)):
        raise CodeSetError(f"{where}: expected days as YYYY-MM-DD")
    if first and last and first > last:
        raise CodeSetError(f"{where}: valid_from {first} is after valid_to {last}; correct one of them")
    return DatedCode(code, first, last)


def _check_phases(ranks: Mapping[Any, Any], usual: Mapping[Any, Any], phases: set[str], file: str) -> None:
    """Every phase that is ranked or usual is a code of `process_phases`, and ranks are small numbers from 1 on.

    A notification in the phase of rank 1 opens a case again: without that rank none would.
    """
    strange = sorted({str(phase) for phase in (*ranks, *usual.values())} - phases)
    if strange:
        raise CodeSetError(
            f"{file}: {', '.join(strange)}: no code of process_phases; give its phase_ranks and usual_phases"
        )
    whole = all(type(rank) is int and 0 < rank <= LAST_RANK for rank in ranks.values())
    if not whole or (ranks and 1 not in ranks.values()):
        raise CodeSetError(
            f"{file}: phase_ranks: expected whole numbers from 1 to {LAST_RANK}, the first phase with 1"
        )
