"""What a tool is: a name, a description, what it takes, how it is called, and what if it is lost.

    named_tool  what tools of every kind have
    http_tool   a tool called by HTTP
    mcp_tool    tools of an MCP server
    nats_tool   a tool that programs of users answer on NATS
    tool        a tool of any kind
    schema      JSON Schemas of what a tool takes
    templates   the places of a call that arguments are filled into
    headers     which headers a call may have
    pointer     the place of a result in a JSON answer

The api checks what is saved by it, and workers call by it.
"""

from shared.tools.http_tool import HttpCall, HttpTool, SecretHeader
from shared.tools.mcp_tool import ListedTool, McpServer, McpTool
from shared.tools.named_tool import NamedTool, Policy
from shared.tools.nats_tool import NatsCall, NatsTool
from shared.tools.tool import TOOL, Tool

__all__ = [
    "TOOL",
    "HttpCall",
    "HttpTool",
    "ListedTool",
    "McpServer",
    "McpTool",
    "NamedTool",
    "NatsCall",
    "NatsTool",
    "Policy",
    "SecretHeader",
    "Tool",
]
