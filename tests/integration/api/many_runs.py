"""Many runs begun at once, and jobs about them followed to their end."""

from typing import Any

from tests.eventually import eventually
from tests.integration.api.story import FLOW, Service

RUNS, JOBS = "/api/v1/runs", "/api/v1/jobs"


async def started(service: Service, count: int, tag: str) -> list[str]:
    entries = [{"flow": FLOW, "input": str(n), "tags": [tag]} for n in range(count)]
    answer = await service.http.post(f"{RUNS}/batch", json={"runs": entries})
    ids = [item["run_id"] for item in answer.json()["items"]]

    async def are_listed() -> bool:
        page = (await service.http.get(RUNS, params={"tags": tag, "limit": "200"})).json()
        return len(page["items"]) == count

    await eventually(are_listed)
    return ids


async def job(service: Service, answer: Any) -> dict[str, Any]:
    """The job of the answer, once it is done."""
    assert answer.status_code == 202, answer.text

    async def is_done() -> bool:
        return bool((await service.http.get(answer.headers["location"])).json()["finished_at"])

    await eventually(is_done)
    found: dict[str, Any] = (await service.http.get(answer.headers["location"])).json()
    return found
