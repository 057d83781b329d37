//! Tokens of an older key are sealed with the newest one, so that the old key can be taken away.

use shared::{
    domain::{JobError, TokenRefreshParams},
    runtime::Run,
    store::{
        ad_accounts::{self, Access, AdAccount},
        logs::Level,
        tokens::{self, SealedToken, TokenError},
    },
};

use crate::{Clients, tally::Tally};

/// Most tokens sealed anew in one run; the next run goes on.
const TOKENS_MAX: i64 = 500;

/// Seals with the newest key what another one sealed. One that does not open is told of and left.
///
/// # Errors
/// `Retry` when the database does not answer. What was sealed anew stays so.
pub(crate) async fn reseal(
    clients: &Clients,
    run: &Run<TokenRefreshParams>,
    tally: &mut Tally,
) -> Result<(), JobError> {
    const DOING: &str = "sealing tokens with the newest key";
    let Some(key) = clients.meta.token_keys.sealing() else {
        return Ok(());
    };
    let mut tx = run.db().begin().await.map_err(JobError::retry(DOING))?;
    let accounts = ad_accounts::sealed_otherwise(&mut tx, key.id(), None, TOKENS_MAX)
        .await
        .map_err(JobError::retry(DOING))?;
    for account in &accounts {
        match anew(clients, account) {
            Ok(sealed) => {
                let is_saved = ad_accounts::reseal(&mut tx, account, &sealed)
                    .await
                    .map_err(JobError::retry(DOING))?;
                if is_saved {
                    tally.add_resealed();
                }
            }
            Err(error) => {
                let line = format!("{}: {error}", account.account);
                run.log(Level::Warn, &line);
                tally.warn(line);
            }
        }
    }
    tx.commit().await.map_err(JobError::retry(DOING))
}

fn anew(clients: &Clients, account: &AdAccount) -> Result<SealedToken, TokenError> {
    let (keys, brand) = (&clients.meta.token_keys, account.brand_id);
    let Access::Own(sealed) = &account.access else {
        return Err(TokenError::Reconnect("its token is gone".to_owned()));
    };
    let token = tokens::open(keys, sealed, brand, &account.account)?;
    tokens::seal(keys, &token, brand, &account.account)
}
