"""One stack for all acceptance tests of a test process."""

from collections.abc import Iterator

import pytest

from tests.stack import RunningStack, running_stack


@pytest.fixture(scope="session")
def stack() -> Iterator[RunningStack]:
    """A whole stack, simulated model included."""
    with running_stack(environment={"PENSTOCK_CORS_ORIGINS": "https://pages.example"}) as running:
        yield running
