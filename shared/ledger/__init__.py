"""The ledger: what Postgres knows of runs, for reading. The projector writes it.

pool       connections, and waiting for a database of the right schema
runs       runs, newest first, with the statuses people read
steps      steps, their inputs and their attempts
usage      what runs used, and what that costs
facts      the cold tier: facts as they stood in the log, large bodies, positions
lifecycle  the same by workspace, in the order of the log
"""
