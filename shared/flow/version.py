"""The version of a flow: the hash of what a run can notice of it.

Positions, sizes, colours and unknown keys stay out: moving a node makes no new version.
Source: RFC 8785 (JSON Canonicalization Scheme).
"""

from collections.abc import Sequence
from hashlib import sha256

import rfc8785

from shared.flow.json_value import JSON

NODE_KEYS = ("id", "type", "data")
EDGE_KEYS = ("source", "target", "sourceHandle", "targetHandle")


def content(raw: object) -> bytes:
    """The canonical JSON of nodes and edges in array order; an absent key counts as null.

    Raises: ValueError if a value has no canonical form, like NaN or an integer over 2^53 - 1.
    """
    flow = raw if isinstance(raw, dict) else {}
    nodes, edges = flow.get("nodes"), flow.get("edges")
    return rfc8785.dumps({"nodes": _kept(nodes, NODE_KEYS), "edges": _kept(edges, EDGE_KEYS)})


def version_of(raw: object) -> str:
    """The SHA-256 of `content(raw)` in hex. Raises: ValueError, as `content`."""
    return sha256(content(raw)).hexdigest()


def _kept(items: object, keys: Sequence[str]) -> list[JSON]:
    if not isinstance(items, list):
        return []
    return [{k: i.get(k) for k in keys} if isinstance(i, dict) else i for i in items]
