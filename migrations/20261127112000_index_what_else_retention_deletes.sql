-- Ended batches and one-time jobs are deleted in small numbers: what finds them.

create index retry_batches_ended on retry_batches (ended_at) where ended_at is not null;
create index scheduled_jobs_ended_once on scheduled_jobs (created_at)
    where schedule_type = 'one_time' and status in ('completed', 'archived');
