"""The projector's metrics."""

from shared.runtime.metrics import counter, gauge, histogram

FACTS = counter("projector_facts_total", "Facts copied into Postgres.")
BATCHES = histogram("projector_batch_seconds", "Time to write one batch down.")
BEHIND = gauge(
    "projector_behind_seconds",
    "How long the oldest fact not copied has waited, or the newest copied had; 0 if none waits.",
)
CLAIMED = gauge("projector_partitions", "Partitions this projector copies.")
PARKED = gauge("projector_parked_runs", "Runs with a fact that is not understood: act on any.")
FOREIGN = counter("projector_foreign_total", "Messages in the log that are no facts of any run.")
BODIES_MISSING = counter("projector_bodies_missing_total", "Large bodies found nowhere.")
FLOWS_MISSING = counter("projector_flows_missing_total", "Flow versions found nowhere.")
OVERTAKEN = counter("projector_overtaken_total", "Batches another projector had written first.")
REDONE = counter("projector_redone_total", "Batches that met rows already there, and were merged.")
FORGOTTEN = counter("projector_forgotten_runs_total", "Finished runs that have left the log.")
DELETED = counter("projector_deleted_facts_total", "Facts deleted from the log with their runs.")
RUNS_DELETED = counter("projector_deleted_runs_total", "Runs deleted for ever, rows and all.")
OVERDUE = gauge(
    "projector_forgetting_behind_seconds",
    "How long the oldest finished run has been in the log beyond its time; 0 if none has.",
)
INERT = counter(
    "projector_inert_facts_total", "Facts deleted from the log that were of no run there."
)
