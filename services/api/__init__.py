"""The api: HTTP in front of the log and Postgres. See app.py for how a request is answered."""
