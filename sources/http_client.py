"""Polite HTTP: one client with a User-Agent, time limits, a rate limit per host and bounded retries.

What the answers mean, and where they are kept, is for the modules above this one.
"""

from __future__ import annotations

import json
import time
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from email.utils import parsedate_to_datetime
from threading import Lock
from types import TracebackType
from typing import Any, Literal, Self
from urllib.parse import urlencode, urlsplit

import httpx

USER_AGENT = "palvelutarve/0.1 (service-need planning of Finnish wellbeing services counties; reads open data)"


def _anything(answer: Any) -> bool:
    return True


@dataclass(frozen=True)
class Request:
    """One question to a server.

    Attributes:
        url: address without query parameters.
        params: query parameters in order; a name may repeat.
        body: JSON body; its presence makes the request a POST.
        expected: what the answer should be, in words, for error messages.
        accepts: whether a readable answer is of the expected kind; one that is not is asked for again, never kept.
    """

    url: str
    params: tuple[tuple[str, str], ...] = ()
    body: Mapping[str, Any] | None = None
    expected: str = "a JSON answer"
    accepts: Callable[[Any], bool] = field(default=_anything, repr=False, compare=False)

    @property
    def method(self) -> Literal["GET", "POST"]:
        """POST when there is a body."""
        return "GET" if self.body is None else "POST"

    @property
    def address(self) -> str:
        """URL with its query parameters."""
        return f"{self.url}?{urlencode(self.params)}" if self.params else self.url

    @property
    def identity(self) -> list[Any]:
        """What makes two requests the same question."""
        return [self.method, self.url, list(self.params), self.body]


@dataclass(frozen=True)
class Answer:
    """A whole, readable answer: its bytes and the value read from them."""

    body: bytes
    data: Any


class FetchError(RuntimeError):
    """No usable answer; the message says which address, what was expected and how to mend it.

    Attributes:
        status: HTTP status, or None when there was no answer.
    """

    def __init__(self, message: str, status: int | None = None) -> None:
        super().__init__(message)
        self.status = status


class RefusedError(FetchError):
    """The server understood and said no (a 4xx other than 408 and 429); asking again would not help."""


class UnreachableError(FetchError):
    """Every attempt ended in a timeout, a cut-off answer, a server error or a request to wait."""


@dataclass(frozen=True)
class RateLimit:
    """At most `calls` requests in any window of `seconds`."""

    calls: int = 30
    seconds: float = 10.0


@dataclass(frozen=True)
class RetryPolicy:
    """How often and how patiently to ask again; waits double without jitter, so that runs repeat.

    Attributes:
        attempts: tries in all.
        first_wait: seconds before the second try.
        longest_wait: longest single wait in seconds; a server that asks for more is given up at once.
    """

    attempts: int = 5
    first_wait: float = 1.0
    longest_wait: float = 120.0

    def wait(self, attempt: int) -> float:
        """Seconds to wait after failed try number `attempt` (0 = the first)."""
        return float(min(self.first_wait * 2**attempt, self.longest_wait))


@dataclass
class _Window:
    """Sliding window of the latest calls to one host."""

    limit: RateLimit
    calls: deque[float] = field(default_factory=deque)

    def pause(self, now: float) -> float:
        """Seconds to wait before a call at `now` fits."""
        while self.calls and self.calls[0] <= now - self.limit.seconds:
            self.calls.popleft()
        if len(self.calls) < self.limit.calls:
            return 0.0
        return self.calls[-self.limit.calls] + self.limit.seconds - now


@dataclass(frozen=True)
class _Failure:
    """A try that may be repeated: why it failed, and the wait the server asked for."""

    problem: str
    wait: float | None = None
    status: int | None = None


_TRANSIENT = frozenset({408, 425, 429, 500, 502, 503, 504})
_MENDS = {
    400: "check the table's path and the codes of the query",
    403: "the query may be too large, or the server may want a User-Agent",
    404: "check the address; tables are renamed from time to time",
}


class HttpClient:
    """Asks servers for JSON, politely. Use as a context manager, or call `close`.

    Args:
        user_agent: how the client introduces itself.
        read_timeout: seconds to wait for the next bytes of an answer (some tables take 10-40 s).
        rate: rate limit of hosts that have none of their own (`set_rate`); StatFin allows 30 calls in 10 s.
        retry: how failed tries are repeated.
        sleep: waits; given by tests.
        clock: monotonic seconds; given by tests.
        trust_env: whether proxies of the environment are used.
    """

    def __init__(
        self,
        *,
        user_agent: str = USER_AGENT,
        read_timeout: float = 90.0,
        rate: RateLimit | None = None,
        retry: RetryPolicy | None = None,
        sleep: Callable[[float], None] = time.sleep,
        clock: Callable[[], float] = time.monotonic,
        trust_env: bool = True,
    ) -> None:
        self._rate = rate or RateLimit()
        self._retry = retry or RetryPolicy()
        self._sleep = sleep
        self._clock = clock
        self._windows: dict[str, _Window] = {}
        self._lock = Lock()
        self._http = httpx.Client(
            headers={"User-Agent": user_agent, "Accept": "application/json"},
            timeout=httpx.Timeout(15.0, read=read_timeout),
            follow_redirects=True,
            trust_env=trust_env,
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close open connections."""
        self._http.close()

    def set_rate(self, url: str, rate: RateLimit) -> None:
        """Give the host of `url` a rate limit of its own."""
        with self._lock:
            host = urlsplit(url).netloc
            self._windows[host] = _Window(rate, self._window(host).calls)

    def fetch(self, request: Request, parse: Callable[[bytes], Any] = json.loads) -> Answer:
        """Ask until there is a whole answer that `parse` can read.

        Timeouts, cut-off or unreadable bodies, 5xx and 429 are tried again (after Retry-After when it is given);
        other 4xx are not.

        Raises:
            RefusedError: the server said no.
            UnreachableError: no whole answer after all tries.
        """
        failure = _Failure("no attempt was allowed")
        for attempt in range(self._retry.attempts):
            outcome = self._try(request, parse)
            if isinstance(outcome, Answer):
                return outcome
            failure = outcome
            wait = self._retry.wait(attempt) if failure.wait is None else failure.wait
            if wait > self._retry.longest_wait:
                raise UnreachableError(
                    f"{request.address}: the server asks to wait {wait:.0f} s, longer than the "
                    f"{self._retry.longest_wait:.0f} s allowed; run again later",
                    failure.status,
                )
            if attempt + 1 < self._retry.attempts:
                self._sleep(wait)
        raise UnreachableError(
            f"{request.address}: {failure.problem}; expected {request.expected}, tried {self._retry.attempts} "
            "times; run again later: until then what was fetched before stands",
            failure.status,
        )

    def _try(self, request: Request, parse: Callable[[bytes], Any]) -> Answer | _Failure:
        self._keep_pace(urlsplit(request.url).netloc)
        try:
            response = self._http.request(
                request.method, request.url, params=list(request.params) or None, json=request.body
            )
        except httpx.TimeoutException as error:
            return _Failure(f"no answer in time ({type(error).__name__})")
        except httpx.TransportError as error:
            return _Failure(f"the connection failed or was cut off ({type(error).__name__})")
        if response.status_code in _TRANSIENT:
            problem = f"the server answered {response.status_code}"
            return _Failure(problem, _retry_after(response), response.status_code)
        if not response.is_success:
            raise _refusal(request, response)
        try:
            data = parse(response.content)
        except ValueError:
            return _Failure(f"the answer ({len(response.content)} bytes) is cut off or unreadable")
        if not request.accepts(data):
            return _Failure(f"the answer is something else: {response.text[:100]!r}")
        return Answer(response.content, data)

    def _keep_pace(self, host: str) -> None:
        with self._lock:
            window = self._window(host)
            while (pause := window.pause(self._clock())) > 0:
                self._sleep(pause)
            window.calls.append(self._clock())

    def _window(self, host: str) -> _Window:
        return self._windows.setdefault(host, _Window(self._rate))


def _refusal(request: Request, response: httpx.Response) -> RefusedError:
    said = " ".join(response.text.split())[:200]
    mend = _MENDS.get(response.status_code, "check the address and the query")
    return RefusedError(
        f"{request.address}: the server answered {response.status_code}{f' ({said})' if said else ''}; "
        f"expected {request.expected}; {mend}",
        response.status_code,
    )


def _retry_after(response: httpx.Response) -> float | None:
    """Seconds of the Retry-After header; a date in it is read against the answer's own Date header."""
    text = response.headers.get("Retry-After", "").strip()
    if text.isdigit():
        return float(text)
    try:
        until, now = parsedate_to_datetime(text), parsedate_to_datetime(response.headers.get("Date", ""))
        return max(0.0, (until - now).total_seconds())
    except (TypeError, ValueError):
        return None
