-- People are told of a job that was paused since its schedule cannot be read.

alter table notifications
    drop constraint notifications_kind_check,
    add constraint notifications_kind_check check (kind in ('dead_letter', 'unreadable', 'recovered')),
    drop constraint only_a_dead_letter_recovers,
    add constraint only_a_failure_recovers check (recovered_at is null or kind in ('dead_letter', 'unreadable'));
create unique index notifications_one_unreadable on notifications (scheduled_job_id)
    where kind = 'unreadable' and recovered_at is null;
