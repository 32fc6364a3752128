"""Runs: created, read, listed, cancelled, decided."""
