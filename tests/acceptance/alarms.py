"""Every alert of deploy/alerts.yml, brought about on a real installation under a real Prometheus.

    python -m tests.acceptance.alarms            all of them, a quarter of an hour
    python -m tests.acceptance.alarms workers    the troubles whose names have this in them

Durations are divided by `prometheus.HASTE`, thresholds are as they stand. Prints after how long
each alert fires, and after how long it is over once the trouble is mended; exits with 1 if one
does not fire, or one fires while all is well.
"""

from __future__ import annotations

import asyncio
import sys
from functools import partial
from time import monotonic

import yaml

from tests.acceptance.installation import SERVICES, installation
from tests.acceptance.prometheus import prometheus
from tests.acceptance.troubles import LOG_BYTES, OFTEN, TROUBLES, Scene, Trouble, agent, nothing
from tests.architecture.source import ROOT
from tests.eventually import eventually
from tests.simulation.virtual import passes

WELL_SECONDS = 60.0


def say(text: str) -> None:
    """One line, at once."""
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def declared() -> set[str]:
    """The names of all alerts."""
    read = yaml.safe_load((ROOT / "deploy/alerts.yml").read_text())
    return {rule["alert"] for group in read["groups"] for rule in group["rules"]}


async def _try(scene: Scene, trouble: Trouble) -> bool:
    """Whether all alerts fired that must."""
    say(f"\n{trouble.name}")
    scene.keep(lambda: scene.run(agent("words=5 rate=0")), 0.5)
    seen: set[str] = set()
    began = monotonic()
    await trouble.begin(scene)
    missing = []
    for name in trouble.alerts:
        try:
            await eventually(partial(_fires, scene, name, seen), every=OFTEN)
        except AssertionError:
            missing.append(name)
            say(f"  {name} does not fire")
        else:
            say(f"  {name} fires, {monotonic() - began:.0f} s after the beginning")
    await scene.stop()
    mended = monotonic()
    await trouble.mend(scene)
    await eventually(lambda: _is_quiet(scene, seen, trouble), every=OFTEN)
    say(
        f"  over {monotonic() - mended:.0f} s after the mending; besides fired: "
        f"{', '.join(sorted(seen - set(trouble.alerts))) or 'none'}"
    )
    return not missing


async def _fires(scene: Scene, name: str, seen: set[str]) -> bool:
    firing = await scene.watch.firing()
    seen |= firing
    return name in firing


async def _is_quiet(scene: Scene, seen: set[str], trouble: Trouble) -> bool:
    firing = await scene.watch.firing()
    seen |= firing
    left = {"PenstockStoreFilling"} if trouble.mend is nothing else set()
    return firing <= left


async def _is_well(scene: Scene) -> bool:
    """No alert fires under an ordinary load."""
    await eventually(lambda: _is_quiet(scene, set(), TROUBLES[0]), every=OFTEN)
    scene.keep(lambda: scene.run(agent("words=20 rate=40/s")), 0.2)
    seen: set[str] = set()
    began = monotonic()
    while monotonic() - began < WELL_SECONDS:
        seen |= await scene.watch.firing()
        await passes(OFTEN)
    await scene.stop()
    say(f"all is well for {WELL_SECONDS:.0f} s: fired {', '.join(sorted(seen)) or 'none'}")
    return not seen


async def measure(chosen: str) -> bool:
    """Whether everything fired that must, and nothing that must not."""
    troubles = [trouble for trouble in TROUBLES if chosen in trouble.name]
    async with (
        installation(LOG_BYTES) as made,
        prometheus(made.monitors) as watch,
        made.client() as client,
    ):
        scene = Scene(made, watch, client)
        await eventually(lambda: watch.is_scraping(len(SERVICES)))
        good = await _is_well(scene)
        for trouble in troubles:
            good &= await _try(scene, trouble)
    untried = declared() - {name for trouble in TROUBLES for name in trouble.alerts}
    say(f"\nnot tried: {', '.join(sorted(untried)) or 'none'}")
    return good and not untried


def main() -> None:
    """Tries them. Raises: SystemExit, 1 if an alert is not as it should be."""
    chosen = sys.argv[1] if len(sys.argv) > 1 else ""
    sys.exit(0 if asyncio.run(measure(chosen)) else 1)


if __name__ == "__main__":
    main()
