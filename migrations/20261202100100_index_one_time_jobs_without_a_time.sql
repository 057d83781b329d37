-- What every sweep looks for: one-time jobs that were inserted past the API without their next time. All but those are
-- at work, so there are few.

create index scheduled_jobs_without_time on scheduled_jobs (id)
    where schedule_type = 'one_time' and status = 'active' and next_run_at is null;
