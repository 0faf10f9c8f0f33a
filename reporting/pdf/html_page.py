"""Report model -> one self-contained HTML page: no script, no outside resource, every string escaped."""

from __future__ import annotations

from base64 import b64encode
from functools import cache
from typing import TYPE_CHECKING

from reporting.pdf.blocks import Report
from reporting.pdf.typeset import FOLDER, plain

if TYPE_CHECKING:
    from jinja2 import Template


def html_page(report: Report) -> str:
    """Print a report as an HTML page that works offline, by keyboard and on paper."""
    return _template().render(report=plain(report))


@cache
def _template() -> Template:
    from jinja2 import Environment, FileSystemLoader, StrictUndefined
    from markupsafe import Markup

    environment = Environment(
        loader=FileSystemLoader(FOLDER), autoescape=True, undefined=StrictUndefined, trim_blocks=True
    )
    environment.filters["base64"] = lambda text: b64encode(text.encode()).decode("ascii")
    # The style sheet is ours, not data: the one string that is markup.
    environment.globals["style"] = Markup((FOLDER / "page.css").read_text(encoding="utf-8"))  # noqa: S704
    return environment.get_template("page.html.j2")
