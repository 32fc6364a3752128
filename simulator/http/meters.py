"""What the simulator counts for Prometheus."""

from collections.abc import Iterator
from contextlib import contextmanager

from prometheus_client import CollectorRegistry, Counter, Gauge, generate_latest

from simulator.http.journal import Entry

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"


class Meters:
    """The metrics of one simulator, in a registry of their own."""

    def __init__(self) -> None:
        self._registry = CollectorRegistry()
        self._requests = Counter(
            "penstock_simulator_requests",
            "Calls of the Messages API, by how they ended.",
            ["outcome"],
            registry=self._registry,
        )
        self._chunks = Counter(
            "penstock_simulator_chunks", "Stream deltas sent.", registry=self._registry
        )
        self._open = Gauge(
            "penstock_simulator_open_requests",
            "Calls that have not ended.",
            registry=self._registry,
        )

    @contextmanager
    def call(self, entry: Entry) -> Iterator[None]:
        """Counts one call from here to the end of the block."""
        self._open.inc()
        try:
            yield
        finally:
            self._open.dec()
            self._requests.labels(entry.outcome).inc()
            self._chunks.inc(entry.chunks_sent)

    def exposition(self) -> bytes:
        return generate_latest(self._registry)
