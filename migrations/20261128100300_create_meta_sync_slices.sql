-- What a sync has to fetch, piece by piece, and what has been fetched.

-- One question to Meta: numbers of one day, of all ads or of some. Each page is stored together with its
-- cursor, so whoever goes on after a crash asks for no page twice.
create table meta_sync_slices (
    id                  bigint generated always as identity primary key,
    -- The run that planned it; later segments and attempts work it off.
    sync_run_id         uuid not null references scheduled_job_runs (id) on delete cascade,
    meta_ad_account_id  text not null,
    -- Which numbers: an ad's own, or a breakdown of them.
    kind                text not null check (kind in ('performance', 'age_gender', 'placement')),
    date                date not null,
    -- Which ads; null: all of the account. Else {"level": "campaign", "ids": ["…"]}.
    scope               jsonb,
    -- Which fields; null: all.
    fields              text[],
    parent_id           bigint references meta_sync_slices (id) on delete cascade,
    state               text not null default 'pending'
                            check (state in ('pending', 'submitted', 'ready', 'done', 'split', 'failed')),
    -- How it is asked: at once, or by a report that is prepared for us.
    is_report           boolean not null default false,
    report_run_id       text,
    polls               int not null default 0 check (polls >= 0),
    submitted_at        timestamptz,
    -- Not before this moment.
    due_at              timestamptz,
    after_cursor        text,
    page_limit          int not null check (page_limit between 1 and 5000),
    pages               int not null default 0 check (pages >= 0),
    rows_stored         bigint not null default 0 check (rows_stored >= 0),
    rows_rejected       bigint not null default 0 check (rows_rejected >= 0),
    attempts            int not null default 0 check (attempts >= 0),
    error               text,
    created_at          timestamptz not null,
    finished_at         timestamptz,
    constraint a_report_has_its_number check (state <> 'submitted' or report_run_id is not null),
    constraint a_failed_slice_says_why check (state <> 'failed' or error is not null),
    unique nulls not distinct (sync_run_id, kind, date, scope, fields)
);
create index meta_sync_slices_open on meta_sync_slices (sync_run_id, kind, date)
    where state in ('pending', 'submitted', 'ready');
create index meta_sync_slices_parent on meta_sync_slices (parent_id) where parent_id is not null;

-- Days whose numbers are complete, as of when they were last read.
create table meta_sync_days (
    organization_id     uuid not null,
    brand_id            uuid not null,
    meta_ad_account_id  text not null,
    kind                text not null check (kind in ('performance', 'age_gender', 'placement')),
    date                date not null,
    -- Days between this one and the day it was read, in the account's time zone. 0: it was not over.
    age_days            int not null check (age_days >= 0),
    rows_stored         bigint not null check (rows_stored >= 0),
    fetched_at          timestamptz not null,
    primary key (meta_ad_account_id, kind, date),
    foreign key (brand_id, organization_id) references brands (id, organization_id) on delete restrict,
    foreign key (brand_id, meta_ad_account_id) references brand_ad_accounts (brand_id, meta_ad_account_id) on delete restrict
);
create index meta_sync_days_brand on meta_sync_days (brand_id, kind, date);
