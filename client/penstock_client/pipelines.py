"""Pipelines of the workspace: named, versioned flows."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from urllib.parse import quote

from penstock_client.connection import Connection
from penstock_client.paging import items
from penstock_client.results import Page, Pipeline, Validation


class Pipelines:
    """`/pipelines` and `/flows/validate`. A flow is React Flow's JSON: nodes and edges."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    async def create(self, name: str, flow: Mapping[str, object]) -> Pipeline:
        """The new pipeline; one whose `problems` are not empty is kept but cannot run."""
        body = {"name": name, "flow": flow}
        return (await self._connection.post("/pipelines", body)).read(Pipeline)

    async def get(self, pipeline_id: str) -> Pipeline:
        """One pipeline with its flow."""
        return (await self._connection.get(_path(pipeline_id))).read(Pipeline)

    async def update(
        self,
        pipeline_id: str,
        name: str,
        flow: Mapping[str, object],
        *,
        if_match: str | None = None,
    ) -> Pipeline:
        """The pipeline as it is now.

        Raises:
            ConflictError: `if_match` is given and someone else has changed it since.
        """
        headers = {"If-Match": if_match} if if_match else None
        body = {"name": name, "flow": flow}
        answer = await self._connection.send("PUT", _path(pipeline_id), body, headers=headers)
        return answer.read(Pipeline)

    async def delete(self, pipeline_id: str) -> None:
        """Removes the pipeline; its runs stay."""
        await self._connection.send("DELETE", _path(pipeline_id), None)

    def list(self) -> AsyncIterator[Pipeline]:
        """All pipelines."""
        return items(self._connection, "/pipelines", Page[Pipeline], {})

    async def validate(self, flow: Mapping[str, object]) -> Validation:
        """What is wrong with a flow, without saving it."""
        answer = await self._connection.post("/flows/validate", {"flow": flow})
        return answer.read(Validation)


def _path(pipeline_id: str) -> str:
    return f"/pipelines/{quote(pipeline_id, safe='')}"
