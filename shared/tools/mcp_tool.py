"""The definition of tools that a worker calls at an MCP server, and what of them was pinned.

Whoever saves one names the server and which of its tools are meant. What the server lists for these
is kept with it, each behind its hash, so that a flow says all that its model is told, and a tool
that is another by now is not called.

Every problem of it is an error of validation, whose `type` is a stable code:

code                | the tool ...
--------------------|------------------------------------------------------------------
bad_url             | has a URL that is none, or one with a placeholder
placeholder_in_host | has a placeholder in scheme, host or port of its URL
user_in_url         | has a user or a password in its URL
bad_header          | has a header that no message can have, or that is set by us
reserved_name       | would be called like a tool that providers run
bad_tool_name       | chooses a tool by a name that is none, or the same one twice
name_too_long       | chooses a tool whose name would be too long for a model
name_collision      | chooses two tools that a model could not tell apart
bad_listing         | has a listing that is not the one of the tools it chooses
bad_schema          | has a listing with an input_schema that is none, or too large
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from hashlib import sha256
from typing import Annotated, Final, Literal

import rfc8785
from pydantic import (
    BaseModel,
    Field,
    StringConstraints,
    ValidationInfo,
    field_validator,
    model_validator,
)

from shared.flow.json_value import JSON, quoted
from shared.flow.template import argument_pieces
from shared.tools.headers import LONGEST_VALUE, is_value, names_problem, value_problem
from shared.tools.http_tool import LARGEST_ANSWER, SecretHeader, UrlTemplate
from shared.tools.named_tool import SHAPE, ArgumentsSchema, NamedTool, OnLost, free, wrong

MOST_CHOSEN: Final = 64
LONGEST_MODEL_NAME: Final = 64
LONGEST_DESCRIPTION: Final = 8192  # characters
# What the protocol itself sends, in either of its generations.
_OF_THE_PROTOCOL: Final = ("accept", "content-type", "last-event-id")
_PREFIX_OF_THE_PROTOCOL: Final = "mcp-"
_NOT_IN_A_NAME = re.compile(r"[^A-Za-z0-9_-]")

HeaderText = Annotated[str, StringConstraints(max_length=LONGEST_VALUE)]
ListedName = Annotated[str, StringConstraints(min_length=1, max_length=128)]
"""What the server calls a tool. Source: MCP 2025-11-25, Tool Names."""


class McpServer(BaseModel):
    """Where the tools are, and which. `timeout_seconds` and `largest_bytes` are of one call.

    `trusted`: what the server says of its tools (that one only reads, or may be called twice)
    decides about calls that were lost. It is for an administrator to say.
    """

    model_config = SHAPE

    url: UrlTemplate
    headers: dict[str, HeaderText | SecretHeader] = Field(default_factory=dict, max_length=32)
    tools: Annotated[tuple[ListedName, ...], Field(min_length=1, max_length=MOST_CHOSEN)]
    timeout_seconds: Annotated[float, Field(ge=1, le=300, allow_inf_nan=False)] = 30
    largest_bytes: Annotated[int, Field(ge=1, le=LARGEST_ANSWER, strict=True)] = 1 << 20
    trusted: Annotated[bool, Field(strict=True)] = False

    @field_validator("url")
    @classmethod
    def _url(cls, url: str) -> str:
        if _has_placeholder(url):
            raise wrong("bad_url", f"expected a URL without placeholders, got {quoted(url)}")
        return url

    @field_validator("headers")
    @classmethod
    def _headers(cls, headers: dict[str, str | SecretHeader]) -> dict[str, str | SecretHeader]:
        if problem := names_problem(headers):
            raise wrong("bad_header", problem)
        for name, value in headers.items():
            if name.lower().startswith(_PREFIX_OF_THE_PROTOCOL) or name.lower() in _OF_THE_PROTOCOL:
                raise wrong("bad_header", f"expected no header {name}: the protocol has it")
            if isinstance(value, str) and not is_value(value):
                raise wrong("bad_header", value_problem(name))
            if isinstance(value, str) and _has_placeholder(value):
                message = f"expected {name} without placeholders: no call is made for an argument"
                raise wrong("bad_header", message)
        return headers

    @field_validator("tools")
    @classmethod
    def _tools(cls, tools: tuple[str, ...]) -> tuple[str, ...]:
        for name in tools:
            if not name.isprintable():
                raise wrong("bad_tool_name", f"expected the name of a tool, got {quoted(name)}")
            if tools.count(name) > 1:
                raise wrong("bad_tool_name", f"expected each tool once, got {quoted(name)} twice")
        return tools


class ListedTool(BaseModel):
    """One tool as the server lists it. `hash` is that of all the rest: see `hash_of`."""

    model_config = SHAPE

    name: ListedName
    description: Annotated[str, StringConstraints(min_length=1, max_length=LONGEST_DESCRIPTION)]
    input_schema: ArgumentsSchema
    read_only: bool = False
    idempotent: bool = False
    hash: Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]

    @model_validator(mode="after")
    def _is_what_was_hashed(self) -> ListedTool:
        if hash_of(self.model_dump(exclude={"hash"})) != self.hash:
            message = f"expected the hash of what {quoted(self.name)} is listed as, got another"
            raise wrong("bad_listing", message)
        return self


class McpTool(NamedTool):
    """A tool of kind `mcp`: some tools of one server. `listed` is absent in what a user sends; once
    it is saved, it has what the server lists for each of `mcp.tools`, in their order."""

    kind: Literal["mcp"]
    mcp: McpServer
    listed: tuple[ListedTool, ...] = ()

    @model_validator(mode="after")
    def _have_names(self, info: ValidationInfo) -> McpTool:
        chosen: dict[str, str] = {}
        for name in self.mcp.tools:
            told = free(model_name(self.name, name), info)
            if len(told) > LONGEST_MODEL_NAME:
                message = (
                    f"expected at most {LONGEST_MODEL_NAME} characters in the name of a tool, got "
                    f"{len(told)} in {quoted(told)}: give this tool a shorter name"
                )
                raise wrong("name_too_long", message)
            if told in chosen:
                message = (
                    f"expected tools with names of their own, got {quoted(told)} for "
                    f"{quoted(chosen[told])} and for {quoted(name)}"
                )
                raise wrong("name_collision", message)
            chosen[told] = name
        return self

    @model_validator(mode="after")
    def _lists_what_was_chosen(self) -> McpTool:
        names = tuple(each.name for each in self.listed)
        if self.listed and names != self.mcp.tools:
            raise wrong("bad_listing", "expected a listing of the tools that are chosen, in order")
        return self

    @property
    def on_lost(self) -> OnLost:
        """What its policy says, or what is right for all of its tools, as far as the server is
        trusted to say so."""
        hinted = self.mcp.trusted and bool(self.listed) and all(map(_may_repeat, self.listed))
        may_repeat = self.policy.idempotent or hinted
        return self.policy.on_lost or ("retry" if may_repeat else "tell")

    def alone(self) -> Iterator[McpTool]:
        """Each of its tools as if no other had been chosen; none, before it has its listing."""
        for listed in self.listed:
            server = self.mcp.model_copy(update={"tools": (listed.name,)})
            yield self.model_copy(update={"mcp": server, "listed": (listed,)})


def model_name(tool: str, listed: str) -> str:
    """What a model calls it: both names, of letters, digits, `_` and `-`, others are `_`.

    No two tools of one definition share one. Those of two may: `a` with `b_c`, and `a_b` with `c`.
    """
    return f"{tool}_{_NOT_IN_A_NAME.sub('_', listed)}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Listing:
    """What a server says of a tool, which may be anything; `input_schema` as it is said."""

    name: str
    description: str
    input_schema: Mapping[str, JSON]
    read_only: bool = False
    idempotent: bool = False

    @property
    def hash(self) -> str:
        """That of the tool it would be pinned as."""
        return hash_of(self._members())

    def pinned(self) -> ListedTool:
        """Raises: pydantic.ValidationError, whose `type` is a code as above."""
        return ListedTool.model_validate({**self._members(), "hash": self.hash})

    def _members(self) -> dict[str, JSON]:
        return {
            "name": self.name,
            "description": self.description,
            "input_schema": usable_schema(self.input_schema),
            "read_only": self.read_only,
            "idempotent": self.idempotent,
        }


def usable_schema(schema: Mapping[str, JSON]) -> dict[str, JSON]:
    """The schema as it is kept: read as draft 2020-12, and as one of an object.

    Servers name other drafts, or an address of their own, and leave out `type`, which can only be
    `object`. What then does not fit the draft is a problem of the schema.
    """
    kept = {key: value for key, value in schema.items() if key not in ("$schema", "$id")}
    return {"type": "object", **kept}


def hash_of(listed: Mapping[str, JSON]) -> str:
    """The SHA-256, in hex, of all that a listed tool has but its hash; of one without a form in
    RFC 8785 (a number over 2^53 - 1) that of nothing: what such a one is refused for is its schema.
    """
    try:
        canonical = rfc8785.dumps(dict(listed))
    except (ValueError, RecursionError):
        canonical = b""
    return sha256(canonical).hexdigest()


def _may_repeat(listed: ListedTool) -> bool:
    return listed.read_only or listed.idempotent


def _has_placeholder(text: str) -> bool:
    return any(piece.means != "text" for piece in argument_pieces(text))
