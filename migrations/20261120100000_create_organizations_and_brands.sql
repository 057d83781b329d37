-- Who owns what: organizations, their brands, products and ad accounts.

create function set_updated_at() returns trigger language plpgsql as $$
begin
    new.updated_at := now();
    return new;
end
$$;

create table organizations (
    id          uuid primary key default gen_random_uuid(),
    name        text not null check (name <> ''),
    created_at  timestamptz not null default now(),
    updated_at  timestamptz not null default now()
);

create table brands (
    id               uuid primary key default gen_random_uuid(),
    organization_id  uuid not null references organizations (id) on delete restrict,
    name             text not null check (name <> ''),
    created_at       timestamptz not null default now(),
    updated_at       timestamptz not null default now(),
    -- Lets other tables prove that a brand and an organization belong together.
    unique (id, organization_id)
);
create index brands_organization_id on brands (organization_id);

create table products (
    id               uuid primary key default gen_random_uuid(),
    organization_id  uuid not null,
    brand_id         uuid not null,
    name             text not null check (name <> ''),
    created_at       timestamptz not null default now(),
    updated_at       timestamptz not null default now(),
    unique (id, brand_id),
    foreign key (brand_id, organization_id) references brands (id, organization_id) on delete restrict
);
create index products_brand_id on products (brand_id);

create table brand_ad_accounts (
    id                   uuid primary key default gen_random_uuid(),
    organization_id      uuid not null,
    brand_id             uuid not null,
    -- Normalised: the prefix and digits only.
    meta_ad_account_id   text not null check (meta_ad_account_id ~ '^act_[0-9]{1,32}$'),
    account_name         text,
    is_primary           boolean not null default true,
    auth_method          text not null default 'system_user' check (auth_method in ('system_user', 'oauth')),
    token_expires_at     timestamptz,
    connected_user_name  text,
    currency             text check (currency ~ '^[A-Z]{3}$'),
    timezone_name        text,
    created_at           timestamptz not null default now(),
    updated_at           timestamptz not null default now(),
    unique (brand_id, meta_ad_account_id),
    -- Two tenants linking one account would overwrite each other's numbers.
    unique (meta_ad_account_id),
    foreign key (brand_id, organization_id) references brands (id, organization_id) on delete restrict
);
create unique index brand_ad_accounts_one_primary on brand_ad_accounts (brand_id) where is_primary;

create trigger organizations_updated_at before update on organizations
    for each row execute function set_updated_at();
create trigger brands_updated_at before update on brands
    for each row execute function set_updated_at();
create trigger products_updated_at before update on products
    for each row execute function set_updated_at();
create trigger brand_ad_accounts_updated_at before update on brand_ad_accounts
    for each row execute function set_updated_at();
