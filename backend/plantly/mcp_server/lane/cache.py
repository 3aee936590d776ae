"""Answers that are the same for every caller, kept as the bytes that go out."""

from typing import Final

from pydantic_core import to_json

from plantly.mcp_server.lane.headers import METHOD, NAME, RawHeaders
from plantly.mcp_server.lane.request import PlainCall

Question = tuple[str | bytes, ...]

SAME_FOR_EVERYBODY: Final = frozenset(
    {
        "tools/list",
        "resources/list",
        "resources/templates/list",
        "resources/read",
        "server/discover",
    }
)
"""What a server may keep whose lists, files and own description depend on no caller."""

_LONGEST_QUESTION: Final = 2048


class ConstantAnswers:
    """A few serialised results, by question; a hit skips the server, its middleware included.

    `methods` are those whose answer depends on the method, the protocol version and the params
    alone: never on the caller, a header or the time. Call `clear` when such an answer changes.
    """

    def __init__(
        self, methods: frozenset[str] = SAME_FOR_EVERYBODY, *, max_entries: int = 64
    ) -> None:
        self.methods = methods
        self.generation = 0
        self._max_entries = max_entries
        self._results: dict[Question, bytes] = {}

    def __len__(self) -> int:
        return len(self._results)

    def question(self, call: PlainCall, headers: RawHeaders) -> Question | None:
        """Name what is asked: everything but the id; None when its answer is not kept.

        The two routing headers are part of it, because the protocol compares them with the body: a
        hit has then passed the same comparison as the request that was answered.
        """
        if call.method not in self.methods:
            return None
        asked = b"" if call.params is None else to_json(call.params)
        routing = (headers.get(METHOD, b""), headers.get(NAME, b""))
        if len(asked) + len(routing[0]) + len(routing[1]) > _LONGEST_QUESTION:
            return None
        return (call.method, call.version, asked, *routing)

    def find(self, question: Question) -> bytes | None:
        """Give the serialised result, if this was asked before."""
        result = self._results.pop(question, None)
        if result is not None:
            # Back in as the youngest: what is asked often outlives what was made up once.
            self._results[question] = result
        return result

    def keep(self, question: Question, result: bytes, generation: int) -> None:
        """Remember a result, unless `clear` was called since `generation` was read."""
        if generation != self.generation:
            return
        if len(self._results) >= self._max_entries:
            del self._results[next(iter(self._results))]
        self._results[question] = result

    def clear(self) -> None:
        """Forget everything: the tools, the resources or the server's description changed."""
        self.generation += 1
        self._results.clear()
