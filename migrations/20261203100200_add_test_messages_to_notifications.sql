-- A message that somebody has one channel told, to see whether it arrives.

alter table notifications
    add column only_channel text check (only_channel in ('slack', 'email')),
    drop constraint notifications_kind_check,
    add constraint notifications_kind_check check (
        kind in ('dead_letter', 'unreadable', 'recovered', 'reconnect', 'expiring', 'test')),
    add constraint a_test_is_of_one_channel check ((kind = 'test') = (only_channel is not null));
-- The newest one of each channel; a later one takes its place.
create unique index notifications_one_test on notifications (organization_id, only_channel) nulls not distinct
    where kind = 'test';
