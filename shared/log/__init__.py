"""The log: the only truth about runs that live.

port        what can be asked of it
subjects    the identity of a fact, as text
declared    the streams, consumers and buckets it needs, as data
provision   creates them
jetstream   the log on NATS JetStream
memory      its twin in memory, for simulation
"""

from shared.log.jetstream import connect
from shared.log.port import AlreadyRecorded, Appended, Entry, Gap, History, Live, Log

__all__ = ["AlreadyRecorded", "Appended", "Entry", "Gap", "History", "Live", "Log", "connect"]
