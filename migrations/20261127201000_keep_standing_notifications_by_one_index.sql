-- One notification of each kind of failure stands for a job, and one index says so for all kinds.

drop index notifications_one_standing;
drop index notifications_one_unreadable;
create unique index notifications_one_standing on notifications (scheduled_job_id, kind)
    where kind in ('dead_letter', 'unreadable') and recovered_at is null;
