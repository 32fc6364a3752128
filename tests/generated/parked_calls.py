"""The calls about parked runs, by the generated client: a part of `every_call.py`."""

from __future__ import annotations

from uuid import UUID

from generated import AuthenticatedClient
from generated.api.administration import end_parked_run, list_parked_runs, release_parked_run
from generated.models import EndAnswer, EndBody, ParkedList, ReleaseAnswer, ReleaseAnswerStatus

MOST_LOOKS = 5_000


def call_parked_runs(client: AuthenticatedClient) -> None:
    """One run is parked by a fact that nobody knows: looked at again in vain, and ended."""
    run = parked(client)
    looked = release_parked_run.sync(run, client=client)
    assert isinstance(looked, ReleaseAnswer), looked
    assert looked.status is ReleaseAnswerStatus.PARKED
    body = EndBody(reason="nobody knows it")
    assert isinstance(end_parked_run.sync(run, client=client, body=body), EndAnswer)


def parked(client: AuthenticatedClient) -> UUID:
    """The run that is parked, once it is."""
    for _ in range(MOST_LOOKS):
        found = list_parked_runs.sync(client=client, limit=5)
        assert isinstance(found, ParkedList), found
        for run in found.items:
            return UUID(run.run_id)
    raise AssertionError("expected a run that is parked")
