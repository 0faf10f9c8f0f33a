"""The small typed language of rules: text -> syntax tree -> checked -> Polars expression or DuckDB SQL.

Three-valued like SQL: an unknown value makes a comparison unknown. The check of `safety` proves for every rule
that `fails` is known wherever `applies` is true, so that unknown never becomes a verdict by accident.
"""

from quality_checks.language.binding import bind
from quality_checks.language.clock import DAY, comparisons_with_day, on_day, on_days
from quality_checks.language.polars_compiler import to_polars
from quality_checks.language.safety import unguarded_fields
from quality_checks.language.sql_compiler import to_sql
from quality_checks.language.syntax import (
    Call,
    Compare,
    Expression,
    Field,
    LanguageError,
    Literal,
    fields_of,
    parse,
    sets_of,
    settings_of,
)
from quality_checks.language.types import check

__all__ = [
    "DAY",
    "Call",
    "Compare",
    "Expression",
    "Field",
    "LanguageError",
    "Literal",
    "bind",
    "check",
    "comparisons_with_day",
    "fields_of",
    "on_day",
    "on_days",
    "parse",
    "sets_of",
    "settings_of",
    "to_polars",
    "to_sql",
    "unguarded_fields",
]
