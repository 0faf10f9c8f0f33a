"""PxWeb servers: version 1 in both naming dialects and version 2, and the fetching of cells in allowed portions.

Reading the answers is for `jsonstat`; which tables are wanted is for `statfin`.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, Protocol

import polars as pl

from sources.http_client import RateLimit, RefusedError, Request
from sources.jsonstat import is_dataset, read_cube
from sources.open_data import TOO_LARGE, NotFetchedError, OpenDataClient, Publisher
from sources.pxweb_tables import PxTable, Role, TableShapeError, Variable, variables_of_v1, variables_of_v2

CELL_LIMIT = 100_000

Selection = Mapping[str, Sequence[str]]


class PxWebServer(Protocol):
    """What both versions can do."""

    @property
    def publisher(self) -> Publisher:
        """Who publishes the tables."""

    def describe(self, client: OpenDataClient, table: str) -> PxTable:
        """The table's variables and release."""

    def cell_limit(self, client: OpenDataClient) -> int:
        """Most cells one query may ask for."""

    def query(self, table: PxTable, selection: Selection) -> Request:
        """The request for the cells of a selection."""


@dataclass(frozen=True)
class PxWebV1:
    """A PxWeb version 1 server, such as StatFin's.

    Attributes:
        base: address up to the database, such as `.../api/v1/fi/StatFin`.
        publisher: who publishes the tables.
        limit: most cells one query may ask for (version 1 does not tell).
    """

    base: str
    publisher: Publisher
    limit: int = CELL_LIMIT

    def describe(self, client: OpenDataClient, table: str) -> PxTable:
        """Metadata of `subject/table`, from the first dialect of paths that the server knows.

        Since 2026 the path is `vaerak/11re.px`; before it was `vaerak/statfin_vaerak_pxt_11re.px`. The release is
        read from a one-cell query: the folder list's time stamp is a bulk re-stamp, not a release.

        Raises:
            RefusedError: no dialect of the path is known to the server.
        """
        refusals: list[str] = []
        for path in self.paths(table):
            address = f"{self.base.rstrip('/')}/{path}"
            try:
                metadata = client.current(self.publisher, Request(address, expected="metadata of a table")).data
            except (RefusedError, NotFetchedError) as error:
                if isinstance(error, RefusedError) and error.status not in (400, 404):
                    raise
                refusals.append(str(error))
                continue
            return self._table(client, table, address, metadata)
        raise RefusedError(f"table {table} was not found under any known path:\n" + "\n".join(refusals), 404)

    @staticmethod
    def paths(table: str) -> tuple[str, str]:
        """Paths of a table in the 2026 dialect and in the older one."""
        subject, _, name = table.rpartition("/")
        return f"{subject}/{name}.px", f"{subject}/statfin_{subject.split('/')[-1]}_pxt_{name}.px"

    def _table(self, client: OpenDataClient, table: str, address: str, metadata: Any) -> PxTable:
        if not isinstance(metadata, Mapping) or "variables" not in metadata:
            raise TableShapeError(f"{address}: expected the metadata of a table ('variables'); it may be a folder")
        variables = variables_of_v1(metadata)
        name, title = table.rpartition("/")[2], str(metadata.get("title", table))
        draft = PxTable(name, address, title, "", variables)
        probe = self.query(draft, {v.code: v.values[:1] for v in variables})
        updated = _release(client.current(self.publisher, probe).data, address)
        return PxTable(name, address, title, updated, variables)

    def cell_limit(self, client: OpenDataClient) -> int:
        """The stated limit; version 1 has no address that tells it."""
        return self.limit

    def query(self, table: PxTable, selection: Selection) -> Request:
        """POST of the selected items, answered as json-stat2."""
        body = {
            "query": [
                {"code": code, "selection": {"filter": "item", "values": list(values)}}
                for code, values in selection.items()
            ],
            "response": {"format": "json-stat2"},
        }
        return Request(table.address, body=body, expected="a json-stat2 dataset", accepts=is_dataset)


@dataclass(frozen=True)
class PxWebV2:
    """A PxWeb version 2 server, such as Statistics Sweden's.

    Attributes:
        base: address up to the version, such as `.../api/v2`.
        publisher: who publishes the tables.
        language: language of labels.
        method: how data are asked for; GET suits small selections.
    """

    base: str
    publisher: Publisher
    language: str = "sv"
    method: Literal["GET", "POST"] = "POST"

    def describe(self, client: OpenDataClient, table: str) -> PxTable:
        """Metadata of a table by its id, such as `TAB6471`; the release stands in it."""
        address = f"{self.base.rstrip('/')}/tables/{table}"
        request = Request(f"{address}/metadata", (("lang", self.language),), expected="metadata of a table")
        metadata = client.current(self.publisher, request).data
        if not isinstance(metadata, Mapping) or "dimension" not in metadata:
            raise TableShapeError(f"{request.address}: expected json-stat2 metadata with 'dimension'")
        title, updated = str(metadata.get("label", table)), _release(metadata, address)
        return PxTable(table, address, title, updated, variables_of_v2(metadata))

    def cell_limit(self, client: OpenDataClient) -> int:
        """Limit of the server's own configuration; its rate limit is taken into use at the same time."""
        request = Request(f"{self.base.rstrip('/')}/config", expected="the server's configuration")
        config = client.current(self.publisher, request).data
        client.http.set_rate(
            self.base,
            RateLimit(int(config.get("maxCallsPerTimeWindow", 30)), float(config.get("timeWindow", 10))),
        )
        return int(config.get("maxDataCells", CELL_LIMIT))

    def query(self, table: PxTable, selection: Selection) -> Request:
        """POST, or GET with `valueCodes[...]`, of the selected values, answered as json-stat2."""
        params = (("lang", self.language), ("outputFormat", "json-stat2"))
        url = f"{table.address}/data"
        if self.method == "GET":
            chosen = tuple((f"valueCodes[{code}]", ",".join(values)) for code, values in selection.items())
            return Request(url, params + chosen, expected="a json-stat2 dataset", accepts=is_dataset)
        body = {
            "selection": [{"variableCode": code, "valueCodes": list(values)} for code, values in selection.items()]
        }
        return Request(url, params, body, expected="a json-stat2 dataset", accepts=is_dataset)


def _release(answer: Mapping[str, Any], address: str) -> str:
    """The release's time stamp; without it, kept answers could be out of date for ever."""
    updated = str(answer.get("updated") or "")
    if not updated:
        raise TableShapeError(f"{address}: the answer has no 'updated'; expected the time stamp of the release")
    return updated


def fetch_cells(client: OpenDataClient, server: PxWebServer, table: PxTable, selection: Selection) -> pl.DataFrame:
    """The selected cells of a table, in portions the server allows.

    Portions are cut by time, then area, then the longest variable. One the server still finds too large (403) is
    halved until it passes; that is remembered, so a rerun asks nothing twice.

    Args:
        client: asks, and keeps the answers by (table, query, updated).
        server: the table's server.
        table: the table, as the server describes it.
        selection: chosen value codes of every variable.

    Returns:
        One row per cell: codes under the variables' codes, `value` (float), `missing` (mark or null).

    Raises:
        TableShapeError: a chosen value is not in the table, or a variable is left out.
        RefusedError: even a single cell is refused.
    """
    _check_selection(table, selection)
    order = _cutting_order(table)
    portions = _portions(selection, order, server.cell_limit(client))
    frames = [frame for portion in portions for frame in _fetch_portion(client, server, table, portion, order)]
    return pl.concat(frames)


def _check_selection(table: PxTable, selection: Selection) -> None:
    for variable in table.variables:
        if not selection.get(variable.code):
            raise TableShapeError(f"table {table.name}: nothing is chosen of {variable.code}; choose its values")
        if unknown := sorted(set(selection[variable.code]) - set(variable.values)):
            raise TableShapeError(
                f"table {table.name}: {variable.code} ({variable.label}) has no value {', '.join(unknown[:5])}; "
                f"it has {_excerpt(variable)}"
            )


def _excerpt(variable: Variable) -> str:
    shown = variable.values if len(variable.values) <= 6 else (*variable.values[:3], "...", *variable.values[-2:])
    return ", ".join(shown)


def _cutting_order(table: PxTable) -> tuple[str, ...]:
    """Codes of the variables in the order selections are cut: time, area, then the others."""
    first: list[str] = []
    roles: tuple[Role, ...] = ("time", "area")
    for role in roles:
        try:
            first.append(table.variable(role).code)
        except TableShapeError:
            continue
    return (*first, *(v.code for v in table.variables if v.code not in first))


def cells(selection: Selection) -> int:
    """Number of cells of a selection."""
    return math.prod(len(values) for values in selection.values())


def _portions(selection: Selection, order: Sequence[str], limit: int) -> Iterator[dict[str, Sequence[str]]]:
    """Cut a selection along the first variable that helps into the fewest portions of at most `limit` cells."""
    whole = dict(selection)
    longer = [code for code in order if len(whole[code]) > 1]
    if cells(whole) <= limit or not longer:
        yield whole
        return
    code = longer[0]
    values = whole[code]
    step = max(1, limit // (cells(whole) // len(values)))
    for start in range(0, len(values), step):
        yield from _portions({**whole, code: values[start : start + step]}, order, limit)


def _fetch_portion(
    client: OpenDataClient, server: PxWebServer, table: PxTable, portion: Selection, order: Sequence[str]
) -> Iterator[pl.DataFrame]:
    request = server.query(table, portion)
    try:
        answer = client.versioned(server.publisher, request, table.name, table.updated)
    except RefusedError as error:
        longer = [code for code in order if len(portion[code]) > 1]
        if error.status != TOO_LARGE or not longer:
            raise
        code, half = longer[0], (len(portion[longer[0]]) + 1) // 2
        for part in (portion[code][:half], portion[code][half:]):
            yield from _fetch_portion(client, server, table, {**portion, code: part}, order)
        return
    yield _in_order(table, read_cube(answer.data))


def _in_order(table: PxTable, cube: pl.DataFrame) -> pl.DataFrame:
    codes = [v.code for v in table.variables]
    if missing := sorted(set(codes) - set(cube.columns)):
        raise TableShapeError(f"table {table.name}: the answer lacks the variable {', '.join(missing)}")
    return cube.select(*codes, "value", "missing")
