"""One cluster for the tests that hurt nobody."""

from collections.abc import Iterator

import pytest

from tests.cluster import NatsCluster, nats_cluster


@pytest.fixture(scope="module")
def cluster() -> Iterator[NatsCluster]:
    with nats_cluster() as started:
        yield started
