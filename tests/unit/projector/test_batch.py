"""Reading entries: what is stored, what is applied, what is set apart."""

from datetime import UTC, datetime

import pytest

from services.projector.batch import BlobName, read
from shared.log.port import Entry
from shared.log.subjects import address_of, rest_of
from shared.run import facts as f
from shared.run.content import Blob
from shared.run.wire import encode
from tests.contract.story import Story

NOW = datetime(2026, 11, 22, tzinfo=UTC)
RUN = "019e0000-0000-7000-8000-000000000001"
run = Story("acme", RUN)


def entry(fact: f.Lifecycle, sequence: int = 1) -> Entry:
    """The fact as the log would hold it."""
    return Entry(sequence, address_of(fact), rest_of(fact), encode(fact, NOW.isoformat()), NOW)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"{}",
        b"not JSON",
        b'{"type":"run.started","version":2}',
        b'{"type":"run.paused","version":1}',
        b"\xff\x00",
        b'{"type":"run.cancel_requested","reason":"\\ud800"}',
    ],
)
def test_what_is_not_understood_parks_its_run_and_is_stored_all_the_same(data: bytes) -> None:
    strange = entry(run.started(), 2)._replace(data=data)
    batch = read([entry(run.requested()), strange, entry(run.finished(), 3)], parked=())
    assert batch.told[RUN].run.last_seq == 1
    assert [each.sequence for each in batch.told_of({RUN})] == [1]
    assert [each.sequence for each in batch.entries] == [1, 2, 3]
    assert len(batch.types) == 3
    assert batch.parked[RUN].sequence == 2
    assert "\0" not in batch.parked[RUN].reason


def test_facts_of_a_parked_run_are_stored_and_not_applied() -> None:
    batch = read([entry(run.requested())], parked={RUN})
    assert (len(batch.entries), batch.told, batch.parked) == (1, {}, {})


@pytest.mark.parametrize("stranger", ["run-1", RUN.upper(), "*", RUN + "\n"])
def test_an_entry_whose_run_has_no_place_is_set_apart(stranger: str) -> None:
    batch = read([entry(Story("acme", stranger).requested()), entry(run.requested())], parked=())
    assert [each.address.run for each in batch.foreign] == [stranger]
    assert [each.address.run for each in batch.entries] == [RUN]


def test_large_bodies_are_named_wherever_a_fact_may_hold_one() -> None:
    blobs = [Blob(blob=letter * 64, size_bytes=9) for letter in "abc"]
    facts: list[f.Lifecycle] = [
        run.requested().model_copy(update={"input": blobs[0]}),
        run.turn().model_copy(update={"content": blobs[1]}),
        run.completed().model_copy(update={"output": blobs[2]}),
        run.finished(),
    ]
    batch = read(map(entry, facts), parked=())
    assert batch.blobs == {BlobName("acme", RUN, blob.blob) for blob in blobs}
