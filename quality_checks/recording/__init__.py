"""What recording does to numbers: delays, coverage, and the figures that rest on poor records."""

from quality_checks.recording.delays import recording_delays
from quality_checks.recording.flags import coverage_flags
from quality_checks.recording.marking import POORLY_RECORDED, flags_of_services, mark_figures

__all__ = ["POORLY_RECORDED", "coverage_flags", "flags_of_services", "mark_figures", "recording_delays"]
