-- What a model has refused to look at, so that the same is not asked, and paid, again. A row stays until somebody wants the
-- ad looked at anew and the same question is answered.

create table ad_classification_refusals (
    organization_id  uuid not null,
    brand_id         uuid not null,
    meta_ad_id       text not null check (meta_ad_id ~ '^[0-9]{1,32}$'),
    -- A look at pictures and text, at a video, or at a text alone.
    operation        text not null check (operation in ('light', 'video', 'copy')),
    -- As in the settings.
    model            text not null check (model <> ''),
    prompt_version   text not null check (prompt_version <> ''),
    schema_version   text not null check (schema_version <> ''),
    -- Digest of what was looked at.
    content_hash     bytea not null check (length(content_hash) = 32),
    message          text not null check (message <> ''),
    -- The local stack's stand-in refused it, which binds nobody else.
    is_of_stand_in   boolean not null,
    refused_at       timestamptz not null,
    primary key (brand_id, meta_ad_id, operation, model, prompt_version, schema_version, content_hash),
    foreign key (brand_id, organization_id) references brands (id, organization_id) on delete restrict
);

-- As every table of tenants' data: grants decide who uses it, and a tenant sees its own.
alter table ad_classification_refusals enable row level security;
create policy grants_decide on ad_classification_refusals to public using (true);
create policy a_tenant_has_its_own on ad_classification_refusals as restrictive to sundial_tenant
    using (organization_id = (select current_organization_id()));
revoke all on ad_classification_refusals from sundial_tenant;
grant select, insert, update, delete on ad_classification_refusals to sundial_tenant;
