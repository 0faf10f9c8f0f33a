"""Visible text: Fluent catalogues in Finnish, Swedish and English. Numbers and dates live in `numbers`."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

from fluent.runtime import FluentBundle, FluentResource
from fluent.syntax.ast import Junk, Message

UNBREAKABLE = "\u00a0"
_PERCENT = re.compile(r"(?<=\d) %")  # a number and its sign stay on one line
FOLDER = Path(__file__).parent / "texts"
LOCALES = {"fi": "fi-FI", "sv": "sv-FI", "en": "en-GB"}


class TextError(LookupError):
    """A message that is missing, given twice, or lacks a variable."""


class Texts:
    """Messages of one language: `Texts("fi").get("page-title", county=name)`.

    Args:
        language: fi, sv or en.
        folder: where the catalogues are: `<folder>/<language>/*.ftl`.

    Raises:
        TextError: there is no catalogue of the language, or an id stands in two files of it.
    """

    def __init__(self, language: str, folder: Path = FOLDER) -> None:
        self.language = language
        self._bundle, self._constant = _bundle(language, folder), _constant(language, folder)

    def get(self, message_id: str, **args: str | int | float) -> str:
        """The message `message_id` with its variables filled in.

        Numbers are written in the language's own way and choose plural forms; give text for anything else.

        Raises:
            TextError: no such message, or a variable it needs was not given.
        """
        if not args and message_id in self._constant:
            return self._constant[message_id]
        if not self._bundle.has_message(message_id):
            raise TextError(f"{self.language}: no message '{message_id}'; add it to every texts/*/*.ftl")
        pattern = self._bundle.get_message(message_id).value
        if pattern is None:
            raise TextError(f"{self.language}: message '{message_id}' has no value")
        text, errors = self._bundle.format_pattern(pattern, args)
        if errors:
            raise TextError(f"{self.language}: message '{message_id}': {errors[0]}; give it to get()")
        told = _PERCENT.sub(f"{UNBREAKABLE}%", str(text))
        if not args:
            self._constant[message_id] = told
        return told

    def of(self, family: str, code: str, **args: str | int | float) -> str:
        """The message of one code of a closed set, `<family>-<code>`: `of("driver", "size")`."""
        return self.get(f"{family}-{code.replace('_', '-')}", **args)

    def has(self, family: str, code: str) -> bool:
        """Whether the closed set `family` has a message for `code`."""
        return bool(self._bundle.has_message(f"{family}-{code.replace('_', '-')}"))


@cache
def _constant(language: str, folder: Path) -> dict[str, str]:
    """Messages without variables that were asked for already."""
    return {}


@cache
def _bundle(language: str, folder: Path) -> FluentBundle:
    files = sorted((folder / language).glob("*.ftl"))
    if language not in LOCALES or not files:
        raise TextError(f"no catalogue for language '{language}'; there are: {', '.join(LOCALES)}")
    bundle = FluentBundle([LOCALES[language]], use_isolating=False)
    for file in files:
        resource = FluentResource(file.read_text(encoding="utf-8"))
        for entry in resource.body:
            if isinstance(entry, Junk):
                raise TextError(f"{language}/{file.name}: not a valid message: {str(entry.content)[:60]!r}")
            if isinstance(entry, Message) and bundle.has_message(entry.id.name):
                raise TextError(f"{language}/{file.name}: message '{entry.id.name}' is given twice; keep one")
        bundle.add_resource(resource)
    return bundle


def capital(text: str) -> str:
    """Words that begin a heading, a cell or a sentence: their first letter large."""
    return text[:1].upper() + text[1:]
