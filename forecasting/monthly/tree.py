"""A hierarchy of series: its nodes, what each sums, and the long table of all of them. No forecasts here."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import sparse

from forecasting.monthly.panel import SeriesError
from forecasting.monthly.periods import IntArray
from forecasting.scores import FloatArray

TOTAL = "total"
Levels = Sequence[tuple[str, ...]]


@dataclass(frozen=True)
class Tree:
    """Nodes of a hierarchy and the bottom series each of them sums.

    Attributes:
        names: of the nodes, shape (M,).
        members: number of the node that each bottom series belongs to at each level, shape (levels, N); the last
            level is the bottom itself.
    """

    names: NDArray[np.object_]
    members: IntArray

    @property
    def bottom(self) -> IntArray:
        """Numbers of the bottom nodes, in the order of the bottom series."""
        return np.asarray(self.members[-1])

    @property
    def level(self) -> IntArray:
        """Number of each node's level, shape (M,)."""
        result = np.zeros(self.names.size, dtype=np.int64)
        for number, nodes in enumerate(self.members):
            result[nodes] = number
        return result

    @property
    def above(self) -> IntArray:
        """Numbers of the nodes above the bottom."""
        return np.flatnonzero(self.level < self.members.shape[0] - 1)

    @property
    def sums(self) -> sparse.csr_array:
        """1 where a node holds a bottom series, shape (M, N)."""
        levels, size = self.members.shape
        place = (self.members.ravel(), np.tile(np.arange(size), levels))
        return sparse.csr_array((np.ones(levels * size), place), shape=(self.names.size, size))

    def add_up(self, bottom: FloatArray) -> FloatArray:
        """Values of all nodes from those of the bottom series, shape (n, N) to (n, M)."""
        return np.asarray((self.sums @ bottom.T).T)


def split(name: object) -> tuple[str, str]:
    """Level and unique_id of a node's name."""
    level, _, node = str(name).partition("|")
    return level, node


def nodes_of(series: pd.DataFrame, levels: Levels) -> tuple[pd.DataFrame, Tree]:
    """The long table of all nodes (unique_id, ds, y), and the tree; nodes in the engine's order of names.

    Raises:
        SeriesError: a key column is missing, the last level is not the bottom, a level stands twice, a row is
            missing, twice there or without a value, or two nodes would have one name.
    """
    keys = levels[-1] if levels else ()
    missing = [
        name
        for name in (*dict.fromkeys(key for level in levels for key in level), "ds", "y")
        if name not in series.columns
    ]
    if missing or not keys:
        raise SeriesError(f"the table lacks {', '.join(missing) or 'keys of its bottom level'}")
    if {key for level in levels for key in level} - set(keys):
        raise SeriesError(f"the last level must hold every key; it holds {', '.join(keys)}")
    if len({frozenset(level) for level in levels}) < len(levels):
        raise SeriesError("a level stands twice")
    series = _checked_rows(series, keys)
    wide = series.pivot_table(index="ds", columns=list(keys), values="y", aggfunc="sum", observed=True, sort=True)
    if wide.isna().to_numpy().any():
        column = wide.columns[int(np.argmax(wide.isna().any().to_numpy()))]
        raise SeriesError(f"series {column}: a period is missing; a sum cannot be told from a part of it")
    labels = wide.columns.to_frame(index=False).astype(str)
    _refuse_ambiguous(labels, levels)
    tree = _tree(labels, levels)
    y = tree.add_up(wide.to_numpy(dtype=np.float64))
    table = pd.DataFrame(
        {
            "unique_id": np.repeat(tree.names, len(wide)),
            "ds": np.tile(wide.index, tree.names.size),
            "y": y.T.ravel(),
        }
    )
    return table, tree


def _refuse_ambiguous(labels: pd.DataFrame, levels: Levels) -> None:
    """Two nodes must not share a name: as keys a/b and c share theirs with a and b/c."""
    for level in levels:
        nodes = labels[list(level)].drop_duplicates()
        names = nodes.agg("/".join, axis=1) if level else pd.Series(dtype=object)
        if names.duplicated().any():
            name = names[names.duplicated()].iloc[0]
            raise SeriesError(
                f"two nodes of {', '.join(level)} would be called {name}; write their keys without /"
            )


def _tree(labels: pd.DataFrame, levels: Levels) -> Tree:
    """The tree of bottom series with these labels, one row for each."""
    names: list[str] = []
    members = []
    for level in levels:
        code = labels[list(level)].agg("/".join, axis=1) if level else pd.Series(TOTAL, index=labels.index)
        place, nodes = pd.factorize(code, sort=True)
        members.append(place + len(names))
        names.extend(f"{'/'.join(level) or TOTAL}|{node}" for node in nodes)
    order = np.argsort(np.asarray(names, dtype=object), kind="stable")
    rank = np.empty(order.size, dtype=np.int64)
    rank[order] = np.arange(order.size)
    return Tree(np.asarray(names, dtype=object)[order], rank[np.stack(members)])


def _checked_rows(series: pd.DataFrame, keys: tuple[str, ...]) -> pd.DataFrame:
    """The rows with y as a number; refused is what a sum would pass over.

    That is a row without a key, a period or a value, a value that is no number, and two rows of one period.
    """

    def where(row: pd.Series, without: str = "") -> str:
        return ", ".join(f"{name} {row[name]}" for name in (*keys, "ds") if name != without)

    for name in (*keys, "ds", "y"):
        if series[name].isna().any():
            row = series[series[name].isna()].iloc[0]
            raise SeriesError(f"a row has no {name} ({where(row, name)}); a sum cannot be told from a part of it")
    y = pd.to_numeric(series["y"], errors="coerce").astype(float)
    if not np.isfinite(y).all():
        row = series[~np.isfinite(y)].iloc[0]
        raise SeriesError(f"y of {where(row)} is {row['y']}, not a number")
    twice = series.duplicated([*keys, "ds"])
    if twice.any():
        row = series[twice].iloc[0]
        raise SeriesError(f"two rows stand for {where(row)}; give one row for each series and period")
    return series.assign(y=y)
