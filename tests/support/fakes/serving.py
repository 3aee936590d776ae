"""A fake provider as a server of its own, with a postman who carries its webhooks to the shop."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Final

import httpx
import uvicorn

from plantly.domain.ids import Clock, utc_now
from tests.support.fakes import FakeProvider
from tests.support.http import free_port, wait_until

_ROUND_SECONDS: Final = 0.1


@contextmanager
def running_fake(make: Callable[[Clock, str], FakeProvider]) -> Iterator[FakeProvider]:
    """Serve a fake on a port of its own, in a thread."""
    port = free_port()
    fake = make(utc_now, f"http://127.0.0.1:{port}")
    config = uvicorn.Config(fake.app, port=port, log_config=None, lifespan="off")
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    try:
        wait_until(lambda: server.started, "the fake provider to listen")
        yield fake
    finally:
        server.should_exit = True
        thread.join()


@contextmanager
def postman(fake: FakeProvider, shop_url: str) -> Iterator[list[int]]:
    """Carry webhooks while entered; give the shop's answers, which grow."""
    answers: list[int] = []
    stop = threading.Event()
    thread = threading.Thread(target=_carry, args=(fake, shop_url, answers, stop), daemon=True)
    thread.start()
    try:
        yield answers
    finally:
        stop.set()
        thread.join()


def _carry(fake: FakeProvider, shop_url: str, answers: list[int], stop: threading.Event) -> None:
    with httpx.Client(trust_env=False, timeout=10) as client:
        while not stop.wait(_ROUND_SECONDS):
            for delivery in fake.events():
                answer = client.post(
                    f"{shop_url}/webhooks/{fake.name}",
                    content=delivery.body,
                    headers=dict(delivery.headers),
                )
                answers.append(answer.status_code)
