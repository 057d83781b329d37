-- What the calendar groups jobs by, in its order: it counts ten thousand jobs by their schedules without reading their rows,
-- and entries of one schedule are kept as one. It also is what due jobs are found by.
create index scheduled_jobs_schedules on scheduled_jobs
       (next_run_at, cron_expression, timezone, starts_at, ends_at, paused_until, dst_gap_policy, dst_repeat_policy, status)
 where status in ('active', 'paused');
drop index scheduled_jobs_due;

-- Whose failures can no more be retried.
create index scheduled_jobs_archived on scheduled_jobs (id) where status = 'archived';

-- No key of another table refers to it.
alter table scheduled_jobs drop constraint scheduled_jobs_id_job_type_key;
