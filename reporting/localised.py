"""An edition with the words of one language: what the page and the workbook write their tables from."""

from __future__ import annotations

from reporting.inputs import ReportInputs
from reporting.labels import Labels


class Localised:
    """The tables of one edition, and how one language names and writes what they hold.

    Args:
        inputs: the protected edition.
        language: fi, sv or en.
    """

    def __init__(self, inputs: ReportInputs, language: str) -> None:
        self.inputs = inputs
        self.labels = Labels(inputs.county, language)
        self.texts, self.numbers = self.labels.texts, self.labels.numbers
