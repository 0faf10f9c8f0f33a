"""The tree of services: which services stand under which node. The same form as the tree of areas."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from forecasting.contracts import NeedInputError, require_columns
from forecasting.hierarchy import AreaTree, area_tree


def service_tree(table: pd.DataFrame | None, services: Sequence[str]) -> AreaTree | None:
    """The hierarchy of services, or None when none is given.

    Args:
        table: service, parent; the root has an empty parent, or no row of its own.
        services: services of the forecast.

    Raises:
        NeedInputError: no tree, a service of the forecast that is not in it, or one that stands over another.
    """
    if table is None:
        return None
    require_columns(table, "services", ("service", "parent"))
    try:
        tree = area_tree(table.rename(columns={"service": "area"})[["area", "parent"]])
    except NeedInputError as error:
        text = str(error).replace("hierarchy:", "services:").replace("area", "service")
        raise NeedInputError(text) from None
    if missing := sorted(set(services) - set(tree.areas)):
        raise NeedInputError(f"services: {', '.join(missing)} is not in the hierarchy of services; add its row")
    for service in services:
        above = set(tree.upward(service)[1:]) & set(services)
        if above:
            raise NeedInputError(
                f"services: {min(above)} has counts and stands over {service}, which has them too"
            )
    return tree


def inner_nodes(tree: AreaTree, services: Sequence[str]) -> list[tuple[str, np.ndarray]]:
    """Nodes over services, the root first, and which services stand under each."""
    nodes = [n for n in tree.nodes_over(services) if n not in services]
    member = tree.membership(nodes, services) > 0
    return list(zip(nodes, member, strict=True))
