"""Pipelines of the workspace: named, versioned flows."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from typing import Literal, TypedDict, Unpack
from urllib.parse import quote, urlencode

from penstock_client.connection import Connection
from penstock_client.exchange import Document, Imported
from penstock_client.paging import items, listed
from penstock_client.results import Json, Page, Pipeline, Validation
from penstock_client.versions import Alias, FlowDiff, Version


class Beside(TypedDict, total=False):
    """What is saved beside a flow: `note` says what changed, tags stay if none are given."""

    tags: Sequence[str]
    note: str


class Pipelines:
    """`/pipelines` and `/flows/validate`. A flow is React Flow's JSON: nodes and edges."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    async def create(
        self, name: str, flow: Mapping[str, object], **beside: Unpack[Beside]
    ) -> Pipeline:
        """The new pipeline; one whose `problems` are not empty is kept but cannot run."""
        body = {"name": name, "flow": flow, **beside}
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
        **beside: Unpack[Beside],
    ) -> Pipeline:
        """The pipeline as it is now.

        Raises:
            ConflictError: `if_match` is given and someone else has changed it since.
        """
        headers = {"If-Match": if_match} if if_match else None
        body = {"name": name, "flow": flow, **beside}
        answer = await self._connection.send("PUT", _path(pipeline_id), body, headers=headers)
        return answer.read(Pipeline)

    async def delete(self, pipeline_id: str) -> None:
        """Removes the pipeline; its runs stay, and for 30 days it can be restored."""
        await self._connection.send("DELETE", _path(pipeline_id), None)

    async def restore(self, pipeline_id: str) -> Pipeline:
        """The pipeline that was deleted, with its versions and aliases."""
        return (await self._connection.post(f"{_path(pipeline_id)}/restore")).read(Pipeline)

    def list(
        self, *, tags: Sequence[str] = (), search: str = "", deleted: bool = False
    ) -> AsyncIterator[Pipeline]:
        """Pipelines, newest first: with all these tags, with this text in their names.

        With `deleted`, those that were deleted and can be restored.
        """
        return items(
            self._connection, "/pipelines", Page[Pipeline], listed(tags, search, deleted=deleted)
        )

    def versions(self, pipeline_id: str) -> AsyncIterator[Version]:
        """Every version, newest first, without flows."""
        return items(self._connection, f"{_path(pipeline_id)}/versions", Page[Version], {})

    async def version(self, pipeline_id: str, version: str | int) -> Version:
        """One version with its flow, by its number or its hash."""
        return (await self._connection.get(_version(pipeline_id, version))).read(Version)

    async def name_version(
        self, pipeline_id: str, version: str | int, name: str | None, note: str | None = None
    ) -> Version:
        """The version as it is called now; what is None stays, an empty text removes it."""
        body = {"name": name, "note": note}
        answer = await self._connection.send("PUT", _version(pipeline_id, version), body)
        return answer.read(Version)

    async def restore_version(self, pipeline_id: str, version: str | int) -> Pipeline:
        """The pipeline, with that version's flow as its newest version."""
        path = f"{_version(pipeline_id, version)}/restore"
        return (await self._connection.post(path)).read(Pipeline)

    async def diff(
        self, pipeline_id: str, version: str | int, against: str | int | None = None
    ) -> FlowDiff:
        """What a version changed, compared with the one before if no other is named."""
        params = {} if against is None else {"against": str(against)}
        path = f"{_version(pipeline_id, version)}/diff"
        return (await self._connection.get(path, params)).read(FlowDiff)

    def aliases(self, pipeline_id: str) -> AsyncIterator[Alias]:
        """The aliases, each with the version that it names now."""
        return items(self._connection, f"{_path(pipeline_id)}/aliases", Page[Alias], {})

    async def set_alias(self, pipeline_id: str, alias: str, version: str | int) -> Alias:
        """The alias, which names this version from now on."""
        body = {"version": str(version)}
        return (await self._connection.send("PUT", _alias(pipeline_id, alias), body)).read(Alias)

    async def remove_alias(self, pipeline_id: str, alias: str) -> None:
        """Removes the alias; the version that it named stays."""
        await self._connection.send("DELETE", _alias(pipeline_id, alias), None)

    async def duplicate(self, pipeline_id: str, name: str | None = None) -> Pipeline:
        """Another pipeline of the same flow, that uses the same agents."""
        path = f"{_path(pipeline_id)}/duplicate"
        return (await self._connection.post(path, {"name": name})).read(Pipeline)

    async def export(self, pipeline_id: str, version: str | int | None = None) -> Json:
        """The pipeline with the agents it uses, as a document for `import_document`."""
        params = {} if version is None else {"version": str(version)}
        answer = await self._connection.get(f"{_path(pipeline_id)}/export", params)
        return answer.read(Document).root

    async def import_document(
        self,
        document: Mapping[str, object],
        *,
        name: str | None = None,
        on_taken: Literal["refuse", "copy"] = "refuse",
    ) -> Imported:
        """The pipeline of an exported document, and what became of its agents: all, or nothing.

        Raises:
            ConflictError: a name is taken, and `on_taken` is "refuse".
        """
        wanted = {"on_taken": on_taken, **({"name": name} if name else {})}
        path = f"/pipelines/import?{urlencode(wanted)}"
        return (await self._connection.post(path, document)).read(Imported)

    async def validate(self, flow: Mapping[str, object]) -> Validation:
        """What is wrong with a flow, without saving it."""
        answer = await self._connection.post("/flows/validate", {"flow": flow})
        return answer.read(Validation)


def _path(pipeline_id: str) -> str:
    return f"/pipelines/{quote(pipeline_id, safe='')}"


def _version(pipeline_id: str, version: str | int) -> str:
    return f"{_path(pipeline_id)}/versions/{quote(str(version), safe='')}"


def _alias(pipeline_id: str, alias: str) -> str:
    return f"{_path(pipeline_id)}/aliases/{quote(alias, safe='')}"
