-- The pages that a brand's ads lead to, and what is written there.

-- The old system had tables of some of these names; their rows stay. Nothing it judged is taken over: it kept
-- no digest of what it had looked at.
alter table if exists brand_landing_pages rename to adopted_brand_landing_pages;
alter table if exists ad_video_analysis rename to adopted_ad_video_analysis;
alter table if exists ad_creative_classifications rename to adopted_ad_creative_classifications;
alter table if exists token_usage rename to adopted_token_usage;
alter table if exists usage_limits rename to adopted_usage_limits;

create table brand_landing_pages (
    id                    uuid primary key default gen_random_uuid(),
    organization_id       uuid not null,
    brand_id              uuid not null,
    -- What is asked for, and what it is compared by: scheme, host and path.
    url                   text not null check (url <> ''),
    canonical_url         text not null check (canonical_url <> ''),
    scrape_status         text not null default 'pending'
                              check (scrape_status in ('pending', 'scraped', 'analyzed', 'failed')),
    page_title            text,
    -- {"markdown": "…", "links": […], "metadata": {…}}
    extracted_data        jsonb check (jsonb_typeof(extracted_data) = 'object'),
    content_hash          bytea check (length(content_hash) = 32),
    -- Why it could not be read the last time; what was read before stays.
    scrape_error          text,
    attempts              int not null default 0 check (attempts >= 0),
    next_attempt_at       timestamptz,
    scraped_at            timestamptz,
    awareness_level       text check (awareness_level in ('unaware', 'problem_aware', 'solution_aware', 'product_aware', 'most_aware')),
    awareness_confidence  numeric(4, 3) check (awareness_confidence between 0 and 1),
    created_at            timestamptz not null,
    updated_at            timestamptz not null default now(),
    unique (brand_id, canonical_url),
    -- Lets classifications prove that a page is their brand's.
    unique (id, brand_id),
    foreign key (brand_id, organization_id) references brands (id, organization_id) on delete restrict,
    constraint a_scraped_page_has_its_content check (
        (scrape_status in ('scraped', 'analyzed')) = (content_hash is not null)
        and (content_hash is null) = (extracted_data is null) and (content_hash is null) = (scraped_at is null)),
    constraint a_failed_page_says_why check (scrape_status <> 'failed' or scrape_error is not null),
    constraint an_analyzed_page_has_its_level check ((scrape_status = 'analyzed') = (awareness_level is not null)),
    constraint a_confidence_is_about_a_level check (awareness_confidence is null or awareness_level is not null),
    constraint only_a_page_that_failed_waits check (next_attempt_at is null or scrape_error is not null)
);
create index brand_landing_pages_unread on brand_landing_pages (brand_id, created_at) where scraped_at is null;
create index brand_landing_pages_scraped on brand_landing_pages (brand_id, scraped_at) where scraped_at is not null;
create trigger brand_landing_pages_updated_at before update on brand_landing_pages
    for each row execute function set_updated_at();
