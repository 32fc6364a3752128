import asyncio
from collections.abc import AsyncIterator

import pytest

from shared.errors import Rejected, Unavailable
from shared.runtime.dependency import Dependency, watching
from shared.runtime.monitor import Health
from tests.eventually import eventually


class Server:
    """Answers as it is told to."""

    def __init__(self) -> None:
        self.error: Exception | None = None
        self.is_silent = False

    async def probe(self) -> None:
        if self.is_silent:
            await asyncio.Event().wait()
        if self.error is not None:
            raise self.error


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Server:
    monkeypatch.setattr("shared.runtime.dependency.LOOK_SECONDS", 0.01)
    monkeypatch.setattr("shared.runtime.dependency.ANSWER_SECONDS", 0.05)
    return Server()


@pytest.fixture
def health() -> Health:
    health = Health()
    health.ready()
    return health


@pytest.fixture
async def dependency(server: Server, health: Health) -> AsyncIterator[Dependency]:
    async with watching(Dependency("log", health), server.probe) as watched:
        yield watched


@pytest.mark.parametrize("how", ["silent", "refusing", "unavailable"])
async def test_who_waits_for_it_is_sent_away_and_so_is_who_comes(
    server: Server, health: Health, dependency: Dependency, how: str
) -> None:
    waiting = asyncio.create_task(dependency.outcome(asyncio.Event().wait()))
    await asyncio.sleep(0)
    server.is_silent = how == "silent"
    server.error = {"refusing": OSError("refused"), "unavailable": Unavailable("gone")}.get(how)
    with pytest.raises(Unavailable, match="may have been done"):
        await waiting
    assert "log" in health.reasons
    with pytest.raises(Unavailable, match="ask again"):
        await dependency.outcome(asyncio.Event().wait())


async def test_it_is_found_again(server: Server, health: Health, dependency: Dependency) -> None:
    server.error = OSError("refused")
    await eventually(lambda: dependency.is_away)
    server.error = None
    await eventually(lambda: health.is_ready)
    dependency.require()


async def test_what_answers_and_is_unfit_is_not_away(
    server: Server, health: Health, dependency: Dependency
) -> None:
    server.error = Rejected("a newer schema")
    await eventually(lambda: health.reasons.get("log") == "a newer schema")
    assert not dependency.is_away


async def test_waits_within_waits_end_as_one(server: Server, dependency: Dependency) -> None:
    async def inner() -> None:
        async with dependency.needed():
            await dependency.outcome(asyncio.Event().wait())

    waiting = asyncio.create_task(inner())
    await asyncio.sleep(0)
    server.error = OSError("refused")
    with pytest.raises(Unavailable):
        await waiting
    assert not waiting.cancelled()


async def test_a_time_out_of_the_work_s_own_is_left_as_it_is(dependency: Dependency) -> None:
    async def work() -> None:
        raise TimeoutError

    with pytest.raises(TimeoutError):
        await dependency.outcome(work())
