-- Who did what to runs is told in the audit from the facts themselves, newest first.
create index facts_deeds on facts (workspace, time desc)
    where type in ('run.requested', 'run.cancel_requested', 'step.decided');

-- What was done to accounts stands between these by its time.
create index audit_by_time on audit (workspace, at desc);
