"""The order of a graph: topological where it can be, cycles where it cannot. No recursion.

Both take `targets`: for each vertex `0..n-1` the vertices its edges lead to.
"""

from collections.abc import Iterator, Sequence
from heapq import heapify, heappop, heappush

Targets = Sequence[Sequence[int]]


def order(targets: Targets) -> list[int]:
    """The vertices so that edges lead forward, the lowest first among those free to go.

    Vertices on a cycle, or behind one, are missing. O((V + E) log V).
    Source: A. B. Kahn, Topological sorting of large networks (1962).
    """
    waits = [0] * len(targets)
    for reached in targets:
        for target in reached:
            waits[target] += 1
    free = [vertex for vertex, count in enumerate(waits) if not count]
    heapify(free)
    ordered = []
    while free:
        vertex = heappop(free)
        ordered.append(vertex)
        for target in targets[vertex]:
            waits[target] -= 1
            if not waits[target]:
                heappush(free, target)
    return ordered


def cycles(targets: Targets) -> list[list[int]]:
    """The strongly connected components of two vertices or more, each ascending. O(V + E).

    Source: R. Tarjan, Depth-first search and linear graph algorithms (1972), made iterative.
    """
    search = _Search(targets)
    for root in range(len(targets)):
        if not search.seen[root]:
            search.explore(root)
    return sorted(sorted(component) for component in search.components if len(component) > 1)


class _Search:
    """One depth-first search: `seen` numbers vertices from 1, `low` is the earliest in reach."""

    def __init__(self, targets: Targets) -> None:
        self.targets = targets
        self.seen = [0] * len(targets)
        self.low = [0] * len(targets)
        self.open: list[int] = []
        self.is_open = [False] * len(targets)
        self.components: list[list[int]] = []
        self._count = 0

    def explore(self, root: int) -> None:
        path = [self._enter(root)]
        while path:
            vertex, ahead = path[-1]
            for target in ahead:
                if not self.seen[target]:
                    path.append(self._enter(target))
                    break
                if self.is_open[target]:
                    self.low[vertex] = min(self.low[vertex], self.seen[target])
            else:
                path.pop()
                self._leave(vertex)
                if path:
                    parent = path[-1][0]
                    self.low[parent] = min(self.low[parent], self.low[vertex])

    def _enter(self, vertex: int) -> tuple[int, Iterator[int]]:
        self._count += 1
        self.seen[vertex] = self.low[vertex] = self._count
        self.open.append(vertex)
        self.is_open[vertex] = True
        return vertex, iter(self.targets[vertex])

    def _leave(self, vertex: int) -> None:
        if self.low[vertex] != self.seen[vertex]:
            return
        component: list[int] = []
        while self.is_open[vertex]:
            component.append(self.open.pop())
            self.is_open[component[-1]] = False
        self.components.append(component)
