"""The four services. They meet on subjects and in Postgres, never in code."""
