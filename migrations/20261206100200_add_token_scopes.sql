-- Which parts of the API a token reaches; null: all of them, and the console.
alter table api_tokens
    add column scopes text[]
        check (scopes <> '{}' and scopes <@ array['jobs', 'runs', 'brands', 'notifications', 'access']);
