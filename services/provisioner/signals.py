"""The provisioner's metrics."""

from shared.runtime.metrics import counter, gauge

QUEUES = gauge("provisioner_queues", "Queues of limited workspaces, those that are left included.")
QUEUELESS = gauge(
    "provisioner_queueless_workspaces", "Limited workspaces for which no queue is left: act on any."
)
CHANGES = counter(
    "provisioner_changes_total", "Consumers that were created, changed or deleted.", "change"
)
