-- What of the notifications somebody has read.

create table notification_reads (
    id               uuid primary key default gen_random_uuid(),
    -- SHA-256 of their token, or of what the identity provider calls them.
    reader_sha256    bytea not null check (length(reader_sha256) = 32),
    -- Whose rows they reach; null: those of the whole installation.
    organization_id  uuid references organizations (id) on delete cascade,
    -- Null: all that had happened by then.
    notification_id  uuid references notifications (id) on delete cascade,
    -- A notification that happens once more after that is unread again.
    read_at          timestamptz not null,
    unique nulls not distinct (reader_sha256, organization_id, notification_id)
);
create index notification_reads_of_notification on notification_reads (notification_id) where notification_id is not null;
create index notification_reads_of_organization on notification_reads (organization_id) where organization_id is not null;

-- What happened last, for the count of what is unread.
create index notifications_latest on notifications (coalesce(last_occurred_at, created_at));

-- As every table of tenants' data: grants decide who uses it, and a tenant sees its own.
alter table notification_reads enable row level security;
create policy grants_decide on notification_reads to public using (true);
create policy a_tenant_has_its_own on notification_reads as restrictive to sundial_tenant
    using (organization_id = (select current_organization_id()));
revoke all on notification_reads from sundial_tenant;
grant select, insert, update, delete on notification_reads to sundial_tenant;
