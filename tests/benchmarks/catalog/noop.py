"""The no-op of a search: what comes in and goes out is the same, and nothing happens in between.

Our endpoint and the SDK behind it get the very calls that the shop gets, and give what the shop
answered to them, read from a file and handed out in turn. So this is the price of HTTP, of the
protocol, and of writing answers of that size; reading the arguments, asking the database and making
an answer of its rows is what a search costs above it.
"""

import json
import sys
from itertools import cycle
from pathlib import Path
from typing import Any, cast

from mcp.server.lowlevel import Server
from mcp_types import ListToolsResult

from tests.benchmarks.sample import serve


def main() -> None:
    """Serve on the port given, with the answers of the file given."""
    answers = cycle(json.loads(Path(sys.argv[2]).read_bytes()))

    async def list_tools(*_: object) -> ListToolsResult:
        return ListToolsResult(tools=[])

    async def call_tool(*_: object) -> Any:
        return next(answers)

    server: Server[Any] = Server(
        "noop", on_list_tools=list_tools, on_call_tool=cast("Any", call_tool)
    )
    server.middleware.clear()
    serve(server)


if __name__ == "__main__":
    main()
