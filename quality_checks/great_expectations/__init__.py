"""The declared layer: suites of Great Expectations over counts, never over documents.

Declarations are plain data, so other rooms use the runner without importing the library. `great_expectations`
itself takes seconds to import and is imported inside the functions that need it.
"""

from quality_checks.great_expectations.outcomes import Outcome, counts_by_status
from quality_checks.great_expectations.pages import page_of, write_index
from quality_checks.great_expectations.runner import run_suites
from quality_checks.great_expectations.suites import record_quality_suites

__all__ = ["Outcome", "counts_by_status", "page_of", "record_quality_suites", "run_suites", "write_index"]
