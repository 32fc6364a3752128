"""Definitions of tools for tests."""

from __future__ import annotations

from shared.tools import HttpTool

SCHEMA = {
    "type": "object",
    "properties": {
        "id": {"type": "string"},
        "q": {"type": "string"},
        "n": {"type": "integer"},
        "item": {"type": "object"},
    },
}


def tool(
    url: str = "https://api.example.com/items/{{id}}", method: str = "GET", **http: object
) -> HttpTool:
    """A tool whose arguments are id, q, n and item."""
    return HttpTool.model_validate(
        {
            "name": "items",
            "description": "Finds an item.",
            "input_schema": SCHEMA,
            "kind": "http",
            "http": {"url": url, "method": method, **http},
        }
    )
