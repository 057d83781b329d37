-- People whom the identity provider vouched for, as they were when they came last. A row lets nobody in: a token does.
create table members (
    id               uuid primary key,
    -- SHA-256 of the issuer and of what it calls them.
    sha256           bytea not null unique check (length(sha256) = 32),
    -- Whose rows they reach; null: those of the whole installation.
    organization_id  uuid references organizations (id) on delete cascade,
    name             text not null check (name <> ''),
    role             text not null check (role in ('viewer', 'operator', 'admin')),
    first_seen_at    timestamptz not null,
    -- Moved at most once a minute.
    last_seen_at     timestamptz not null check (last_seen_at >= first_seen_at)
);
create index members_newest on members (last_seen_at desc, id desc);
create index members_of_organization on members (organization_id, last_seen_at desc, id desc);

-- As every table of tenants' data: grants decide who uses it, and a tenant sees its own.
alter table members enable row level security;
create policy grants_decide on members to public using (true);
create policy a_tenant_has_its_own on members as restrictive to sundial_tenant
    using (organization_id = (select current_organization_id()));
revoke all on members from sundial_tenant;
grant select on members to sundial_tenant;
