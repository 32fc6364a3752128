"""How often a call was made before: what `times=` in a marker counts by."""

from collections import OrderedDict
from collections.abc import Sequence

from simulator.markers.marker import Marker

MOST_KEYS = 20_000


class Attempts:
    """Calls by key; the keys not seen for longest are forgotten first."""

    def __init__(self, keys: int = MOST_KEYS) -> None:
        self._most = keys
        self._calls: OrderedDict[str, int] = OrderedDict()

    def in_force(self, markers: Sequence[Marker], request: str) -> list[Marker]:
        """Counts this call; the markers that apply to it. `request` is the key of those without."""
        counted = {marker.key or request for marker in markers if marker.times is not None}
        before = {key: self._counted(key) for key in counted}
        return [m for m in markers if m.times is None or before[m.key or request] < m.times]

    def clear(self) -> None:
        self._calls.clear()

    def _counted(self, key: str) -> int:
        before = self._calls.pop(key, 0)
        self._calls[key] = before + 1
        if len(self._calls) > self._most:
            self._calls.popitem(last=False)
        return before
