"""The log in memory: the port's second adapter, for tests and simulation.

Nothing happens but by a call or by the clock, which only moves when it is told to: the same calls,
clock moves and seed give the same facts, the same deliveries and the same faults.

    log = MemoryLog(partitions=8, pools=("default",), seed=7, faults=Faults(ack_lost=0.1))
    log.clock.advance(5)        # timers fire, silent workers' steps come again

One MemoryLog is the server: services share it. A service that dies is one whose deliveries and
feeds are closed; what it held comes again when its silence has lasted the ack time-out.
"""

from shared.log.memory.clock import Clock
from shared.log.memory.faults import Faults
from shared.log.memory.log import MemoryLog

__all__ = ["Clock", "Faults", "MemoryLog"]
