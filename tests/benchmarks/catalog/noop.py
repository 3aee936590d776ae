"""The no-op of a search: what comes in and goes out is the same, and nothing happens in between.

Our endpoint and the SDK behind it get the very calls that the shop gets, and give what the shop
answered to them, read from a file. So this is the price of HTTP, of the protocol, and of writing
answers of that size; reading the arguments, asking the database and making an answer of its rows is
what a search costs above it.

With `--statements` the shop's statements for that call are run as well, straight through the
driver, and their rows are left alone. They cost up to twice what they cost in a loop of their own,
where nothing but them is in the processor's caches. With `--leanest`, answers are made of these
rows, in as few steps as can be.
"""

import json
import sys
from pathlib import Path
from typing import Any, cast

from mcp.server.lowlevel import Server
from mcp_types import CallToolRequestParams, ListToolsResult

from tests.benchmarks.catalog.drivers import Driver, driver_of
from tests.benchmarks.catalog.leanest import Leanest
from tests.benchmarks.sample import serve


def main() -> None:
    """Serve on the port given, with the calls and answers of the file given."""
    script = json.loads(Path(sys.argv[2]).read_bytes())
    known = {
        _key(arguments): (answer, [(sql, values) for sql, values in statements])
        for arguments, answer, statements in script["calls"]
    }
    leanest = Leanest(script["url"]) if "--leanest" in sys.argv else None
    asks = leanest is not None or "--statements" in sys.argv
    driver: Driver | None = driver_of(script["url"]) if asks else None

    async def list_tools(*_: object) -> ListToolsResult:
        return ListToolsResult(tools=[])

    async def call_tool(_: object, params: CallToolRequestParams) -> Any:
        answer, statements = known[_key(params.arguments)]
        if driver is None:
            return answer
        rows = await driver.run(statements)
        return answer if leanest is None else leanest.answer(params.arguments or {}, rows, answer)

    server: Server[Any] = Server(
        "noop", on_list_tools=list_tools, on_call_tool=cast("Any", call_tool)
    )
    server.middleware.clear()
    serve(server)


def _key(arguments: object) -> str:
    return repr(arguments)


if __name__ == "__main__":
    main()
