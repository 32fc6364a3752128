"""The projector: copies every fact into Postgres and keeps the read model of runs there.

    intake -> batch -> (blobs) -> one transaction: positions, facts, read model

and beside it the `forgetter`, which deletes finished runs from the log.

`patches` says, purely, what facts mean for the read model; `upserts` writes that down. A batch is
applied by whoever moves the positions from where it began, so each fact is applied once.
"""
