"""What we compare with: the official SDK's `MCPServer`, set up for production as its guide says.

The same transport settings as ours (stateless, JSON, the same body limit, hosts listed), the same
web server with its fast parts, Python's collector as it comes. The tool does nothing and says one
word, so whatever it costs is the price of a call in the SDK. Its log level is `WARNING`, because at
the default the SDK writes a line for each request, which would flatter us.
"""

import sys

import uvicorn
from mcp.server.mcpserver import MCPServer
from mcp.server.transport_security import TransportSecuritySettings
from starlette.types import ASGIApp

server = MCPServer("baseline", log_level="WARNING")


@server.tool(structured_output=False)
async def noop() -> str:
    """Do nothing."""
    return "ok"


@server.resource("ui://baseline/widget.html", mime_type="text/html;profile=mcp-app")
def widget() -> str:
    """Give a page of 60 KB."""
    return "<p>A leaf.</p>" * 4700


def main() -> None:
    """Serve on the port given."""
    serve(application(), int(sys.argv[1]))


def application() -> ASGIApp:
    """Return the server's application."""
    return server.streamable_http_app(
        stateless_http=True,
        json_response=True,
        max_request_body_size=262_144,
        transport_security=TransportSecuritySettings(allowed_hosts=["127.0.0.1:*"]),
    )


def serve(app: ASGIApp, port: int) -> None:
    """Serve on a port until the process ends."""
    uvicorn.run(
        app,
        host="127.0.0.1",
        port=port,
        loop="uvloop",
        http="httptools",
        log_level="warning",
        access_log=False,
    )


if __name__ == "__main__":
    main()
