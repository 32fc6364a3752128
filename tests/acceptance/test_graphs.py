"""Graphs of the shapes that are found in the wild, run as pipelines; broken ones, refused."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import pairwise, product

import pytest

from tests.acceptance.graphs import Graph, judged
from tests.stack import RunningStack

Edges = Iterable[tuple[str, str]]


def graph(name: str, edges: Edges, *alone: str) -> Graph:
    """A graph of these edges, its nodes in order of appearance, and of nodes that stand alone."""
    pairs = list(edges)
    return Graph(
        name, list(dict.fromkeys([node for pair in pairs for node in pair] + [*alone])), pairs
    )


def fork_join(width: int, rounds: int) -> Iterator[tuple[str, str]]:
    """One node, `width` beside each other, one again, and so on."""
    for at in range(rounds):
        for lane in range(width):
            yield f"join {at}", f"lane {at}.{lane}"
            yield f"lane {at}.{lane}", f"join {at + 1}"


def montage(images: int) -> Iterator[tuple[str, str]]:
    """Overlapping images: projected, compared in pairs, fitted together, corrected, added up."""
    projected = [f"mProject_{n}" for n in range(images)]
    for n, pair in enumerate(pairwise(projected)):
        yield from ((each, f"mDiffFit_{n}") for each in pair)
        yield f"mDiffFit_{n}", "mConcatFit"
    yield "mConcatFit", "mBgModel"
    for n, each in enumerate(projected):
        yield from (("mBgModel", f"mBackground_{n}"), (each, f"mBackground_{n}"))
        yield f"mBackground_{n}", "mAdd"
        yield f"mBackground_{n}", "mImgtbl"
    yield from (("mImgtbl", "mAdd"), ("mAdd", "mViewer"))


def history(commits: int) -> Iterator[tuple[str, str]]:
    """A chain with a branch at every seventh commit, like the history of a repository."""
    trunk = 0
    for at in range(1, commits):
        yield f"commit {trunk}", f"commit {at}"
        trunk = trunk if at % 7 == 0 else at


CHAIN = [("a", "b"), ("b", "c"), ("c", "d")]
WHOLE = [
    graph("fork-join", fork_join(3, 3)),
    graph("montage", montage(11)),
    graph("history", history(463)),
    graph("from every one to every other", product("abcdefg", "tuvwxyz"), "nobody"),
    graph(
        "names",
        [("SplitInBatches", "读取文件"), ("读取文件", "👩‍🚀 \u202eنص"), ("{x}", "a]]b \"'")],
    ),
    graph("the same edge again", [*CHAIN, *CHAIN, ("a", "d")]),
]
BROKEN = [
    graph("cycle", [*CHAIN, ("d", "b"), ("c", "out")]),
    graph("two cycles and a way between", [("a", "b"), ("b", "a"), ("b", "x"), ("x", "c"),
                                           ("c", "d"), ("d", "c")]),
    graph("self-loop", [*CHAIN, ("b", "b")]),
    Graph("dangling edge", ["a", "b"], [("a", "b"), ("b", "gone")]),
    Graph("duplicate ids", ["a", "b", "a", "c"], [("a", "b"), ("b", "c")]),
]  # fmt: skip


@pytest.mark.parametrize("whole", WHOLE, ids=lambda each: each.name)
async def test_every_node_runs_once_on_what_its_predecessors_said(
    stack: RunningStack, whole: Graph
) -> None:
    assert (await judged(stack, whole)).outcome == "completed"


@pytest.mark.parametrize("broken", BROKEN, ids=lambda each: each.name)
async def test_a_broken_graph_is_refused_naming_its_nodes(
    stack: RunningStack, broken: Graph
) -> None:
    assert (await judged(stack, broken)).outcome.startswith("refused")
