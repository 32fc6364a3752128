"""The `penstock` command: runs and everything about them, and each part of Penstock."""
