"""Another server of the test's own: it answers on the loopback address what a test put there."""

import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass
class Served:
    """One answer."""

    body: bytes = b""
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)


Page = Served | Callable[[Mapping[str, str]], Served]
"""An answer, or what makes one of the request's headers."""


@dataclass
class FeedServer:
    """Pages by path, and the paths that were asked for."""

    url: str
    pages: dict[str, Page] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)

    def put(self, path: str, body: bytes = b"", status: int = 200, **headers: str) -> str:
        """Put a page there; give its address."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        self.pages[path] = Served(body, status, named)
        return self.url + path


@contextmanager
def serving() -> Iterator[FeedServer]:
    """Serve on a free port until the end."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            served.asked.append(self.path)
            page = served.pages.get(self.path.partition("?")[0], Served(status=404))
            answer = page if isinstance(page, Served) else page(dict(self.headers))
            self.send_response(answer.status)
            for name, value in answer.headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(answer.body)))
            self.end_headers()
            self.wfile.write(answer.body)

        def log_message(self, *_: Any) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        served = FeedServer(f"http://127.0.0.1:{server.server_port}")
        thread = threading.Thread(target=server.serve_forever, args=(0.02,))
        thread.start()
        try:
            yield served
        finally:
            server.shutdown()
            thread.join()
