"""A drawing as read: its nodes and links, each well shaped by itself, not yet a flow."""

from dataclasses import dataclass, replace
from typing import TypeAlias, TypeGuard, TypeVar

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from shared.flow.agents import label_of, spelled
from shared.flow.defaults import as_stored
from shared.flow.json_value import JSON, LARGEST, is_text, shown, unfit
from shared.flow.problem import Problem
from shared.flow.work import WORKS, Kind, Limits, Work

M = TypeVar("M", bound=BaseModel)
LostLink: TypeAlias = tuple[str | None, str | None]

ANYWHERE: frozenset[LostLink] = frozenset({(None, None)})
LONGEST_ID = 16_384
MOST_PROBLEMS = 20_000
MOST_ITEMS = 1_000
LISTS = frozenset({"tools", "allowed_domains", "branches", "fallbacks"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Node:
    """A node of the drawing; `kind` is None for what nobody executes.

    `type` is None where it cannot be read. `label` is what people call it. `work` and `limits` are
    None for what nobody executes, and where `data` had problems.
    """

    id: str
    type: str | None
    kind: Kind | None = None
    label: str | None = None
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
    """All readable nodes and links in array order, links once each.

    Of the others only what matters to judging these: `lost_ids` are numbers that stand where an
    id should, `has_lost_nodes` tells that a node's id cannot be guessed at all, `lost_links` are
    the ends of the unreadable links, None where an end itself cannot be read.
    """

    nodes: tuple[Node, ...] = ()
    links: tuple[Link, ...] = ()
    lost_ids: frozenset[str] = frozenset()
    has_lost_nodes: bool = False
    lost_links: frozenset[LostLink] = frozenset()


def read_graph(raw: object, *, is_stored: bool = False) -> tuple[Graph, list[Problem]]:
    """The readable part of a drawing, and a problem for all that is not."""
    reader = _Reader(is_stored)
    if not isinstance(raw, dict):
        reader.refuse("flow", f"expected an object with nodes and edges, came {shown(raw)}")
        return Graph(has_lost_nodes=True), reader.problems
    nodes = reader.list_of(raw.get("nodes"), "nodes")
    edges = reader.list_of(raw.get("edges", []), "edges")
    read_nodes = [reader.node(index, node) for index, node in enumerate(nodes or ())]
    read_links = [reader.link(index, edge) for index, edge in enumerate(edges or ())]
    graph = Graph(
        nodes=tuple(node for node in read_nodes if node),
        links=tuple(dict.fromkeys(link for link in read_links if link)),
        lost_ids=frozenset(reader.lost_ids),
        has_lost_nodes=nodes is None or read_nodes.count(None) > reader.guessed,
        lost_links=ANYWHERE if edges is None else frozenset(reader.lost_links),
    )
    return graph, reader.problems


class _Reader:
    """Reads piece by piece and remembers what could not be read."""

    def __init__(self, is_stored: bool) -> None:
        self._is_stored = is_stored
        self.problems: list[Problem] = []
        self.lost_ids: set[str] = set()
        self.lost_links: set[LostLink] = set()
        self.guessed = 0

    def refuse(
        self, path: str, complaint: str, nodes: tuple[str, ...] = (), code: str = "bad_shape"
    ) -> None:
        if len(self.problems) < MOST_PROBLEMS:
            self.problems.append(Problem(code, f"{path}: {complaint}", nodes))

    def list_of(self, value: object, path: str) -> list[object] | None:
        if isinstance(value, list):
            return value
        self.refuse(path, f"expected a list, came {shown(value)}")
        return None

    def node(self, index: int, raw: object) -> Node | None:
        path = f"nodes[{index}]"
        if not isinstance(raw, dict):
            self.refuse(path, f"expected an object, came {shown(raw)}")
            return None
        node_id, type_, data = raw.get("id"), raw.get("type"), raw.get("data")
        names = (node_id,) if self._is_id(node_id, f"{path}.id") else ()
        type_ = self._type(type_, f"{path}.type", names)
        node = self._with_work(type_, data, f"{path}.data", names)
        if isinstance(node_id, int) and not isinstance(node_id, bool) and abs(node_id) <= LARGEST:
            self.guessed += 1
            self.lost_ids.add(str(node_id))
        return replace(node, id=names[0]) if names else None

    def _type(self, value: object, path: str, names: tuple[str, ...]) -> str | None:
        if value is None:
            return "default"  # what the canvas calls a node without a type
        if not isinstance(value, str):
            self.refuse(path, f"expected text, came {shown(value)}", names)
            return None
        return value if self._is_fit(value, path, names) else None

    def _with_work(
        self, type_: str | None, data: object, path: str, names: tuple[str, ...]
    ) -> Node:
        node = Node(id="", type=type_, kind=_kind_of(type_))
        if not self._is_fit(data, path, names) or node.kind is None:
            return node
        if not isinstance(data, dict | None):
            self.refuse(path, f"expected an object, came {shown(data)}", names)
            return node
        ours = spelled(data or {})
        if self._is_stored and node.kind == "agent":
            ours = as_stored(ours)
        if not self._is_short(ours, path, names):
            return node
        work, complaints = _model(WORKS[node.kind], ours)
        limits, more = _model(Limits, ours)
        for where, (code, complaint) in {**complaints, **more, **complaints}.items():
            self.refuse(path + where, complaint, names, code)
        return replace(node, label=label_of(ours), work=work, limits=limits)

    def _is_short(self, data: dict[str, JSON], path: str, names: tuple[str, ...]) -> bool:
        """Before a model complains of each item by itself."""
        long = {k: len(v) for k, v in data.items() if k in LISTS and isinstance(v, list)}
        for key, length in long.items():
            if length > MOST_ITEMS:
                expected = f"expected at most {MOST_ITEMS:,} items, came {length:,}"
                self.refuse(f"{path}.{key}", expected, names)
        return all(length <= MOST_ITEMS for length in long.values())

    def link(self, index: int, raw: object) -> Link | None:
        path = f"edges[{index}]"
        if not isinstance(raw, dict):
            self.refuse(path, f"expected an object, came {shown(raw)}")
            self.lost_links.add((None, None))
            return None
        source, target, handle = raw.get("source"), raw.get("target"), raw.get("sourceHandle")
        names = tuple(end for end in (source, target) if isinstance(end, str) and is_text(end))
        handles = {"sourceHandle": handle, "targetHandle": raw.get("targetHandle")}
        whole = [self._is_handle(handles[key], f"{path}.{key}", names) for key in handles]
        if not all(whole):
            ends = _guess(source), _guess(target)
        else:
            ends = self._end(source, f"{path}.source"), self._end(target, f"{path}.target")
            if ends[0] is not None and ends[1] is not None:
                return Link(ends[0], ends[1], handle or None)
        self.lost_links.add(ends)
        return None

    def _end(self, value: object, path: str) -> str | None:
        return value if self._is_id(value, path) else None

    def _is_handle(self, value: object, path: str, names: tuple[str, ...]) -> bool:
        if isinstance(value, str | None):
            return self._is_fit(value, path, names)
        self.refuse(path, f"expected text or null, came {shown(value)}", names)
        return False

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


def _guess(end: object) -> str | None:
    return end if isinstance(end, str) and end and is_text(end) else None


def _kind_of(type_: str | None) -> Kind | None:
    return next((kind for kind in WORKS if kind == type_), None)


Complaints = dict[str, tuple[str, str]]


def _model(model: type[M], data: dict[str, JSON]) -> tuple[M | None, Complaints]:
    """The data as the model has it, or a code and a complaint for each path in it."""
    try:
        return model.model_validate(data), {}
    except ValidationError as error:
        return None, dict(map(_complaint, error.errors(include_url=False)))


def _complaint(detail: ErrorDetails) -> tuple[str, tuple[str, str]]:
    path = "".join(f"[{key}]" if isinstance(key, int) else f".{key}" for key in detail["loc"])
    if detail["type"] == "missing":
        code = "missing_template" if path == ".template" else "bad_shape"
        return path, (code, "expected a value, came nothing")
    expected = detail["msg"].removeprefix("Input should be ")
    return path, ("bad_shape", f"expected {expected}, came {shown(detail['input'])}")
