"""A notebook as an MCP server: one tool reads, one writes, and a call made again writes nothing.

    python examples/notebook/server.py [PORT] [FILE]

It listens on http://127.0.0.1:PORT/mcp (9200), and keeps its notes in FILE (notes.jsonl).
"""

import json
import sys
from pathlib import Path
from threading import Lock
from typing import Annotated

from mcp.server.mcpserver import Context, MCPServer
from mcp.types import ToolAnnotations
from pydantic import Field

PORT = int(sys.argv[1]) if len(sys.argv) > 1 else 9200
FILE = Path(sys.argv[2] if len(sys.argv) > 2 else "notes.jsonl")
KEY = "penstock/idempotency_key"  # the same whenever a call is made again

server = MCPServer("notebook")
writing = Lock()


def notes() -> list[dict]:
    lines = FILE.read_text().splitlines() if FILE.exists() else []
    return [json.loads(line) for line in lines]


@server.tool(annotations=ToolAnnotations(read_only_hint=True))
def find_notes(words: Annotated[str, Field(description="What the notes are about")]) -> str:
    """Finds the notes that have all of these words."""
    wanted = words.lower().split()
    found = [note["text"] for note in notes() if all(w in note["text"].lower() for w in wanted)]
    return "\n".join(found) or "There is no such note."


@server.tool(annotations=ToolAnnotations(idempotent_hint=True))
def add_note(text: Annotated[str, Field(min_length=1)], context: Context) -> str:
    """Writes a note into the notebook."""
    key = (context.request_context.meta or {}).get(KEY)
    with writing:
        if key and any(note["key"] == key for note in notes()):
            return "The note was written already."
        with FILE.open("a") as file:
            file.write(json.dumps({"key": key, "text": text}) + "\n")
    return "The note is written."


if __name__ == "__main__":
    server.run("streamable-http", port=PORT)
