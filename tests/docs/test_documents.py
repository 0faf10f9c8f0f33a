"""What the documents say can be followed: links lead somewhere, examples are accepted, names exist."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pandas as pd
import polars as pl
import pytest
import yaml

ROOT = Path(__file__).resolve().parents[2]
DOCUMENTS = sorted([*ROOT.glob("*.md"), *ROOT.glob("*/*.md"), *ROOT.glob("*/*/README.md")])
DOCUMENTS = [path for path in DOCUMENTS if not path.relative_to(ROOT).parts[0].startswith((".", "data"))]


def blocks(name: str) -> list[str]:
    """The YAML examples of a document."""
    return re.findall(r"```yaml\n(.*?)```", (ROOT / "docs" / name).read_text(encoding="utf-8"), re.DOTALL)


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_links_lead_somewhere_and_no_machine_is_named(path):
    text = path.read_text(encoding="utf-8")
    for target in re.findall(r"\]\(([^)#]+)\)", text):
        assert "://" in target or (path.parent / target).exists(), target
    assert not re.search(r"(?<![\w.])/(root|home|work)/", text)


def test_the_limits_of_a_readable_content_stand_where_its_defect_is_explained():
    from sources.document_content import UNREADABLE, reduce_contents

    guide = (ROOT / "docs" / "data-engineers.md").read_text(encoding="utf-8")
    (row,) = [line for line in guide.splitlines() if line.startswith("| `content_readable` fails")]
    (told,) = re.findall(r"more than ([\d,]+) characters.* more than (\d+) deep.* more than (\d+) fields", row)
    characters, deep, elements = (int(number.replace(",", "")) for number in told)

    def nested(levels: int) -> str:
        return '{"a":' * levels + "1" + "}" * levels

    def long(length: int) -> str:
        return '{"a":"' + "x" * (length - len('{"a":""}')) + '"}'

    def listed(count: int) -> str:
        return '{"a":[' + ",".join("1" * count) + "]}"

    most = [long(characters), nested(deep), listed(elements)]
    beyond = [long(characters + 1), nested(deep + 1), listed(elements + 1)]
    contents = pl.Series([*most, *beyond])
    reduced = reduce_contents(contents, pl.Series(["case_note"] * contents.len()))
    assert (reduced == UNREADABLE).to_list() == [False] * 3 + [True] * 3


def test_the_examples_of_a_rule_and_of_codes_are_taken(tmp_path):
    from quality_checks.registers import load_registers
    from quality_checks.rules import load_catalogue

    codes, rule = blocks("extending.md")
    (tmp_path / "own.yaml").write_text(rule, encoding="utf-8")
    shipped, extended = load_catalogue(), load_catalogue(tmp_path / "own.yaml")
    assert set(extended.ids) - set(shipped.ids) == {"note_place_given"}
    (tmp_path / "codes.yaml").write_text(codes, encoding="utf-8")
    assert load_registers(tmp_path / "codes.yaml").codes("service_tasks") == ("1", "7")


def test_the_examples_for_engineers_are_accepted():
    from counties import County, ExtractMapping, load_county
    from counties.outputs import DisclosureSettings
    from lake.settings import Settings

    mapping, known, hidden, settings, delivery = (yaml.safe_load(block) for block in blocks("data-engineers.md"))
    assert [ExtractMapping.model_validate(row).table for row in mapping["extracts"]] == [
        "service_events",
        "waiting_list",
    ]
    assert Settings.model_validate(settings).compute == "local"
    own = County.model_validate(load_county("lappi").model_dump() | delivery | known | hidden)
    assert own.disclosure.model_copy(update={"outputs": {}}) == DisclosureSettings()
    assert own.disclosure.of("measures").k == 10


def test_the_readme_names_every_command_and_no_other():
    from cli import app

    commands = {command.name or command.callback.__name__ for command in app.registered_commands}
    known = commands | {group.name for group in app.registered_groups}
    named = set(re.findall(r"^palvelutarve (\w+)", (ROOT / "README.md").read_text(encoding="utf-8"), re.MULTILINE))
    assert named == known


def test_help_says_what_every_argument_and_option_is():
    from typer.main import get_command

    from cli import app

    found = get_command(app).commands
    commands = {**found, **{f"audit {name}": command for name, command in found["audit"].commands.items()}}
    silent = [f"{name} {p.name}" for name, command in commands.items() for p in command.params if not p.help]
    assert silent == []


def test_the_example_for_analysts_runs():
    text = (ROOT / "docs" / "analysts.md").read_text(encoding="utf-8")
    (example,) = re.findall(r"```python\n(.*?)```", text, re.DOTALL)
    y = np.random.default_rng(1).poisson(30, 60)
    made = {"series": pd.DataFrame({"unique_id": "a", "ds": pd.date_range("2020", periods=60, freq="MS"), "y": y})}
    exec(example, made)
    assert len(made["ahead"]) == 6
    np.testing.assert_array_equal(made["judged"]["palvelutarve"], made["parts"]["mean"])
    assert made["scores"]["horizon"].tolist() == list(range(1, 13))
