"""The edge that assistants call: MCP tools and resources behind one endpoint."""
