"""The neutral model of a report: what is said and shown, not how. HTML and PDF are printed from it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

Tone = Literal["good", "fair", "poor", "neutral"]


@dataclass(frozen=True)
class Mark:
    """A word in a table cell with a tone of its own; the word alone says everything."""

    text: str
    tone: Tone = "neutral"


Cell = str | Mark


@dataclass(frozen=True)
class Heading:
    """A heading of level 1 (section) or 2 (within a section)."""

    text: str
    level: Literal[1, 2] = 1


@dataclass(frozen=True)
class Paragraph:
    """Running text; `lead` stands out at the start, `small` is for sources and method."""

    text: str
    style: Literal["body", "lead", "small"] = "body"


@dataclass(frozen=True)
class Note:
    """A boxed remark: a caution, how far a figure can be trusted, or plain information."""

    text: str
    tone: Tone = "neutral"


@dataclass(frozen=True)
class Bullets:
    """A list of sentences."""

    items: tuple[str, ...]


@dataclass(frozen=True)
class KeyFigure:
    """One large figure with its name and one line of detail."""

    label: str
    value: str
    detail: str = ""


@dataclass(frozen=True)
class KeyFigures:
    """A row of key figures."""

    items: tuple[KeyFigure, ...]


@dataclass(frozen=True)
class Column:
    """A table column: its heading, alignment and share of the width (0: as wide as its content)."""

    label: str
    align: Literal["left", "right"] = "left"
    width: float = 0.0


@dataclass(frozen=True)
class Table:
    """A table with a caption, a header row and, in its first column, row headers."""

    caption: str
    columns: tuple[Column, ...]
    rows: tuple[tuple[Cell, ...], ...]
    source: str = ""

    def __post_init__(self) -> None:
        """Refuse a row that does not fit the columns: it would shift figures under a wrong heading."""
        for row in self.rows:
            if len(row) != len(self.columns):
                raise ValueError(
                    f"table '{self.caption}': a row has {len(row)} cells, expected {len(self.columns)}: {row}"
                )


@dataclass(frozen=True)
class Figure:
    """A drawing (SVG text) with its text alternative; its numbers stand in a table of the same section."""

    svg: str
    alt: str
    caption: str
    source: str = ""

    def __post_init__(self) -> None:
        """Refuse a figure that a screen reader could not tell."""
        if not self.alt.strip():
            raise ValueError(f"figure '{self.caption}' has no text alternative")


Block = Heading | Paragraph | Note | Bullets | KeyFigures | Table | Figure


@dataclass(frozen=True)
class Frame:
    """What stands around the blocks on every page, in the report's language.

    Attributes:
        contents: heading of the table of contents.
        page_of: word between page number and number of pages, such as `/`.
        to_content: text of the link that skips to the content (HTML).
        languages: heading of the language links (HTML).
        banner: warning on every page, such as that the data are synthetic; empty for none.
        footer: edition and as-of date.
        notice: name of the banner for screen readers (HTML).
    """

    contents: str
    page_of: str
    to_content: str
    languages: str
    banner: str
    footer: str
    notice: str = ""


@dataclass(frozen=True)
class Link:
    """A link to another printing of the same report."""

    text: str
    href: str
    language: str


@dataclass(frozen=True)
class Report:
    """A whole report.

    Attributes:
        title: its title, also the PDF's.
        subtitle: area and period.
        language: BCP 47 tag (fi, sv, en).
        publisher: who publishes it; the PDF's author.
        frame: what stands on every page.
        blocks: the content in reading order.
        links: the same report in other languages or as PDF (HTML only).
    """

    title: str
    subtitle: str
    language: str
    publisher: str
    frame: Frame
    blocks: tuple[Block, ...]
    links: tuple[Link, ...] = field(default=())
