"""What the services agree on: flows, runs, the log, process life."""
