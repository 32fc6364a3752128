"""Live runs: one subscription per watched run or workspace, however many watch it.

    source.live --heard--> Join --passed on, once, in order--> Tape --chunks--> readers
    source.read_on --------^  (after a gap, every 15 s, before the terminal fact)

source.py     where runs are read from: the log, and Postgres behind it
hub.py        the runs being watched, and the pulse that keeps readers alive or cuts them off
watch.py      one watched run: joins history and live, for as long as somebody reads
feed.py       one watched workspace: the lifecycle of all its runs, without end
living.py     which runs live, so that a feed leaves out void facts
join.py       the rule of the join, pure
opening.py    what a fresh reader is told first
tape.py       the frames passed on, in the order of the log, bounded
frames.py     facts as server-sent events, pure
departure.py  runs that are cancelled when their last reader is gone
reader.py     one reader: from its position to the end of the run
"""

from services.api.live import run_events, workspace_events

CALLS = (*run_events.CALLS, *workspace_events.CALLS)
