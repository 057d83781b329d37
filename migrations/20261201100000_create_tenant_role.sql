-- Who looks at the rows of one organisation alone takes this role for the length of a transaction. It cannot log in.
-- Roles belong to the whole server, so another database of it may have made this one.

do $$
begin
    create role sundial_tenant nologin;
exception
    when duplicate_object or unique_violation then null;
end
$$;

-- A superuser may take every role.
do $$
begin
    if not (select rolsuper from pg_roles where rolname = current_user) then
        execute format('grant sundial_tenant to %I', current_user);
    end if;
end
$$;

grant usage on schema public to sundial_tenant;
grant select, insert, update, delete on all tables in schema public to sundial_tenant;
alter default privileges in schema public grant select, insert, update, delete on tables to sundial_tenant;
revoke all on _sqlx_migrations from sundial_tenant;
