-- Which channels the reconciler has, so that the console can say which of them are set up.

create table open_channels (
    channel  text primary key check (channel in ('slack', 'email')),
    -- As of the last sweep, which was then.
    is_open  boolean not null,
    seen_at  timestamptz not null
);
revoke all on open_channels from sundial_tenant;
grant select on open_channels to sundial_tenant;
