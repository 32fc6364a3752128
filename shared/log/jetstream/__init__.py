"""The log on NATS JetStream.

connection   one connection to NATS and its disturbances
lean         its client, and what of it is ours: parser, breath
hearing      messages handled where they are read
publisher    appends, deltas, acks: sent in order, answered later
direct       reading by Direct Get and from the leader; gathering reads for many at once
history      what is recorded of a run, as fresh as it has to be
pull         standing pulls on consumers: partitions, queues, firings
replay       a partition from a position on
live         republished facts
bodies       large bodies and flows; chunks reads them
claims       what was said first under a key
deletion     entries deleted by sequence
presence     who is there; question asks one of them
oversight    what waits, and who is there
log          the port, put together
"""

from shared.log.jetstream.log import JetStreamLog, connect

__all__ = ["JetStreamLog", "connect"]
