-- In place of pg_net, which sends what is told here after the commit, and of Supabase's vault.
create schema net;
create table net.sent (id bigserial primary key, address text, headers jsonb, body text);
create function net.http_post(
    url text, body jsonb default '{}', params jsonb default '{}', headers jsonb default '{}', timeout_milliseconds int default 5000)
    returns bigint language sql as $$
        insert into net.sent (address, headers, body) values (url, headers, body::text) returning id
    $$;
create schema vault;
create table vault.secrets (name text, secret text);
create view vault.decrypted_secrets as select name, secret as decrypted_secret from vault.secrets;
create function vault.create_secret(new_secret text, new_name text) returns void language sql as $$
    insert into vault.secrets (name, secret) values (new_name, new_secret)
$$;
