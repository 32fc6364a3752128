"""Markers in prompts, and the script they make together."""
