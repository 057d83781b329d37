-- How many requests each caller has made in its present minute. Not logged: after a crash everybody begins anew.

create unlogged table api_request_counts (
    -- SHA-256 of what the caller is known by.
    caller_sha256    bytea primary key check (length(caller_sha256) = 32),
    window_began_at  timestamptz not null,
    requests         integer not null check (requests > 0)
);
create index api_request_counts_window on api_request_counts (window_began_at);

revoke all on api_request_counts from sundial_tenant;
