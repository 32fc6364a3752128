"""Pages for people: what runs, one run to watch, a question to answer."""

from services.api.pages.calls import CALLS

__all__ = ["CALLS"]
