"""Record quality: documents against the rule catalogue, scores, and the declared suites with their pages."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import dagster as dg

from assets.stages import CountyRun, Stage

if TYPE_CHECKING:
    import polars as pl

QUALITY_STAGES: tuple[Stage, ...] = ()
