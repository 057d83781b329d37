with objects (rank, name, part, line) as (
    select 1, p.proname, 0, pg_get_functiondef(p.oid)
      from pg_proc p
     where p.pronamespace = 'public'::regnamespace
    union all
    select 2, c.relname, 0, format(E'\ntable %s', c.relname)
      from pg_class c
     where c.relnamespace = 'public'::regnamespace and c.relkind = 'r' and c.relname <> '_sqlx_migrations'
    union all
    select 2, c.relname, a.attnum,
           format('    %s %s%s%s', a.attname, format_type(a.atttypid, a.atttypmod),
                  case when a.attnotnull then ' not null' else '' end,
                  case when a.attidentity <> '' then ' identity'
                       when a.attgenerated <> '' then ' generated as ' || pg_get_expr(d.adbin, d.adrelid)
                       when d.adbin is not null then ' default ' || pg_get_expr(d.adbin, d.adrelid)
                       else '' end)
      from pg_class c
      join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
      left join pg_attrdef d on d.adrelid = c.oid and d.adnum = a.attnum
     where c.relnamespace = 'public'::regnamespace and c.relkind = 'r' and c.relname <> '_sqlx_migrations'
    union all
    select 2, c.relname, 10000, format('    %s %s', k.conname, pg_get_constraintdef(k.oid))
      from pg_constraint k
      join pg_class c on c.oid = k.conrelid
     where c.relnamespace = 'public'::regnamespace and c.relname <> '_sqlx_migrations' and k.contype <> 'n'
    union all
    select 2, c.relname, 20000, format('    %s', pg_get_indexdef(i.indexrelid))
      from pg_index i
      join pg_class c on c.oid = i.indrelid
     where c.relnamespace = 'public'::regnamespace and c.relname <> '_sqlx_migrations'
       and not exists (select from pg_constraint k where k.conindid = i.indexrelid)
    union all
    select 2, c.relname, 30000, format('    %s', pg_get_triggerdef(t.oid))
      from pg_trigger t
      join pg_class c on c.oid = t.tgrelid
     where c.relnamespace = 'public'::regnamespace and not t.tgisinternal
    union all
    select 2, c.relname, 40000, '    ROW LEVEL SECURITY'
      from pg_class c
     where c.relnamespace = 'public'::regnamespace and c.relkind = 'r' and c.relrowsecurity
    union all
    select 2, p.tablename, 40001,
           format('    POLICY %s AS %s FOR %s TO %s USING (%s)%s', p.policyname, p.permissive, p.cmd,
                  array_to_string(p.roles, ', '), p.qual, ' WITH CHECK (' || p.with_check || ')')
      from pg_policies p
     where p.schemaname = 'public'
    union all
    select case c.relkind when 'v' then 3 else 2 end, c.relname, 50000,
           format('    GRANT %s TO %s', string_agg(g.privilege_type, ', ' order by g.privilege_type), g.grantee)
      from information_schema.role_table_grants g
      join pg_class c on c.relnamespace = 'public'::regnamespace and c.relname = g.table_name
     where g.table_schema = 'public' and g.grantee = 'sundial_tenant'
     group by c.relkind, c.relname, g.grantee
    union all
    select 3, c.relname, 0, format(E'\nview %s%s', c.relname, ' with (' || array_to_string(c.reloptions, ', ') || ')') || E'\n' || pg_get_viewdef(c.oid)
      from pg_class c
     where c.relnamespace = 'public'::regnamespace and c.relkind = 'v'
)
select line from objects order by rank, name, part, line
