"""What Gr4vy's errors are taken for, and what nobody may read in ours."""

import logging
import traceback
from collections.abc import AsyncIterator

import httpx
import pytest

from plantly.domain.errors import ProviderRejected, ProviderUnavailable
from tests.support.clock import MovableClock
from tests.support.gr4vy_bench import REQUEST, TOTAL, Bench, open_bench, refund

pytestmark = pytest.mark.anyio


@pytest.fixture
async def bench(clock: MovableClock) -> AsyncIterator[Bench]:
    async with open_bench(clock) as opened:
        yield opened


@pytest.mark.parametrize("status", [400, 404, 405, 422])
async def test_a_refusal_is_told_apart(bench: Bench, status: int) -> None:
    bench.fake.knobs.busy = status
    with pytest.raises(ProviderRejected):
        await bench.gateway.start(REQUEST)


@pytest.mark.parametrize("status", [302, 401, 403, 409, 425, 429, 500, 502, 503, 504])
async def test_an_answer_that_says_nothing_about_the_payment_is_none(
    bench: Bench, status: int
) -> None:
    bench.fake.knobs.busy = status
    with pytest.raises(ProviderUnavailable):
        await bench.gateway.start(REQUEST)
    assert len(bench.wire.sent) == 1


@pytest.mark.parametrize(
    "answer",
    [
        httpx.Response(201, text="<html>"),
        httpx.Response(201, json=[]),
        httpx.Response(201, json={}),
        httpx.Response(500, json={"status": {"not": "as expected"}}),
        httpx.Response(201, json={"id": "two words"}),
    ],
    ids=range(5),
)
async def test_an_answer_that_cannot_be_read_is_none(bench: Bench, answer: httpx.Response) -> None:
    bench.wire.instead = lambda _: answer
    with pytest.raises(ProviderUnavailable):
        await bench.gateway.start(REQUEST)


async def test_a_refusal_in_other_words_is_a_refusal(bench: Bench) -> None:
    bench.wire.instead = lambda _: httpx.Response(400, json={"status": {"not": "as expected"}})
    with pytest.raises(ProviderRejected):
        await bench.gateway.start(REQUEST)


async def test_a_newer_api_may_leave_out_what_the_library_insists_on(bench: Bench) -> None:
    transaction = {
        "id": "t1",
        "status": "capture_succeeded",
        "currency": "USD",
        "captured_amount": TOTAL,
    }

    def answer(request: httpx.Request) -> httpx.Response:
        refunds = request.url.path.endswith("/refunds")
        return httpx.Response(200, json={"items": [] if refunds else [transaction, "odd"]})

    bench.wire.instead = answer
    assert (await bench.state("s1")).pays(TOTAL, "USD")


async def test_no_key_no_token_and_no_word_of_the_provider_is_in_an_error(
    bench: Bench, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GR4VY_DEBUG", "true")
    caplog.set_level(logging.DEBUG)
    ref = await bench.start()
    bench.fake.approve(ref)
    told = []
    for status in (400, 401, 500):
        bench.fake.knobs.busy = status
        for call in (bench.gateway.start(REQUEST), bench.gateway.refund(refund(ref))):
            try:
                await call
            except (ProviderRejected, ProviderUnavailable) as error:
                told.append("".join(traceback.format_exception(error)))
    assert len(told) == 6
    written = "\n".join([*told, caplog.text, repr(bench.gateway)])
    for secret in ("provider-says", "eyJ", "Bearer", bench.fake.secrets.api_key):
        assert secret not in written
