"""Which runs are meant, and how the query says it."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Literal, TypedDict


class RunFilter(TypedDict, total=False):
    """Which runs, and in which `order`: "newest" or "oldest" first; times are RFC 3339.

    `status` is one, or several with commas between. A run has all of `tags`, each member of
    `metadata`, and words of `search` in its pipeline's name, its tags or its metadata; with
    `waiting_for_me` it has a question that who asks may decide.
    """

    status: str | None
    pipeline_id: str | None
    tags: Sequence[str]
    metadata: Mapping[str, object]
    search: str | None
    requested_by: str | None
    created_after: str | None
    created_before: str | None
    ended_after: str | None
    ended_before: str | None
    id_prefix: str | None
    order: Literal["newest", "oldest"]
    waiting_for_me: bool


def filter_texts(wanted: RunFilter) -> dict[str, str]:
    """The filter as a query says it; what is empty is left out."""
    texts = {key: value for key, value in wanted.items() if isinstance(value, str) and value}
    if tags := wanted.get("tags"):
        texts["tags"] = ",".join(tags)
    if metadata := wanted.get("metadata"):
        texts["metadata"] = json.dumps(metadata)
    if wanted.get("waiting_for_me"):
        texts["waiting_for_me"] = "true"
    return texts
