"""What tools of every kind have: a name, a description, what they take, and a policy."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import lru_cache
from typing import Annotated, Final, Literal, TypeAlias

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    JsonValue,
    StringConstraints,
    ValidationInfo,
)
from pydantic_core import PydanticCustomError

from shared.flow.work import is_of_provider
from shared.tools.schema import schema_problem

SHAPE: Final = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)
OnLost: TypeAlias = Literal["retry", "tell", "fail"]

JUDGED: Final = "judged"
"""The context of validation in which names and schemas are those of something that was saved: each
was judged then, which may take a second, and is not judged again."""
_RESERVED: Final = frozenset({"code_execution"})


def wrong(code: str, message: str) -> PydanticCustomError:
    """An error of validation whose `type` is a stable code."""
    return PydanticCustomError(code, "{problem}", {"problem": message})


def free(name: str, info: ValidationInfo) -> str:
    """The name, unless it is that of a tool that providers run, or may run one day.

    Raises: PydanticCustomError.
    """
    if info.context != JUDGED and (is_of_provider(name) or name.replace("-", "_") in _RESERVED):
        message = f"expected a name that no tool of a provider has, got {name}"
        raise wrong("reserved_name", message)
    return name


ToolName = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_-]{1,64}$")]
Description = Annotated[str, StringConstraints(min_length=1, max_length=4096)]


class Policy(BaseModel):
    """What becomes of a call that was begun, and of which nobody knows how it ended."""

    model_config = SHAPE

    on_lost: OnLost | None = Field(
        None, description="`retry`, if it may be called twice; else `tell`, if left out"
    )
    idempotent: bool = Field(False, description="whether a call made twice does no more than once")


class NamedTool(BaseModel):
    """A tool of whichever kind."""

    model_config = SHAPE

    name: Annotated[ToolName, AfterValidator(free)] = Field(
        description="what agents have it under, and models call it by"
    )
    description: Description = Field(description="what it does, for the model")
    policy: Policy = Policy()

    @property
    def on_lost(self) -> OnLost:
        """What its policy says, or what is right for a tool that may be called twice, or not."""
        may_repeat = self.policy.idempotent or self.only_reads
        return self.policy.on_lost or ("retry" if may_repeat else "tell")

    @property
    def only_reads(self) -> bool:
        """What it is says that a call changes nothing."""
        return False


_LONGEST_KEPT = 16_384  # characters: all that are kept take a few megabytes


def _usable(schema: object, info: ValidationInfo) -> object:
    if info.context == JUDGED:
        return schema
    if isinstance(schema, dict) and (problem := _problem(schema)):
        raise wrong("bad_schema", problem)
    return schema


def _problem(schema: Mapping[str, object]) -> str | None:
    """A schema that is saved is read again with every flow that has it: judging one takes
    milliseconds, and looking up what was said of it microseconds."""
    try:
        text = json.dumps(schema)
    except (ValueError, TypeError, RecursionError):
        return schema_problem(schema)
    return schema_problem(schema) if len(text) > _LONGEST_KEPT else _problem_of_text(text)


@lru_cache(maxsize=512)
def _problem_of_text(text: str) -> str | None:
    return schema_problem(json.loads(text))


ArgumentsSchema = Annotated[dict[str, JsonValue], BeforeValidator(_usable)]
"""What a tool takes; else the error `bad_schema`."""


class CallableTool(NamedTool):
    """A tool that says itself what it takes."""

    input_schema: ArgumentsSchema = Field(
        description="what it takes: a JSON Schema (draft 2020-12) of an object, at most 64 KiB"
    )

    @property
    def arguments(self) -> Mapping[str, JsonValue]:
        """The schemas of its arguments, by name, as far as they are named."""
        properties = self.input_schema.get("properties")
        return properties if isinstance(properties, Mapping) else {}
