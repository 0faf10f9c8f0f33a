"""Manners and patience of the HTTP client, against a server that misbehaves on demand."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from sources.http_client import HttpClient, RateLimit, RefusedError, Request, RetryPolicy, UnreachableError
from tests.replay.server import ReplayServer


def regions(replay: ReplayServer) -> Request:
    return Request(f"{replay.sotkanet}/regions", expected="the list of regions")


def test_the_client_introduces_itself(replay: ReplayServer, http: HttpClient) -> None:
    http.fetch(regions(replay))
    assert replay.seen[0].user_agent.startswith("palvelutarve/")


def test_a_client_without_a_name_is_refused_and_told_why(replay: ReplayServer) -> None:
    with (
        HttpClient(user_agent="python-httpx", trust_env=False) as nameless,
        pytest.raises(RefusedError, match=r"403.*User-Agent"),
    ):
        nameless.fetch(regions(replay))
    assert len(replay.seen) == 1


def test_429_with_retry_after_waits_exactly_that_long(replay: ReplayServer, http: HttpClient, clock) -> None:
    replay.misbehave("429_retry_after")
    assert http.fetch(regions(replay)).data == replay.regions
    assert clock.sleeps == [7.0]


def test_429_without_retry_after_backs_off_doubling(replay: ReplayServer, http: HttpClient, clock) -> None:
    replay.misbehave("429", times=3)
    assert http.fetch(regions(replay)).data == replay.regions
    assert clock.sleeps == [1.0, 2.0, 4.0]


@pytest.mark.parametrize("kind", ["500", "cut_off", "cut_json", "slow"])
def test_a_passing_trouble_is_waited_out(replay: ReplayServer, http: HttpClient, clock, kind) -> None:
    replay.misbehave(kind)
    assert http.fetch(regions(replay)).data == replay.regions
    assert len(replay.seen) == 2
    assert clock.sleeps == [1.0]


@pytest.mark.parametrize("kind", ["400", "403", "404"])
def test_a_refusal_is_not_asked_again(replay: ReplayServer, http: HttpClient, clock, kind) -> None:
    replay.misbehave(kind, times=9)
    with pytest.raises(RefusedError, match=rf"regions.*{kind}.*expected the list of regions") as caught:
        http.fetch(regions(replay))
    assert caught.value.status == int(kind)
    assert len(replay.seen) == 1
    assert clock.sleeps == []


def test_trouble_without_end_is_given_up_with_the_address_and_the_mend(
    replay: ReplayServer, http: HttpClient, clock
) -> None:
    replay.misbehave("500", times=99)
    with pytest.raises(UnreachableError, match=r"regions: the server answered 500.*tried 5 times; run again"):
        http.fetch(regions(replay))
    assert len(replay.seen) == 5
    assert clock.sleeps == [1.0, 2.0, 4.0, 8.0]


def test_a_server_that_asks_for_too_much_patience_is_given_up_at_once(replay: ReplayServer, clock) -> None:
    replay.misbehave("429_retry_after")
    with (
        HttpClient(retry=RetryPolicy(longest_wait=5), sleep=clock.sleep, trust_env=False) as hasty,
        pytest.raises(UnreachableError, match="asks to wait 7 s"),
    ):
        hasty.fetch(regions(replay))
    assert clock.sleeps == []


def test_nobody_there_is_an_error_that_says_so(http: HttpClient) -> None:
    with pytest.raises(UnreachableError, match="the connection failed"):
        http.fetch(Request("http://127.0.0.1:9/rest"))


def test_no_window_holds_more_calls_than_allowed(replay: ReplayServer, clock) -> None:
    starts: list[float] = []
    with HttpClient(rate=RateLimit(3, 10.0), sleep=clock.sleep, clock=clock, trust_env=False) as client:
        for _ in range(8):
            client.fetch(regions(replay))
            starts.append(clock.now)
            clock.now += 1.0
    for first, fourth in zip(starts, starts[3:], strict=False):
        assert fourth - first >= 10.0
    assert starts[2] < 10.0 <= starts[3]


def test_a_host_can_have_its_own_rate(replay: ReplayServer, clock) -> None:
    with HttpClient(rate=RateLimit(1000, 1.0), sleep=clock.sleep, clock=clock, trust_env=False) as client:
        client.set_rate(replay.url, RateLimit(1, 60.0))
        client.fetch(regions(replay))
        client.fetch(regions(replay))
    assert clock.sleeps == [60.0]


def test_repeated_parameters_stay_repeated(replay: ReplayServer, http: HttpClient) -> None:
    params = (("indicator", "171"), ("years", "2022"), ("years", "2023"), ("genders", "total"))
    http.fetch(Request(f"{replay.sotkanet}/json", params))
    assert replay.seen[0].query == params


def test_retry_after_as_a_date_is_read_against_the_answers_own_date(make_retry_after: Callable[..., float | None]):
    assert make_retry_after("Sun, 22 Nov 2026 10:00:30 GMT", "Sun, 22 Nov 2026 10:00:00 GMT") == 30.0
    assert make_retry_after("Sun, 22 Nov 2026 10:00:30 GMT", "") is None
    assert make_retry_after("soon", "Sun, 22 Nov 2026 10:00:00 GMT") is None


@pytest.fixture
def make_retry_after() -> Callable[..., float | None]:
    import httpx

    from sources.http_client import _retry_after

    def read(after: str, now: str) -> float | None:
        return _retry_after(httpx.Response(429, headers={"Retry-After": after, "Date": now}))

    return read
