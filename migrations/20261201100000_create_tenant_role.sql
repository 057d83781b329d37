-- Whoever looks at the rows of one organisation alone takes this role for the length of a transaction. It cannot log in,
-- and it may do nothing but what later migrations grant it, table by table.
--
-- Roles belong to the whole server, so another database of it may have made this one, or an administrator, where the
-- login that migrates may not.

do $$
begin
    if not exists (select from pg_roles where rolname = 'sundial_tenant') then
        create role sundial_tenant nologin;
    end if;
exception
    when duplicate_object or unique_violation then null;
    when insufficient_privilege then
        raise exception 'the login % may not create the role sundial_tenant: an administrator says, once for the server, %',
            current_user, format('create role sundial_tenant nologin; grant sundial_tenant to %I', current_user);
end
$$;

do $$
declare
    may_take_it boolean;
begin
    -- A superuser may take every role. From version 16 on, members may be kept from it.
    if current_setting('server_version_num')::integer >= 160000 then
        may_take_it := pg_has_role('sundial_tenant', 'SET');
    else
        may_take_it := pg_has_role('sundial_tenant', 'MEMBER');
    end if;
    if not may_take_it then
        execute format('grant sundial_tenant to %I', current_user);
    end if;
exception
    when insufficient_privilege then
        raise exception 'the login % may not take the role sundial_tenant: an administrator says %',
            current_user, format('grant sundial_tenant to %I', current_user);
end
$$;

do $$
begin
    execute format('grant usage on schema %I to sundial_tenant', current_schema());
end
$$;
