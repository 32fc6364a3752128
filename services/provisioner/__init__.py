"""The provisioner: gives each workspace whose steps in flight are limited a queue of its own.

    table         what Postgres says: limits that are set, and which workspace has which queue
    provisioner   the loop: names for new limits, consumers as the table says, names given away

It is the only service that may create, change and delete consumers (docs/adr/0053).
"""
