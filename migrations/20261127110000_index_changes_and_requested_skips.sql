-- What an audit of a window looks for: changes since its start, and skips that were asked for ahead of
-- their fire time.

create index scheduled_job_changes_changed_at on scheduled_job_changes (changed_at);
create index scheduled_job_runs_requested on scheduled_job_runs (scheduled_for) where reason = 'requested';
