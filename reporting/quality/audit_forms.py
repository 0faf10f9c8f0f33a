"""Forms of the human audit: which documents to open in the source system and what to judge in each.

A form tells the document and the check, never what the machine found. It holds document ids and goes to the unit
alone; the answers come back as the same file.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping
from pathlib import Path

import polars as pl

from reporting.inert import inert
from reporting.inputs import LANGUAGES
from reporting.quality.work_lists import file_name
from reporting.texts import Texts

COLUMNS = ("question", "document", "type", "check", "meaning", "answer", "note", "reader")
ANSWERS = ("ok", "defect", "unclear")
RULE_COLUMNS = ("rule_id", *(f"{part}_{code}" for part in ("title", "explanation") for code in LANGUAGES))


class FormError(ValueError):
    """A form that cannot be read; the message names the unit's folder, the file, the row and the mend.

    Attributes:
        reason: the message without the file.
    """

    def __init__(self, path: Path, reason: str) -> None:
        super().__init__(f"{path.parent.name}/{path.name}: {reason}")
        self.reason = reason


def write_audit_forms(
    sample: pl.DataFrame, rules: pl.DataFrame, language: str, out: Path
) -> dict[str, list[Path]]:
    """Write the forms of every unit as `<unit>/audit_<reader>_<language>.csv`.

    Args:
        sample: questions: question, unit, document_id, document_type, rule_id, second_reader.
        rules: `RULE_COLUMNS` of each rule.
        language: fi, sv or en.
        out: folder of the units' own folders.

    Returns:
        Unit -> its files; the second reader's form holds the questions that two people answer.
    """
    texts = Texts(language)
    told = {
        r["rule_id"]: (r[f"title_{language}"], r[f"explanation_{language}"]) for r in rules.iter_rows(named=True)
    }
    written: dict[str, list[Path]] = {}
    for (unit,), rows in sample.group_by("unit", maintain_order=True):
        folder = out / file_name(str(unit))
        folder.mkdir(parents=True, exist_ok=True)
        for reader, own in ((1, rows), (2, rows.filter("second_reader"))):
            path = folder / f"audit_{reader}_{language}.csv"
            path.write_bytes(_form(own, reader, told, texts).encode("utf-8-sig"))
            written.setdefault(str(unit), []).append(path)
    return written


def _form(rows: pl.DataFrame, reader: int, told: Mapping[str, tuple[str, str]], texts: Texts) -> str:
    out = io.StringIO()
    writer = csv.writer(out, delimiter=";", lineterminator="\r\n")
    writer.writerow([_header(name, texts) for name in COLUMNS])
    for r in rows.iter_rows(named=True):
        kind = r["document_type"]
        named = texts.of("rq-type", kind) if texts.has("rq-type", kind) else kind
        title, meaning = told.get(r["rule_id"], (r["rule_id"], ""))
        line = (r["question"], r["document_id"], named, title, meaning, "", "", reader)
        writer.writerow([inert(value) for value in line])
    return out.getvalue()


def _header(name: str, texts: Texts) -> str:
    """Heading of a column; the answer's tells what may be written."""
    if name != "answer":
        return texts.of("audit-column", name)
    return texts.get("audit-column-answer", words=" / ".join(texts.of("audit-answer", a) for a in ANSWERS))


def read_audit_forms(files: Iterable[Path]) -> pl.DataFrame:
    """Read filled forms, in any of the languages, as a spreadsheet saves them (`;` or `,`, UTF-8 or Latin-1).

    Returns:
        question, reader, answer (`ok`, `defect` or `unclear`); rows without an answer are left out. Notes stay in
        the form: they may tell of persons.

    Raises:
        FormError: a file without the form's columns, or an answer in other words.
    """
    rows = [row for path in sorted(files) for row in _read(path)]
    return pl.DataFrame(
        rows, schema={"question": pl.String, "reader": pl.Int64, "answer": pl.String}, orient="row"
    )


def _read(path: Path) -> list[tuple[str, int, str]]:
    raw = path.read_bytes()
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = raw.decode("latin-1")
    delimiter = ";" if text.partition("\n")[0].count(";") >= len(COLUMNS) - 1 else ","
    try:
        lines = list(csv.reader(io.StringIO(text), delimiter=delimiter))
    except csv.Error:
        raise FormError(path, "no text of columns; save it as CSV") from None
    place = _places(lines[0] if lines else [], path)
    words = _words()
    found = []
    for number, line in enumerate(lines[1:], start=2):
        if not any(cell.strip() for cell in line):
            continue
        if len(line) <= max(place.values()):
            raise FormError(
                path,
                f"row {number}: {len(line)} columns where the first row has {len(lines[0])}; "
                "keep the columns as they were",
            )
        answer = line[place["answer"]].strip().casefold()
        if not answer:
            continue
        if answer not in words or line[place["reader"]].strip() not in ("1", "2"):
            allowed = ", ".join(sorted(words))
            raise FormError(path, f"row {number}: the answer must be one of {allowed}, and the reader 1 or 2")
        found.append((line[place["question"]].strip(), int(line[place["reader"]]), words[answer]))
    return found


def _places(header: list[str], path: Path) -> dict[str, int]:
    """Where the columns that are read stand, by their heading in any language."""
    named = {_header(name, Texts(code)): name for code in LANGUAGES for name in ("question", "answer", "reader")}
    place = {named[text.strip()]: i for i, text in enumerate(header) if text.strip() in named}
    if len(place) < 3:
        raise FormError(path, "this is no audit form: its headings are missing; keep the first row as it was")
    return place


def _words() -> dict[str, str]:
    """Answer of each word that may be written, in any language."""
    return {Texts(code).of("audit-answer", a).casefold(): a for code in LANGUAGES for a in ANSWERS}
