"""The tree of areas: which leaf areas stand under which node. No numbers live here."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from forecasting.contracts import NeedInputError, require_columns, show_rows


@dataclass(frozen=True)
class AreaTree:
    """A tree of areas with one root.

    Attributes:
        root: the area that holds all others.
        parent: parent of every area but the root.
    """

    root: str
    parent: dict[str, str]

    @property
    def areas(self) -> tuple[str, ...]:
        """Every area, the root first, then in the order of the table."""
        return (self.root, *self.parent)

    def upward(self, area: str) -> tuple[str, ...]:
        """The area and its ancestors, nearest first.

        Raises:
            NeedInputError: the area is not in the hierarchy.
        """
        if area != self.root and area not in self.parent:
            raise NeedInputError(f"hierarchy: area {area!r} is missing; add a row with its parent")
        path = [area]
        while path[-1] != self.root:
            path.append(self.parent[path[-1]])
        return tuple(path)

    def membership(self, nodes: Sequence[str], units: Sequence[str]) -> NDArray[np.float64]:
        """1 where the unit is the node or stands under it, shape (nodes, units)."""
        above = [set(self.upward(unit)) for unit in units]
        return np.array([[float(node in line) for line in above] for node in nodes]).reshape(
            len(nodes), len(units)
        )

    def nodes_over(self, units: Iterable[str]) -> tuple[str, ...]:
        """The units and every area above them, the root first, in the order of the table."""
        found = {node for unit in units for node in self.upward(unit)}
        return tuple(area for area in self.areas if area in found)

    def check_disjoint(self, areas: Iterable[str], table: str) -> None:
        """Raise when one area of a table stands under another one of it, so that persons would count twice."""
        listed = set(areas)
        for area in sorted(listed):
            double = listed.intersection(self.upward(area)[1:])
            if double:
                raise NeedInputError(
                    f"{table}: area {area} and its parent area {min(double)} both have rows; "
                    "keep one level only, otherwise they are counted twice"
                )


def area_tree(hierarchy: pd.DataFrame) -> AreaTree:
    """Read a hierarchy table.

    Args:
        hierarchy: columns area, parent; the root has an empty parent, or no row of its own.

    Returns:
        The tree.

    Raises:
        NeedInputError: an area twice, a cycle, or not exactly one root.
    """
    require_columns(hierarchy, "hierarchy", ("area", "parent"))
    area = hierarchy["area"].astype(str)
    twice = hierarchy[area.duplicated(keep=False)]
    if len(twice):
        raise NeedInputError(f"hierarchy: an area has more than one parent:\n{show_rows(twice)}")
    has_parent = hierarchy["parent"].notna() & (hierarchy["parent"].astype(str) != "")
    parent = dict(zip(area[has_parent], hierarchy.loc[has_parent, "parent"].astype(str), strict=True))
    roots = sorted((set(area) | set(parent.values())) - set(parent))
    if len(roots) != 1:
        what = f"found {', '.join(roots)}" if roots else "found a cycle"
        raise NeedInputError(f"hierarchy: exactly one area without a parent is expected, {what}")
    tree = AreaTree(roots[0], parent)
    for start in parent:
        seen = {start}
        current = start
        while current != tree.root:
            current = parent[current]
            if current in seen:
                raise NeedInputError(f"hierarchy: area {current} stands under itself; mend its parent")
            seen.add(current)
    return tree
