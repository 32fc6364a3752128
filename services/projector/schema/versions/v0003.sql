-- The facts of a workspace in the order of the log, for feeds that go on from a position.
create index facts_in_order on facts (workspace, seq);
