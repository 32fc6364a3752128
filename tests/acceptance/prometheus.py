"""A real Prometheus beside an installation, with the rules of deploy/alerts.yml, in a hurry.

All durations of the rules are divided by `HASTE`, windows and `for` alike; thresholds stay. A
Prometheus on PATH is needed (Debian's package is called prometheus): it is no dependency of ours.
"""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx2
import yaml

from cli.up.port import LOOPBACK, free_port
from tests.architecture.source import ROOT
from tests.eventually import PATIENCE_SECONDS, eventually
from tests.servers import own_folder

HASTE = 20
_MILLISECONDS = {"s": 1_000, "m": 60_000, "h": 3_600_000}
_WINDOW = re.compile(r"\[(\d+)([smh])\]")


class Prometheus:
    """What it says of alerts and of expressions."""

    def __init__(self, http: httpx2.AsyncClient) -> None:
        self._http = http

    async def firing(self) -> set[str]:
        """The names of the alerts that fire now."""
        alerts = (await self._asked("alerts"))["alerts"]
        return {each["labels"]["alertname"] for each in alerts if each["state"] == "firing"}

    async def value(self, query: str) -> list[Any]:
        """The samples an expression has now."""
        found: list[Any] = (await self._asked("query", query=query))["result"]
        return found

    async def series(self, query: str, start: float, end: float, step: float) -> list[Any]:
        """An expression over time."""
        asked = {"query": query, "start": str(start), "end": str(end), "step": str(step)}
        found: list[Any] = (await self._asked("query_range", **asked))["result"]
        return found

    async def is_scraping(self, targets: int) -> bool:
        """So many processes have been asked, and have answered."""
        return len(await self.value("up == 1")) == targets

    async def _asked(self, path: str, **parameters: str) -> Any:
        answer = await self._http.get(f"/api/v1/{path}", params=parameters)
        return answer.raise_for_status().json()["data"]


def hastened(rules: str) -> str:
    """The rules with all durations divided by HASTE."""

    def duration(found: re.Match[str]) -> str:
        return f"{int(found[1]) * _MILLISECONDS[found[2]] // HASTE}ms"

    read = yaml.safe_load(rules)
    for group in read["groups"]:
        for rule in group["rules"]:
            rule["expr"] = _WINDOW.sub(lambda found: f"[{duration(found)}]", rule["expr"])
            if "for" in rule:
                rule["for"] = re.sub(r"(\d+)([smh])", duration, rule["for"])
    return str(yaml.safe_dump(read))


@asynccontextmanager
async def prometheus(monitors: Mapping[str, int]) -> AsyncIterator[Prometheus]:
    """One that asks these monitors (port by job) every second. Raises: RuntimeError without it."""
    program = shutil.which("prometheus")
    if program is None:
        raise RuntimeError("expected prometheus on PATH; on Debian: apt-get install prometheus")
    jobs = [
        {"job_name": name, "static_configs": [{"targets": [f"{LOOPBACK}:{port}"]}]}
        for name, port in monitors.items()
    ]
    every = {"scrape_interval": "1s", "scrape_timeout": "1s", "evaluation_interval": "1s"}
    port = free_port()
    with own_folder() as folder:
        (folder / "alerts.yml").write_text(hastened((ROOT / "deploy/alerts.yml").read_text()))
        config = {"global": every, "rule_files": ["alerts.yml"], "scrape_configs": jobs}
        (folder / "prometheus.yml").write_text(yaml.safe_dump(config))
        process = _started(program, folder, port)
        url = f"http://{LOOPBACK}:{port}"
        try:
            async with httpx2.AsyncClient(
                base_url=url, trust_env=False, timeout=PATIENCE_SECONDS
            ) as http:
                await eventually(lambda: _answers(http))
                yield Prometheus(http)
        finally:
            process.terminate()
            process.wait(timeout=PATIENCE_SECONDS)


def _started(program: str, folder: Path, port: int) -> subprocess.Popen[bytes]:
    arguments = (
        f"--config.file={folder / 'prometheus.yml'}",
        f"--storage.tsdb.path={folder / 'data'}",
        f"--web.listen-address={LOOPBACK}:{port}",
    )
    with (folder / "output").open("wb") as output:
        return subprocess.Popen((program, *arguments), stdout=output, stderr=output)


async def _answers(http: httpx2.AsyncClient) -> bool:
    try:
        return (await http.get("/-/ready")).status_code == 200
    except httpx2.HTTPError:
        return False
