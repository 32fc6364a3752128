"""A drawing as read: its nodes and links, each well shaped by itself, not yet a flow."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TypeGuard, TypeVar

from pydantic import BaseModel, ValidationError

from shared.flow.agents import spelled
from shared.flow.json_value import JSON, is_text, shown, unfit
from shared.flow.problem import Problem
from shared.flow.work import (
    AgentWork,
    ApprovalWork,
    ConditionWork,
    InputWork,
    Kind,
    Limits,
    MergeWork,
    OutputWork,
    TemplateWork,
    Work,
)

M = TypeVar("M", bound=BaseModel)

LONGEST_ID = 16_384
WORKS: Mapping[Kind, type[Work]] = {
    "agent": AgentWork,
    "merge": MergeWork,
    "template": TemplateWork,
    "condition": ConditionWork,
    "approval": ApprovalWork,
    "input": InputWork,
    "output": OutputWork,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Node:
    """A node of the drawing; `kind` is None for what nobody executes.

    `work` and `limits` are None for those, and where `data` had problems.
    """

    id: str
    type: str
    kind: Kind | None = None
    work: Work | None = None
    limits: Limits | None = None


@dataclass(frozen=True, slots=True)
class Link:
    """An edge of the drawing, by node ids."""

    source: str
    target: str
    handle: str | None


@dataclass(frozen=True, slots=True)
class Graph:
    """All readable nodes and links in array order, links once each."""

    nodes: tuple[Node, ...]
    links: tuple[Link, ...]


def read_graph(raw: object) -> tuple[Graph, list[Problem]]:
    """The readable part of a drawing, and a problem for all that is not."""
    reader = _Reader()
    if not isinstance(raw, dict):
        reader.refuse("flow", f"expected an object with nodes and edges, came {shown(raw)}")
        return Graph((), ()), reader.problems
    nodes = reader.list_of(raw.get("nodes"), "nodes")
    edges = reader.list_of(raw.get("edges", []), "edges")
    read_nodes = [reader.node(index, node) for index, node in enumerate(nodes)]
    read_links = [reader.link(index, edge) for index, edge in enumerate(edges)]
    graph = Graph(
        nodes=tuple(node for node in read_nodes if node),
        links=tuple(dict.fromkeys(link for link in read_links if link)),
    )
    return graph, reader.problems


class _Reader:
    """Reads piece by piece and remembers what could not be read."""

    def __init__(self) -> None:
        self.problems: list[Problem] = []

    def refuse(
        self, path: str, complaint: str, nodes: tuple[str, ...] = (), code: str = "bad_shape"
    ) -> None:
        self.problems.append(Problem(code, f"{path}: {complaint}", nodes))

    def list_of(self, value: object, path: str) -> list[object]:
        if isinstance(value, list):
            return value
        self.refuse(path, f"expected a list, came {shown(value)}")
        return []

    def node(self, index: int, raw: object) -> Node | None:
        path = f"nodes[{index}]"
        if not isinstance(raw, dict):
            self.refuse(path, f"expected an object, came {shown(raw)}")
            return None
        node_id, type_, data = raw.get("id"), raw.get("type"), raw.get("data")
        if not self._is_id(node_id, f"{path}.id"):
            return None
        if type_ is None:
            type_ = "default"  # what the canvas calls a node without a type
        if not isinstance(type_, str):
            self.refuse(f"{path}.type", f"expected text, came {shown(type_)}", (node_id,))
            return None
        node = Node(id=node_id, type=type_)
        if not self._is_fit({"type": type_, "data": data}, path, (node_id,)):
            return replace(node, kind=_kind_of(type_))
        return self._with_work(node, data, f"{path}.data")

    def _with_work(self, node: Node, data: object, path: str) -> Node:
        kind = _kind_of(node.type)
        if kind is None:
            return node
        if not isinstance(data, dict | None):
            self.refuse(path, f"expected an object, came {shown(data)}", (node.id,))
            return replace(node, kind=kind)
        ours = spelled(data or {})
        work = self._model(WORKS[kind], ours, path, node.id)
        limits = self._model(Limits, ours, path, node.id)
        return replace(node, kind=kind, work=work, limits=limits)

    def _model(self, model: type[M], data: dict[str, JSON], path: str, node: str) -> M | None:
        try:
            return model.model_validate(data)
        except ValidationError as error:
            for detail in error.errors():
                where = path + "".join(
                    f"[{key}]" if isinstance(key, int) else f".{key}" for key in detail["loc"]
                )
                absent = detail["type"] == "missing"
                expected = "a value" if absent else _expected(detail["msg"])
                came = "nothing" if absent else shown(detail["input"])
                code = "missing_template" if where == f"{path}.template" and absent else "bad_shape"
                self.refuse(where, f"expected {expected}, came {came}", (node,), code)
        return None

    def link(self, index: int, raw: object) -> Link | None:
        path = f"edges[{index}]"
        if not isinstance(raw, dict):
            self.refuse(path, f"expected an object, came {shown(raw)}")
            return None
        source, target, handle = raw.get("source"), raw.get("target"), raw.get("sourceHandle")
        names = tuple(end for end in (source, target) if isinstance(end, str) and is_text(end))
        handles = {"sourceHandle": handle, "targetHandle": raw.get("targetHandle")}
        for key, value in handles.items():
            if not isinstance(value, str | None):
                self.refuse(f"{path}.{key}", f"expected text or null, came {shown(value)}", names)
                return None
        if not self._is_fit(handles, path, names):
            return None
        if self._is_id(source, f"{path}.source") and self._is_id(target, f"{path}.target"):
            return Link(source, target, handle or None)
        return None

    def _is_id(self, value: object, path: str) -> TypeGuard[str]:
        if not isinstance(value, str):
            self.refuse(path, f"expected text, came {shown(value)}")
        elif not value:
            self.refuse(path, "expected text, came empty text")
        elif len(value) > LONGEST_ID:
            self.refuse(path, f"expected at most {LONGEST_ID:,} characters, came {len(value):,}")
        else:
            return self._is_fit(value, path, ())
        return False

    def _is_fit(self, value: object, path: str, names: tuple[str, ...]) -> bool:
        found = list(unfit(value, path))
        for spot in found:
            self.refuse(spot.path, spot.complaint, names, spot.code)
        return not found


def _kind_of(type_: str) -> Kind | None:
    return next((kind for kind in WORKS if kind == type_), None)


def _expected(message: str) -> str:
    return message.removeprefix("Input should be ")
