"""Parameters of the rules. The law says 'without delay' (viipymättä), so most limits are the county's to set."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import date
from typing import Any


@dataclass(frozen=True)
class Settings:
    """Limits that rules read as `@name`.

    Attributes:
        recording_working_days: working days from an event to its entry.
        draft_days: days a document may stay unfinished.
        silent_case_days: days an open case may pass without any document.
        assessment_age: age from which the assessment of service needs starts within seven working days.
        assessment_age_inclusive: whether those who are exactly of that age are covered.
        bulk_documents_per_minute: documents signed by one author within a minute that make a bulk signing.
        assessment_start_working_days: statutory limit of the start of an assessment.
        assessment_months: statutory limit of a child's assessment.
        decision_months: statutory limit from the start of a case to carrying out a decision.
        plan_review_months: months after which a plan without a review date is due for review.
        closing_days: days from the end of a client relationship to its closing summary.
        short_text: characters below which a narrative says too little.
        long_text: characters above which a narrative is a pasted document.
        urgent_days: days in which an urgent need is answered.
        urgent_decision_days: days from the beginning of an urgent service to its decision.
        signing_days: days from making a document to signing it.
        minimum_rules: rules that must apply before a score is shown.
    """

    recording_working_days: int = 3
    draft_days: int = 14
    silent_case_days: int = 180
    assessment_age: int = 75
    assessment_age_inclusive: bool = True
    bulk_documents_per_minute: int = 5
    assessment_start_working_days: int = 7
    assessment_months: int = 3
    decision_months: int = 3
    plan_review_months: int = 12
    closing_days: int = 30
    short_text: int = 20
    long_text: int = 20000
    urgent_days: int = 1
    urgent_decision_days: int = 7
    signing_days: int = 14
    minimum_rules: int = 3

    @classmethod
    def of(cls, values: Any = None) -> Settings:
        """Settings from a mapping, from any object's attributes of these names (others are its own), or nothing.

        Raises:
            ValueError: a name of the mapping that is no limit.
        """
        if isinstance(values, cls):
            return values
        if values is None:
            return cls()
        known = [f.name for f in fields(cls)]
        given = values if isinstance(values, Mapping) else {name: getattr(values, name, None) for name in known}
        if strange := sorted(set(given) - set(known)):
            raise ValueError(f"settings: there is no limit {', '.join(strange)}; there are: {', '.join(known)}")
        return cls(**{name: value for name, value in given.items() if value is not None})

    def values(self, as_of: date) -> dict[str, object]:
        """Values for the rule language; `first_age` folds the inclusive flag into one bound."""
        numbers = {f.name: getattr(self, f.name) for f in fields(self)}
        first = self.assessment_age if self.assessment_age_inclusive else self.assessment_age + 1
        return {**numbers, "first_age": first, "as_of": as_of}


SETTING_TYPES: dict[str, str] = {
    **{f.name: "bool" if f.name == "assessment_age_inclusive" else "number" for f in fields(Settings)},
    "first_age": "number",
    "as_of": "date",
}
