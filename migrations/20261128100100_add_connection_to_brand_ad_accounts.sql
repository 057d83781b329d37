-- How an ad account is reached, and whether it may be asked right now.

alter table brand_ad_accounts
    -- The account's own token, encrypted; null: the installation's system user reads it.
    add column sealed_token bytea,
    -- Which key of the configuration opens it.
    add column token_key_id text,
    add column token_issued_at timestamptz,
    -- `reconnect`: the token is no longer good, and only a person can mend that.
    add column connection text not null default 'connected' check (connection in ('connected', 'reconnect')),
    add column connection_error text,
    add column account_status int,
    add column facts_read_at timestamptz,
    -- Meta asked for fewer calls: no job asks for anything of this account before then.
    add column paused_until timestamptz,
    add column pause_reason text;

-- Tokens of before were kept as plain text; none of them is taken over.
update brand_ad_accounts
   set connection = 'reconnect', connection_error = 'the account was connected before tokens were kept encrypted'
 where auth_method = 'oauth';

alter table brand_ad_accounts
    add constraint a_sealed_token_names_its_key check ((sealed_token is null) = (token_key_id is null)),
    add constraint an_oauth_account_has_a_token check (
        auth_method = 'system_user' or sealed_token is not null or connection = 'reconnect'),
    add constraint a_lost_connection_says_why check ((connection = 'reconnect') = (connection_error is not null)),
    add constraint a_pause_has_its_reason check ((paused_until is null) = (pause_reason is null));

-- Lets rows about an account's ads prove whose it is by one look instead of two.
alter table brand_ad_accounts
    add constraint an_account_has_one_owner unique (organization_id, brand_id, meta_ad_account_id);
