"""Migrations in order: `vNNNN.py` names its predecessor, `vNNNN.sql` is what it does."""
