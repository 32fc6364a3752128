"""A projector that stands still is seen by the api: in health, metrics and the admin's picture."""

from signal import SIGCONT

import pytest

from shared.log.provision import provision
from shared.runtime.metrics import REGISTRY
from tests.eventually import eventually
from tests.frozen import freeze
from tests.integration.api.conftest import started
from tests.integration.api.story import Service
from tests.integration.projector.test_service import service as projector


def lag(name: str) -> float:
    """A metric of the only partition."""
    return REGISTRY.get_sample_value(f"penstock_{name}", {"partition": "0"}) or 0


async def picture(api: Service) -> dict[str, float]:
    """What the admin is shown of the only partition."""
    [partition] = (await api.http.get("/api/v1/admin/system")).json()["partitions"]
    return {name: partition[name] for name in ("behind_facts", "behind_seconds")}


async def reason(api: Service) -> str | None:
    reasons: dict[str, str] = (await api.http.get("/health/ready")).json()["reasons"]
    return reasons.get("projector")


@pytest.mark.long
async def test_a_frozen_projector_is_told_with_what_waits_for_it(
    nats_url: str, database_url: str
) -> None:
    await provision(nats_url, partitions=1, pools=("default", "local"))
    async with projector(nats_url, database_url) as frozen, started(nats_url, database_url) as api:
        await api.run()

        async def is_well() -> bool:
            nothing = {"behind_facts": 0, "behind_seconds": 0}
            return not await reason(api) and await picture(api) == nothing

        await eventually(is_well)
        freeze(frozen.pid)
        await api.run()
        assert "partition 0 stands still at 1, and 1 fact waits" in (
            await eventually(lambda: reason(api)) or ""
        )
        behind = await picture(api)
        assert behind["behind_facts"] == 1
        assert behind["behind_seconds"] > 0
        await eventually(lambda: lag("projector_lag_facts") == 1)
        assert lag("projector_lag_seconds") > 0
        # No scheduler is there: it has yet to begin both runs.
        await eventually(lambda: lag("scheduler_lag_facts") == 2)
        frozen.send_signal(SIGCONT)
        await eventually(is_well)
        await eventually(lambda: lag("projector_lag_facts") == 0)
        assert lag("projector_lag_seconds") == 0
