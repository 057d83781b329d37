-- Who is signed in to the console. Whoever reads a row can do nothing with it: it has the digests of the session's
-- id and of the token it was opened with, and neither itself.

create table console_sessions (
    id_sha256     bytea primary key check (length(id_sha256) = 32),
    -- A session is good for as long as this token is.
    token_sha256  bytea not null check (length(token_sha256) = 32),
    created_at    timestamptz not null,
    expires_at    timestamptz not null,
    -- Moved at most once a minute.
    last_used_at  timestamptz not null,
    constraint a_session_ends_after_its_start check (expires_at > created_at)
);
create index console_sessions_expires_at on console_sessions (expires_at);
