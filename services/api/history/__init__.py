"""Where facts are: in the log while a run lives, in Postgres afterwards."""
