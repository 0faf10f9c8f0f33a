"""The replay server itself: routes, faults, and a log of what was asked."""

from __future__ import annotations

import itertools
import json
import re
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from math import cos, prod, radians, sin
from pathlib import Path
from typing import Any, Literal
from urllib.parse import parse_qsl, unquote, urlsplit

from tests.replay.tables import MUNICIPALITIES, ReplayTable, recorded_values, statfin_tables, swedish_table

FaultKind = Literal[
    "429", "429_retry_after", "400", "403", "404", "500", "cut_off", "cut_json", "slow", "dots", "busy"
]
V1, V2, REST, CLASSES = "/PxWeb/api/v1/fi/StatFin", "/api/v2", "/rest/1.1", "/api/classifications/v2"
WFS = "/geoserver/wfs"

REGIONS: list[dict[str, Any]] = [
    {"id": 1016, "code": "016", "category": "KUNTA", "title": {"fi": "Asikkala"}, "memberOf": [658, 488, 975]},
    {"id": 1098, "code": "098", "category": "KUNTA", "title": {"fi": "Hollola"}, "memberOf": [658, 488, 975]},
    {"id": 1398, "code": "398", "category": "KUNTA", "title": {"fi": "Lahti"}, "memberOf": [658, 488, 975]},
    {"id": 1698, "code": "698", "category": "KUNTA", "title": {"fi": "Rovaniemi"}, "memberOf": [658, 968]},
    {"id": 975, "code": "09", "category": "HYVINVOINTIALUE", "title": {"fi": "Päijät-Häme"}, "memberOf": [658]},
    {"id": 968, "code": "21", "category": "HYVINVOINTIALUE", "title": {"fi": "Lappi"}, "memberOf": [658]},
    {"id": 658, "code": "358", "category": "MAA", "title": {"fi": "Koko maa"}, "memberOf": []},
]
TITLES = {
    171: "75 vuotta täyttäneet, % väestöstä",
    3216: "Kotihoidon asiakkaat (sarja päättynyt), %",
    5513: "Säännöllisen kotihoidon 75 vuotta täyttäneet asiakkaat, %",
}
ROWS: list[dict[str, Any]] = [
    {"indicator": 171, "region": 975, "year": 2023, "gender": "total", "value": 13.5, "absValue": 27648},
    {"indicator": 171, "region": 895, "year": 2023, "gender": "total", "value": 13.0, "absValue": 27000},
    {"indicator": 171, "region": 895, "year": 2022, "gender": "total", "value": 12.9, "absValue": 26500},
    {"indicator": 171, "region": 975, "year": 2023, "gender": "female", "value": 15.2},
    {"indicator": 171, "region": 1398, "year": 2023, "gender": "total", "value": 12.1, "absValue": 14500},
    {"indicator": 171, "region": 658, "year": 2023, "gender": "total", "value": 10.9, "absValue": 610000},
    {"indicator": 171, "region": 488, "year": 2023, "gender": "total", "value": 9.9, "absValue": 1},
    {"indicator": 5513, "region": 975, "year": 2023, "gender": "male", "value": 11.0, "absValue": 900},
    {"indicator": 5513, "region": 975, "year": 2023, "gender": "female", "value": "..", "absValue": None},
]
COUNTIES = {"016": "09", "098": "09", "398": "09", "698": "21"}


@dataclass
class Fault:
    """Something to go wrong: at most `times` times, for requests whose path contains `where`."""

    kind: FaultKind
    where: str = ""
    method: str = ""
    times: int = 1
    seconds: float = 1.0


@dataclass(frozen=True)
class Seen:
    """A request the server got."""

    method: str
    path: str
    query: tuple[tuple[str, str], ...]
    body: Any
    user_agent: str


@dataclass
class ReplayServer:
    """State of the server; tests change it while it runs.

    Attributes:
        dialect: StatFin's names: `2026`, `older` (paths and variables), `renamed` (codes), `unknown` (labels too).
        cell_limit: cells above which version 1 answers 403.
        maps_with_details: whether the classification service bears query parameters (it has answered 500).
        classification_years: years with a correspondence table, and the version in its name.
        counties: municipality -> county of every such year.
    """

    recorded: Path | None = None
    dialect: str = "2026"
    cell_limit: int = 120_000
    maps_with_details: bool = False
    url: str = ""
    faults: list[Fault] = field(default_factory=list)
    seen: list[Seen] = field(default_factory=list)
    titles: dict[int, str] = field(default_factory=lambda: dict(TITLES))
    rows: list[dict[str, Any]] = field(default_factory=lambda: list(ROWS))
    regions: list[dict[str, Any]] = field(default_factory=lambda: list(REGIONS))
    updated: dict[str, str] = field(default_factory=dict)
    classification_years: dict[str, str] = field(default_factory=lambda: {"2025": "2", "2026": "1"})
    counties: dict[str, str] = field(default_factory=lambda: dict(COUNTIES))

    def __post_init__(self) -> None:
        if self.recorded:
            folder = self.recorded / "sotkanet_recorded"
            self.regions += _json(folder / "regions_sample.json")
            self.rows += _json(folder / "json_171_2019_2023_total.json") + _json(
                folder / "json_5513_2023_total.json"
            )

    @property
    def statfin(self) -> str:
        return self.url + V1

    @property
    def pxweb2(self) -> str:
        return self.url + V2

    @property
    def sotkanet(self) -> str:
        return self.url + REST

    @property
    def shapes(self) -> str:
        return self.url + WFS

    @property
    def classifications(self) -> str:
        return self.url + CLASSES

    def misbehave(self, kind: FaultKind, where: str = "", *, method: str = "", times: int = 1) -> None:
        self.faults.append(Fault(kind, where, method, times))

    def asked(self, part: str, method: str = "") -> list[Seen]:
        """Requests whose path contains a part."""
        return [s for s in self.seen if part in s.path and method in ("", s.method)]

    def fault_for(self, method: str, path: str) -> Fault | None:
        for fault in self.faults:
            if fault.times > 0 and fault.where in path and fault.method in ("", method):
                fault.times -= 1
                return fault
        return None

    def answer(self, seen: Seen) -> tuple[int, Any]:
        """Status and JSON of an undisturbed answer."""
        if seen.path == WFS:
            return self._wfs(dict(seen.query))
        for prefix, route in ((V1, self._v1), (V2, self._v2), (REST, self._rest), (CLASSES, self._classes)):
            if seen.path.startswith(prefix + "/"):
                return route(seen, seen.path.removeprefix(prefix + "/"))
        return 404, {"error": "no such address"}

    # --- PxWeb 1 -------------------------------------------------------------------------------------------
    def _v1(self, seen: Seen, path: str) -> tuple[int, Any]:
        new = re.fullmatch(r"(\w+)/(\w+)\.px", path)
        old = re.fullmatch(r"(\w+)/statfin_(\w+)_pxt_(\w+)\.px", path)
        key = f"{old[1]}/{old[3]}" if old else f"{new[1]}/{new[2]}" if new else ""
        if (self.dialect == "older") != bool(old):
            return 400, {"error": "Bad request: the table does not exist"}
        table = statfin_tables(self.dialect, self.recorded).get(key)
        if table is None:
            return 404, {"error": "Not found"}
        table.updated = self.updated.get(table.name, table.updated)
        if seen.method == "GET":
            return 200, table.metadata_v1()
        selection = {q["code"]: q["selection"]["values"] for q in seen.body["query"]}
        return _data(table, selection, self.cell_limit)

    # --- PxWeb 2 -------------------------------------------------------------------------------------------
    def _v2(self, seen: Seen, path: str) -> tuple[int, Any]:
        if path == "config":
            return 200, self._v2_config()
        match = re.fullmatch(r"tables/(\w+)/(metadata|data)", path)
        if match is None or match[1] not in ("TAB1", *(["TAB6471"] if self.recorded else [])):
            return 404, {"type": "not-found"}
        if match[1] == "TAB6471":
            return self._v2_recorded(match[2], _v2_selection(seen))
        table = swedish_table()
        if match[2] == "metadata":
            return 200, table.dataset({}, with_values=False)
        return _data(table, _v2_selection(seen), self._v2_config()["maxDataCells"])

    def _v2_config(self) -> dict[str, Any]:
        if self.recorded:
            return dict(_json(self.recorded / "pxweb_recorded" / "scb_v2_config.json"))
        return {"apiVersion": "2.2.0", "maxDataCells": 150, "maxCallsPerTimeWindow": 300, "timeWindow": 1}

    def _v2_recorded(self, part: str, selection: Mapping[str, Sequence[str]]) -> tuple[int, Any]:
        assert self.recorded
        folder = self.recorded / "pxweb_recorded"
        if part == "metadata":
            return 200, _json(folder / "scb_v2_TAB6471_metadata.json")
        full = _json(folder / "scb_v2_TAB6471_data.json")
        values = recorded_values(full)
        table = ReplayTable("TAB6471", full["label"], full["updated"], (), lambda codes: None, values)
        chosen = [list(selection[name]) for name in full["id"]]
        answer = {**full, "size": [len(c) for c in chosen], "dimension": json.loads(json.dumps(full["dimension"]))}
        for name, codes in zip(full["id"], chosen, strict=True):
            answer["dimension"][name]["category"] = {"index": codes, "label": {c: c for c in codes}}
        answer["value"] = [table.cell(codes) for codes in itertools.product(*chosen)]
        return 200, answer

    # --- boundaries ----------------------------------------------------------------------------------------
    def _wfs(self, asked: dict[str, str]) -> tuple[int, Any]:
        """Round municipalities of 721 points (and an islet) as GeoServer writes them: the code in `kunta`."""
        wanted = {
            "service": "WFS",
            "request": "GetFeature",
            "typeName": "tilastointialueet:kunta4500k",
            "outputFormat": "application/json",
            "srsName": "EPSG:4326",
        }
        if not wanted.items() <= asked.items():
            return 400, {"error": "Bad request"}
        features = []
        for n, (code, name) in enumerate(sorted(MUNICIPALITIES.items())):
            rings = [
                [[25 + n + r * cos(radians(a / 2)), 61 + r / 2 * sin(radians(a / 2))] for a in range(721)]
                for r in (0.4, 0.01)
            ]
            geometry = {"type": "MultiPolygon", "coordinates": [[ring] for ring in rings]}
            features.append(
                {
                    "type": "Feature",
                    "geometry": geometry,
                    "properties": {"kunta": code, "nimi": name, "vuosi": 2026},
                }
            )
        return 200, {"type": "FeatureCollection", "totalFeatures": len(features), "features": features}

    # --- Sotkanet ------------------------------------------------------------------------------------------
    def _rest(self, seen: Seen, path: str) -> tuple[int, Any]:
        if not seen.user_agent or seen.user_agent.startswith("python-"):
            return 403, {"error": "Forbidden"}
        if path == "regions":
            return 200, self.regions
        if match := re.fullmatch(r"indicators/(\d+)", path):
            number = int(match[1])
            if number not in self.titles:
                return 404, {"error": "Not found"}
            stamp = self.updated.get(str(number), "2026-03-02")
            return 200, {"id": number, "title": {"fi": self.titles[number]}, "data-updated": stamp}
        if path != "json":
            return 404, {"error": "Not found"}
        asked = [value for name, value in seen.query if name == "years"]
        if not all(year.isdigit() for year in asked):
            return 400, {"error": "years"}
        genders = [value for name, value in seen.query if name == "genders"]
        number = int(dict(seen.query)["indicator"])
        return 200, [
            row
            for row in self.rows
            if row["indicator"] == number and str(row["year"]) in asked and row["gender"] in genders
        ]

    # --- classifications -----------------------------------------------------------------------------------
    def _classes(self, seen: Seen, path: str) -> tuple[int, Any]:
        if path == "correspondenceTables":
            return 200, [f"{self.url}{CLASSES}/correspondenceTables/kunta_1_20250101%23hyvinvointialue_2_20250101"]
        match = re.fullmatch(r"correspondenceTables/kunta_1_(\d{4})0101#(\w+?)_(\d)_\d{8}/maps", unquote(path))
        version = self.classification_years.get(match[1]) if match else None
        if match is None or match[3] != version:
            return 404, {"error": "Not found"}
        pairs = self.counties
        base = f"{self.url}{CLASSES}/correspondenceTables/x%23y/maps"
        if not seen.query:
            return 200, [f"{base}/{source}/{target}" for source, target in pairs.items()]
        if not self.maps_with_details:
            return 500, {"error": "Internal server error"}
        return 200, [
            {"sourceLocalId": f"kunta/{source}", "targetLocalId": f"hva/{target}"}
            for source, target in pairs.items()
        ]


def _json(path: Path) -> Any:
    return json.loads(path.read_text(encoding="utf-8"))


def _data(table: ReplayTable, selection: Mapping[str, Sequence[str]], limit: int) -> tuple[int, Any]:
    for dimension in table.dimensions:
        if set(selection.get(dimension.code, ())) - set(dimension.values):
            return 400, {"error": f"unknown value of {dimension.code}"}
    if prod(len(selection.get(d.code, d.values)) for d in table.dimensions) > limit:
        return 403, {"error": "Too many values selected"}
    return 200, table.dataset(selection)


def _v2_selection(seen: Seen) -> dict[str, list[str]]:
    if seen.body:
        return {part["variableCode"]: part["valueCodes"] for part in seen.body["selection"]}
    chosen = ((re.fullmatch(r"valueCodes\[(\w+)\]", name), value) for name, value in seen.query)
    return {match[1]: value.split(",") for match, value in chosen if match}


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    state: ReplayServer

    def do_GET(self) -> None:
        self._serve()

    def do_POST(self) -> None:
        self._serve()

    def log_message(self, *args: Any) -> None:
        pass

    def _serve(self) -> None:
        length = int(self.headers.get("Content-Length") or 0)
        body = json.loads(self.rfile.read(length)) if length else None
        parts = urlsplit(self.path)
        agent = self.headers.get("User-Agent", "")
        seen = Seen(self.command, parts.path, tuple(parse_qsl(parts.query)), body, agent)
        self.state.seen.append(seen)
        fault = self.state.fault_for(seen.method, seen.path)
        if fault and fault.kind.isdigit():
            return self._send(int(fault.kind), {"error": fault.kind})
        if fault and fault.kind == "429_retry_after":
            return self._send(429, {"error": "too many"}, {"Retry-After": "7"})
        if fault and fault.kind == "busy":
            return self._send(200, {"error": "the database is being updated"})
        if fault and fault.kind == "slow":
            time.sleep(fault.seconds)
        status, answer = self.state.answer(seen)
        if fault and fault.kind == "dots":
            answer = _with_dots(answer)
        return self._send(status, answer, cut=fault.kind if fault else "")

    def _send(self, status: int, answer: Any, headers: Mapping[str, str] | None = None, cut: str = "") -> None:
        data = json.dumps(answer, ensure_ascii=False).encode()
        sent = data[: len(data) // 2] if cut in ("cut_off", "cut_json") else data
        self.send_response(status)
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(sent) if cut == "cut_json" else len(data)))
        self.end_headers()
        try:
            self.wfile.write(sent)
        except OSError:  # the client has given up waiting
            self.close_connection = True
        if cut == "cut_off":
            self.close_connection = True


def _with_dots(answer: dict[str, Any]) -> dict[str, Any]:
    """The first value withheld, as PxWeb marks it."""
    return {**answer, "value": [None, *answer["value"][1:]], "status": {"0": ".."}}


@contextmanager
def replaying(recorded: Path | None = None) -> Iterator[ReplayServer]:
    """A running replay server on a free loopback port.

    Args:
        recorded: folder of real recorded answers, mixed in with the server's own.
    """
    state = ReplayServer(recorded)
    handler = type("Handler", (_Handler,), {"state": state})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    server.daemon_threads = True
    state.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield state
    finally:
        server.shutdown()
        server.server_close()
