-- Notifications leave for people's channels: one per standing failure of a job, and one when it is over.

alter table notifications
    add column scheduled_job_id uuid references scheduled_jobs (id) on delete cascade,
    -- How often it happened while it stood, and when last.
    add column occurrences int not null default 1 check (occurrences > 0),
    add column last_occurred_at timestamptz,
    -- When a success ended it. Set by settlements only, on dead letters only.
    add column recovered_at timestamptz,
    -- Not before this moment; null: never, as for all rows older than this column.
    add column deliver_after timestamptz,
    add constraint only_a_dead_letter_recovers check (recovered_at is null or kind = 'dead_letter');
create unique index notifications_one_standing on notifications (scheduled_job_id)
    where kind = 'dead_letter' and recovered_at is null;
create index notifications_of_job on notifications (scheduled_job_id) where scheduled_job_id is not null;
create index notifications_to_deliver on notifications (deliver_after) where deliver_after is not null;

-- One row per notification and channel, made when the notification is due.
create table notification_deliveries (
    notification_id  uuid not null references notifications (id) on delete cascade,
    channel          text not null check (channel in ('slack', 'email')),
    -- Counted when an attempt begins, so that one that was killed counts as well.
    attempts         int not null default 0 check (attempts >= 0),
    -- Null once it is over.
    next_attempt_at  timestamptz,
    last_error       text,
    delivered_at     timestamptz,
    given_up_at      timestamptz,
    created_at       timestamptz not null default now(),
    primary key (notification_id, channel),
    constraint a_delivery_is_due_or_over check (num_nonnulls(next_attempt_at, delivered_at, given_up_at) = 1),
    constraint giving_up_has_a_reason check (given_up_at is null or last_error is not null)
);
create index notification_deliveries_due on notification_deliveries (next_attempt_at)
    where next_attempt_at is not null;
