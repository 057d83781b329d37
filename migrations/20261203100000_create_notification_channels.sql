-- What of the notifications reaches which channel of whom. Where the channels are, settings of the installation say.

create table notification_channels (
    id               uuid primary key default gen_random_uuid(),
    -- Whose notifications; null: the platform's own.
    organization_id  uuid references organizations (id) on delete cascade,
    channel          text not null check (channel in ('slack', 'email')),
    is_on            boolean not null,
    -- What is less severe is not sent.
    least_severity   text not null check (least_severity in ('info', 'warning', 'error')),
    kinds_left_out   text[] not null check (
        kinds_left_out <@ array ['dead_letter', 'unreadable', 'recovered', 'reconnect', 'expiring']),
    -- None: those that the installation's settings name.
    recipients       text[] not null check (cardinality(recipients) <= 50),
    updated_at       timestamptz not null,
    updated_by       text not null,
    unique nulls not distinct (organization_id, channel),
    constraint only_email_has_recipients check (channel = 'email' or cardinality(recipients) = 0)
);

-- As every table of tenants' data: grants decide who uses it, and a tenant sees its own.
alter table notification_channels enable row level security;
create policy grants_decide on notification_channels to public using (true);
create policy a_tenant_has_its_own on notification_channels as restrictive to sundial_tenant
    using (organization_id = (select current_organization_id()));
revoke all on notification_channels from sundial_tenant;
grant select, insert, update, delete on notification_channels to sundial_tenant;

-- What a channel does not get is decided when its turn comes, and kept: a change of the settings sends nothing that is older.
alter table notification_deliveries
    add column withheld_at timestamptz,
    add column withheld_because text check (withheld_because in ('off', 'severity', 'kind')),
    drop constraint a_delivery_is_due_or_over,
    add constraint a_delivery_is_due_or_over check (
        num_nonnulls(next_attempt_at, delivered_at, given_up_at, withheld_at) = 1),
    add constraint withholding_has_a_reason check ((withheld_at is null) = (withheld_because is null));
