-- Tokens of the API that people gave out. Whoever reads a row can do nothing with it: it has the token's digest, and
-- the token is 256 random bits.

create table api_tokens (
    id               uuid primary key,
    -- Whose rows it reaches; null: those of the whole installation.
    organization_id  uuid references organizations (id) on delete cascade,
    name             text not null check (name <> '' and length(name) <= 100),
    -- SHA-256.
    digest           bytea not null unique check (length(digest) = 32),
    role             text not null check (role in ('viewer', 'operator', 'admin')),
    created_by       text not null check (created_by <> ''),
    created_at       timestamptz not null,
    -- The first moment at which it is no good; a rotation moves it forward. Null: it does not end by itself.
    expires_at       timestamptz check (expires_at >= created_at),
    -- Moved at most once a minute.
    last_used_at     timestamptz,
    revoked_at       timestamptz,
    -- The token that takes its place.
    rotated_to       uuid unique references api_tokens (id) on delete set null,
    check (rotated_to <> id)
);
create index api_tokens_newest on api_tokens (created_at desc, id desc);
create index api_tokens_of_organization on api_tokens (organization_id, created_at desc, id desc);

-- As every table of tenants' data: grants decide who uses it, and a tenant sees its own.
alter table api_tokens enable row level security;
create policy grants_decide on api_tokens to public using (true);
create policy a_tenant_has_its_own on api_tokens as restrictive to sundial_tenant
    using (organization_id = (select current_organization_id()));
revoke all on api_tokens from sundial_tenant;
grant select, insert, update on api_tokens to sundial_tenant;
