"""Hears orders to stop as they are recorded, and interrupts what they concern.

Live may lose: the heartbeat looks too.
"""

from services.agent_worker.execution import Hands
from shared.log.port import Gap, Log


async def obey(store: Log, hands: Hands, rest: str) -> None:
    """Interrupt the executions of every run for which a fact `rest` is recorded; never returns."""
    async with store.live("*", "*", rest) as feed:
        while True:
            for item in await feed.next():
                if not isinstance(item, Gap):
                    stop(hands, item.workspace, item.run)


def stop(hands: Hands, workspace: str, run: str) -> None:
    """Interrupt the executions of one run."""
    for execution in hands.of_run(workspace, run):
        execution.interrupt.fire("stopped")
