"""Fetching what others name: where it goes, what it carries, and when it gives up."""

import io
from collections.abc import AsyncIterator, Callable

import anyio
import httpx
import pytest

from plantly.domain.errors import FetchFailed
from plantly.outbound.address_guard import AddressGuard
from plantly.outbound.connecting import resolve_host
from plantly.outbound.fetch import Fetcher, FetchLimits, Validators, masked

pytestmark = pytest.mark.anyio

LIMITS = FetchLimits(max_bytes=1 << 20, seconds=5)
HOSTS = {
    "feeds.example": ["93.184.216.34"],
    "cdn.example": ["93.184.216.35"],
    "inside.example": ["10.0.0.7"],
    "both.example": ["93.184.216.34", "127.0.0.1"],
    "metadata.example": ["169.254.169.254"],
}

Answer = Callable[[httpx.Request], httpx.Response]


class Wire:
    """A transport that answers by host name, and writes down where it was called."""

    def __init__(self, answer: Answer) -> None:
        self.requests: list[httpx.Request] = []
        self._answer = answer

    async def __call__(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        return self._answer(request)

    def fetcher(self, *, allow_private: bool = False) -> Fetcher:
        return Fetcher(
            AddressGuard(allow_private=allow_private),
            transport=httpx.MockTransport(self),
            resolve=resolve,
        )


async def resolve(host: str, _port: int) -> list[str]:
    if host.replace(".", "").isdigit() or ":" in host:
        return [host]
    if host not in HOSTS:
        raise OSError(-2, "Name or service not known")
    return HOSTS[host]


def sent(content: bytes = b"rows", **headers: str) -> httpx.Response:
    """Answer as a wire does: the bytes come when they are read."""

    async def stream() -> AsyncIterator[bytes]:
        yield content

    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return httpx.Response(200, content=stream(), headers=named)


def redirects(there: str, status: int = 302) -> Answer:
    """Send everybody who asks the first host to another address."""

    def answer(request: httpx.Request) -> httpx.Response:
        if request.headers["Host"].startswith("feeds.example"):
            return httpx.Response(status, headers={"Location": there})
        return sent()

    return answer


def says(content: bytes = b"rows", **headers: str) -> Answer:
    return lambda _: sent(content, **headers)


async def refused(fetcher: Fetcher, url: str, limits: FetchLimits = LIMITS) -> str:
    with pytest.raises(FetchFailed) as failure:
        await fetcher.fetch(url, io.BytesIO(), limits)
    return str(failure.value)


async def test_the_address_that_was_checked_is_the_one_that_is_called() -> None:
    wire = Wire(says())
    into = io.BytesIO()
    fetched = await wire.fetcher().fetch("https://feeds.example:8443/f.csv?key=1", into, LIMITS)
    assert (into.getvalue(), fetched.size) == (b"rows", 4)
    (request,) = wire.requests
    assert str(request.url) == "https://93.184.216.34:8443/f.csv?key=1"
    assert request.headers["Host"] == "feeds.example:8443"
    assert request.extensions["sni_hostname"] == "feeds.example"
    assert request.headers["Accept-Encoding"] == "identity"


async def test_user_and_password_of_the_address_become_a_header() -> None:
    wire = Wire(says())
    await wire.fetcher().fetch("https://me:s%40fe@feeds.example/f", io.BytesIO(), LIMITS)
    (request,) = wire.requests
    assert request.headers["Authorization"] == httpx.BasicAuth("me", "s@fe")._auth_header
    assert "me" not in str(request.url)


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1/f",
        "http://169.254.169.254/latest/meta-data/",
        "http://[::1]/f",
        "http://[::ffff:10.0.0.1]/f",
        "http://[64:ff9b::7f00:1]/f",
        "http://inside.example/f",
        "http://both.example/f",
        "http://metadata.example/f",
    ],
)
async def test_an_address_of_our_own_network_is_not_called(url: str) -> None:
    wire = Wire(says())
    assert "is not on the public internet" in await refused(wire.fetcher(), url)
    assert wire.requests == []


@pytest.mark.parametrize(
    "there",
    [
        "http://127.0.0.1/",
        "http://169.254.169.254/latest/meta-data/iam/",
        "http://inside.example/",
        "//[::1]/",
        "http://[::ffff:169.254.169.254]/",
    ],
)
@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
async def test_no_redirect_leads_into_our_own_network(there: str, status: int) -> None:
    wire = Wire(redirects(there, status))
    told = await refused(wire.fetcher(), "http://feeds.example/f.csv")
    assert "is not on the public internet" in told
    assert len(wire.requests) == 1


async def test_even_where_private_addresses_are_allowed_no_metadata_service_is_called() -> None:
    wire = Wire(redirects("http://169.254.169.254/"))
    told = await refused(wire.fetcher(allow_private=True), "http://feeds.example/f.csv")
    assert "169.254.169.254" in told
    into = io.BytesIO()
    await wire.fetcher(allow_private=True).fetch("http://inside.example/f", into, LIMITS)
    assert into.getvalue() == b"rows"


async def test_a_redirect_is_followed_without_what_the_first_server_may_know() -> None:
    wire = Wire(redirects("https://cdn.example/f.csv"))
    await wire.fetcher().fetch("https://me:pw@feeds.example/f", io.BytesIO(), LIMITS)
    first, second = wire.requests
    assert "Authorization" in first.headers
    assert "Authorization" not in second.headers
    assert second.headers["Host"] == "cdn.example"
    assert second.url.host == "93.184.216.35"


@pytest.mark.parametrize(
    ("there", "told"),
    [
        ("http://cdn.example/", "from https to http"),
        ("file:///etc/passwd", "Only http and https"),
        ("ftp://cdn.example/", "Only http and https"),
        ("https://feeds.example/f", "redirects more than 5 times"),
        ("", "redirects more than 5 times"),
    ],
)
async def test_a_redirect_that_we_do_not_follow_is_said(there: str, told: str) -> None:
    assert told in await refused(Wire(redirects(there)).fetcher(), "https://feeds.example/f")


@pytest.mark.parametrize(
    "url",
    [
        "",
        "f.csv",
        "file:///etc/passwd",
        "gopher://x/",
        "http://",
        "http://x:99999/",
        "http://\x00/",
    ],
)
async def test_what_is_no_address_is_refused(url: str) -> None:
    wire = Wire(says())
    await refused(wire.fetcher(), url)
    assert wire.requests == []


async def test_a_name_without_an_address_is_said() -> None:
    assert "has no address" in await refused(Wire(says()).fetcher(), "https://nowhere.example/")


@pytest.mark.parametrize("status", [204, 206, 304, 401, 404, 500])
async def test_an_answer_that_is_no_file_is_said(status: int) -> None:
    wire = Wire(lambda _: httpx.Response(status))
    told = await refused(wire.fetcher(), "https://feeds.example/f?key=secret")
    assert told == f"https://feeds.example/f?... answered {status} instead of a file."


async def test_a_file_that_says_it_is_too_large_is_not_begun() -> None:
    into = io.BytesIO()
    small = FetchLimits(max_bytes=1 << 20, seconds=5)
    answer = says(b"", Content_Length=str(2 << 20))
    with pytest.raises(FetchFailed, match="larger than 1 MB"):
        await Wire(answer).fetcher().fetch("https://feeds.example/f", into, small)
    assert into.getvalue() == b""


async def test_a_file_that_turns_out_too_large_is_broken_off() -> None:
    async def endless() -> AsyncIterator[bytes]:
        while True:
            yield bytes(1 << 16)

    answer = httpx.Response(200, content=endless())
    assert "larger than 1 MB" in await refused(
        Wire(lambda _: answer).fetcher(), "https://feeds.example/f"
    )


async def test_a_server_that_trickles_is_given_up_on() -> None:
    async def trickle() -> AsyncIterator[bytes]:
        while True:
            await anyio.sleep(0.001)
            yield b"x"

    impatient = FetchLimits(
        max_bytes=1 << 20, seconds=60, patience=0.02, bytes_per_second=10_000_000
    )
    answer = httpx.Response(200, content=trickle())
    told = await refused(Wire(lambda _: answer).fetcher(), "https://feeds.example/f", impatient)
    assert "sends too slowly" in told


async def test_a_fetch_ends_in_any_case() -> None:
    async def stuck() -> AsyncIterator[bytes]:
        yield b"x"
        await anyio.sleep_forever()

    limits = FetchLimits(max_bytes=1 << 20, seconds=0.05)
    answer = httpx.Response(200, content=stuck())
    told = await refused(Wire(lambda _: answer).fetcher(), "https://feeds.example/f", limits)
    assert "took longer than" in told


@pytest.mark.parametrize(
    ("error", "told"),
    [
        (httpx.ReadTimeout("late"), "no answer in time"),
        (httpx.ConnectError("[SSL: CERTIFICATE_VERIFY_FAILED]"), "its certificate is not valid"),
        (httpx.ConnectError("refused"), "no connection"),
        (httpx.ReadError("reset"), "the connection broke"),
        (httpx.RemoteProtocolError("odd"), "not proper HTTP"),
    ],
)
async def test_a_failure_is_told_without_the_secrets_of_the_address(
    error: httpx.HTTPError, told: str
) -> None:
    def fails(_: httpx.Request) -> httpx.Response:
        raise error

    said = await refused(Wire(fails).fetcher(), "https://me:pw@feeds.example/f?key=secret")
    assert told in said
    assert "secret" not in said
    assert "pw" not in said


async def test_the_next_address_is_tried_when_one_does_not_answer() -> None:
    async def two(_host: str, _port: int) -> list[str]:
        return ["2606:4700::1", "93.184.216.34"]

    def answer(request: httpx.Request) -> httpx.Response:
        if ":" in request.url.host:
            raise httpx.ConnectError("no route")
        return sent()

    wire = Wire(answer)
    fetcher = Fetcher(AddressGuard(), transport=httpx.MockTransport(wire), resolve=two)
    into = io.BytesIO()
    await fetcher.fetch("https://feeds.example/f", into, LIMITS)
    assert into.getvalue() == b"rows"
    assert len(wire.requests) == 2


async def test_only_a_newer_version_is_fetched() -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        if request.headers.get("If-None-Match") == '"v1"':
            return httpx.Response(304)
        return sent(ETag='"v1"', Last_Modified="Mo")

    fetcher = Wire(answer).fetcher()
    first = await fetcher.fetch("https://feeds.example/f", io.BytesIO(), LIMITS)
    assert first.validators == Validators('"v1"', "Mo")
    again = await fetcher.fetch("https://feeds.example/f", io.BytesIO(), LIMITS, first.validators)
    assert (again.unchanged, again.size) == (True, 0)


async def test_validators_that_are_none_are_not_kept() -> None:
    answer = says(ETag="x" * 600, Last_Modified="y" * 200)
    fetched = await Wire(answer).fetcher().fetch("https://feeds.example/", io.BytesIO(), LIMITS)
    assert fetched.validators == Validators()


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("https://me:pw@x.example/f.csv?key=1#part", "https://x.example/f.csv?..."),
        ("https://x.example/f.csv", "https://x.example/f.csv"),
        ("https://x.example:port/", "The address"),
    ],
)
def test_addresses_are_shown_without_their_secrets(url: str, shown: str) -> None:
    assert masked(url) == shown


async def test_names_are_looked_up_and_numbers_are_not() -> None:
    assert await resolve_host("127.0.0.1", 80) == ["127.0.0.1"]
    assert await resolve_host("93.184.216.34", 80) == ["93.184.216.34"]
    assert set(await resolve_host("localhost", 80)) <= {"127.0.0.1", "::1"}


async def test_an_address_that_is_too_long_is_refused() -> None:
    told = await refused(Wire(says()).fetcher(), f"https://feeds.example/{'x' * 2000}")
    assert "longer than 2000 characters" in told
