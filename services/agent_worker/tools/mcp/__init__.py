"""Tools of MCP servers: what a server lists, and a call of one of its tools.

    calling    the two of them: bounded in time, and every end of them is a result
    wire       the egress guard beneath the protocol: bounded in bytes, and what went wrong there
    session    the protocol, as the MCP SDK speaks it
    listing    what a server lists into what is pinned
    results    what a tool answered into a text for the model
    failures   why there is none

Loading the SDK takes about a second and 20 MB, so that is done where the first call is made, in a
thread: `session`, `listing` and `results` are loaded there.
"""

from services.agent_worker.tools.mcp.calling import call_mcp_tool, list_mcp_tools

__all__ = ["call_mcp_tool", "list_mcp_tools"]
