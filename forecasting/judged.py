"""What a backtest hands to the forecast that it has judged."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Judged:
    """What a backtest has found about the forecast.

    Attributes:
        validated: longest tested horizon of each service in years; the one tested inside the fit when None.
        spread: factor on the spread of each service's rates (recalibration); 1 where left out.
        raked: services whose draws are raked to an independent total, and for how many years ahead.
    """

    validated: Mapping[str, int] | None = None
    spread: Mapping[str, float] = field(default_factory=dict)
    raked: Mapping[str, int] = field(default_factory=dict)


NOT_JUDGED = Judged()
