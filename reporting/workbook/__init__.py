"""The planner's workbook (XLSX): real tables, native charts, and formulas where an assumption may be changed."""

from reporting.workbook.build import write_workbook

__all__ = ["write_workbook"]
