"""Finding and reading county files; a mistake in one names the line and the mend."""

from __future__ import annotations

import csv
from functools import cache
from pathlib import Path
from typing import Any

import yaml
from pydantic import ValidationError

from counties.schema import County

FOLDER = Path(__file__).parent
REFERENCE = FOLDER / "reference"
COMMON = "_common.yaml"
ALAND = "91"  # no wellbeing services county: health and social care are the autonomous region's own


class CountyFileError(ValueError):
    """A county file that cannot be used: which file, which line, what was expected."""


# The parser in C reads a file in a tenth of the time; it is not built everywhere.
_SafeLoader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class _LineLoader(_SafeLoader):  # type: ignore[misc]
    """Refuses a key given twice: YAML would keep the last one silently."""


def _mapping_without_duplicates(loader: Any, node: yaml.MappingNode) -> dict[Any, Any]:
    seen = set()
    for key_node, _ in node.value:
        key = loader.construct_object(key_node)
        if key in seen:
            raise CountyFileError(f"line {key_node.start_mark.line + 1}: the key '{key}' is given twice")
        seen.add(key)
    loader.flatten_mapping(node)
    return dict(loader.construct_mapping(node, deep=True))


_LineLoader.add_constructor(yaml.resolver.BaseResolver.DEFAULT_MAPPING_TAG, _mapping_without_duplicates)


def county_slugs(folder: Path = FOLDER) -> tuple[str, ...]:
    """Slugs of the counties that have a file, sorted."""
    return tuple(sorted(p.stem for p in folder.glob("*.yaml") if not p.stem.startswith("_")))


def load_county(slug: str, folder: Path = FOLDER) -> County:
    """Read and validate one county file on top of the common part `_common.yaml`.

    Args:
        slug: the file's name without its ending, such as `paijat-hame`.
        folder: where the county files are.

    Raises:
        CountyFileError: no such county, or a mistake in its file, with the line and the mend.
    """
    path = folder / f"{slug}.yaml"
    if not path.exists():
        raise CountyFileError(f"no county file '{slug}'; there are: {', '.join(county_slugs(folder))}")
    text = path.read_text(encoding="utf-8")
    common, own = _read(FOLDER / COMMON), _read(path)
    try:
        county = County.model_validate({**common, **own})
    except ValidationError as error:
        raise CountyFileError(_explain(path, text, error, set(common) - set(own))) from None
    if county.slug != slug:
        line = _line_of(text, ("slug",))
        raise CountyFileError(f"{path.name}, line {line}: slug: {county.slug}; expected the file's name, {slug}")
    _check_municipalities(path, text, county)
    return county


def _read(path: Path) -> dict[str, Any]:
    try:
        data = yaml.load(path.read_text(encoding="utf-8"), Loader=_LineLoader)  # noqa: S506 (a SafeLoader)
    except CountyFileError as error:
        raise CountyFileError(f"{path.name}, {error}; keep one of them") from None
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        line = f", line {mark.line + 1}" if mark else ""
        raise CountyFileError(f"{path.name}{line}: not valid YAML: {getattr(error, 'problem', error)}") from None
    if not isinstance(data, dict):
        raise CountyFileError(f"{path.name}, line 1: expected 'key: value' pairs; found {type(data).__name__}")
    return data


def _explain(path: Path, text: str, error: ValidationError, common: set[str]) -> str:
    """A line per mistake: file, line, place, what was expected; `common` are keys of the common part."""
    lines = []
    for item in error.errors():
        where = ".".join(str(part) for part in item["loc"]) or "the whole file"
        of_common = bool(item["loc"]) and item["loc"][0] in common
        file, written = (COMMON, (FOLDER / COMMON).read_text(encoding="utf-8")) if of_common else (path.name, text)
        lines.append(f"{file}, line {_line_of(written, item['loc'])}: {where}: {item['msg']}{_mend(item)}")
    return "\n".join(lines)


def _mend(item: Any) -> str:
    if item["type"] == "extra_forbidden":
        return "; remove it or correct its spelling"
    if item["type"] == "missing":
        return "; add it"
    return f" (found: {item['input']!r})" if isinstance(item.get("input"), str | int | float) else ""


def _line_of(text: str, location: tuple[Any, ...]) -> int:
    """Line of the deepest part of `location` that the file has (1 when none)."""
    node = yaml.compose(text, Loader=yaml.SafeLoader)
    line = 1
    for part in location:
        if isinstance(node, yaml.MappingNode):
            for key, value in node.value:
                if key.value == str(part):
                    node, line = value, key.start_mark.line + 1
                    break
            else:
                return line
        elif isinstance(node, yaml.SequenceNode) and isinstance(part, int) and part < len(node.value):
            node = node.value[part]
            line = node.start_mark.line + 1
        else:
            return line
    return line


def _check_municipalities(path: Path, text: str, county: County) -> None:
    expected = {
        row["municipality"] for row in municipality_rows() if row["county"] == county.code and not row["valid_to"]
    }
    found = set(county.municipalities)
    line = _line_of(text, ("service_areas",))
    if missing := sorted(expected - found):
        raise CountyFileError(f"{path.name}, line {line}: no service area has {', '.join(missing)}; add them")
    if extra := sorted(found - expected):
        raise CountyFileError(
            f"{path.name}, line {line}: {', '.join(extra)} are not in county {county.code}; remove them"
        )


def planned_slugs() -> tuple[str, ...]:
    """Slugs of the 21 wellbeing services counties and Helsinki, with a file or without."""
    return tuple(row["slug"] for row in county_rows() if row["county"] != ALAND)


@cache
def municipality_rows() -> tuple[dict[str, str], ...]:
    """Rows of the municipality reference table, codes as strings."""
    return _rows("municipalities.csv")


@cache
def county_rows() -> tuple[dict[str, str], ...]:
    """Rows of the county reference table, codes as strings."""
    return _rows("counties.csv")


@cache
def boundary_change_rows() -> tuple[dict[str, str], ...]:
    """Rows of the boundary-change table (municipal mergers), codes as strings."""
    return _rows("boundary_changes.csv")


def _rows(name: str) -> tuple[dict[str, str], ...]:
    with (REFERENCE / name).open(encoding="utf-8", newline="") as file:
        return tuple(csv.DictReader(file))
