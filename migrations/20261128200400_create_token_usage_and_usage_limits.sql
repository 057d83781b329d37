-- What models cost: reserved before each call, settled after it. And what they may cost.

create table token_usage (
    id                uuid primary key default gen_random_uuid(),
    user_id           uuid,
    organization_id   uuid not null references organizations (id) on delete restrict,
    run_id            uuid references scheduled_job_runs (id) on delete set null,
    provider          text not null check (provider in ('anthropic', 'openai', 'google', 'elevenlabs')),
    model             text not null check (model <> ''),
    tool_name         text,
    operation         text,
    input_tokens      bigint not null default 0 check (input_tokens >= 0),
    output_tokens     bigint not null default 0 check (output_tokens >= 0),
    total_tokens      bigint generated always as (input_tokens + output_tokens) stored,
    units             numeric check (units >= 0),
    unit_type         text,
    -- Known when the call is over; until then the estimate counts.
    cost_usd          numeric(10, 6) check (cost_usd >= 0),
    reserved_usd      numeric(10, 6) not null default 0 check (reserved_usd >= 0),
    request_metadata  jsonb not null default '{}' check (jsonb_typeof(request_metadata) = 'object'),
    duration_ms       bigint check (duration_ms >= 0),
    created_at        timestamptz not null,
    settled_at        timestamptz,
    constraint a_settled_call_has_its_cost check ((settled_at is null) = (cost_usd is null)),
    constraint units_have_their_type check ((units is null) = (unit_type is null))
);
create index token_usage_month on token_usage (organization_id, created_at) include (cost_usd, reserved_usd);
create index token_usage_run on token_usage (run_id) where run_id is not null;

create table usage_limits (
    id               uuid primary key default gen_random_uuid(),
    organization_id  uuid not null references organizations (id) on delete restrict,
    limit_type       text not null check (limit_type in ('monthly_tokens', 'monthly_cost', 'daily_ads', 'daily_requests')),
    -- Tokens, US dollars, ads or requests.
    limit_value      numeric not null check (limit_value >= 0),
    period           text not null check (period in ('daily', 'monthly')),
    -- The share of the limit at which people are told.
    alert_threshold  numeric not null default 0.8 check (alert_threshold > 0 and alert_threshold <= 1),
    enabled          boolean not null default true,
    created_at       timestamptz not null default now(),
    updated_at       timestamptz not null default now(),
    unique (organization_id, limit_type),
    constraint a_limit_has_the_period_it_names check ((limit_type like 'monthly%') = (period = 'monthly'))
);
create trigger usage_limits_updated_at before update on usage_limits
    for each row execute function set_updated_at();
