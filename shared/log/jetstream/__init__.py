"""The log on NATS JetStream.

connection   one connection to NATS and its disturbances
publisher    appends, deltas, acks: sent in order, answered later
direct       reading by Direct Get and from the leader
pull         standing pulls on consumers: partitions, queues, firings, replay
live         republished facts
log          the port, put together
"""

from shared.log.jetstream.log import JetStreamLog, connect

__all__ = ["JetStreamLog", "connect"]
