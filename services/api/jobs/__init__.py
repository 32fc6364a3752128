"""Jobs: what is done to many runs, by whichever api has time for it."""

from services.api.jobs import calls

CALLS = calls.CALLS
