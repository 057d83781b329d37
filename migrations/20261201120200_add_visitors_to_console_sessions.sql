-- Whoever signs in with a token of the identity provider is known by what it said: no row and no setting of ours
-- knows them. Without these columns a session is of whoever has the token of its digest.

alter table console_sessions
    add column visitor_name text check (visitor_name <> ''),
    add column visitor_role text check (visitor_role in ('viewer', 'operator', 'admin')),
    -- Whose rows they reach; null: those of the whole installation.
    add column visitor_organization_id uuid references organizations (id) on delete cascade,
    add constraint a_visitor_has_a_name_and_a_role check ((visitor_name is null) = (visitor_role is null)),
    add constraint only_a_visitor_has_an_organization check (visitor_role is not null or visitor_organization_id is null);
create index console_sessions_visitor_organization_id on console_sessions (visitor_organization_id)
    where visitor_organization_id is not null;
