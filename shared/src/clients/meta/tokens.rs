//! Tokens: made to last longer, looked into, and what they give access to.
//!
//! No secret is in an address: what Meta's documents show as a query travels as a form.
//!
//! **Source:** Meta, "Long-lived access tokens", "Debug token", and "User ad accounts".

use std::time::Duration;

use chrono::{DateTime, Utc};
use serde_json::Value;

use super::{AccountFacts, GraphError, JSON_BYTES_MAX, Meta, MetaError, nodes::ACCOUNT_FIELDS};
use crate::config::{self, Secret};

/// The app that tokens are given to, with its secret.
#[derive(Clone, Debug)]
pub struct App {
    id: String,
    secret: Secret,
}

impl App {
    /// The app of the configuration; `None` when its id or its secret is not set.
    #[must_use]
    pub fn of(config: &config::Meta) -> Option<Self> {
        Some(Self {
            id: config.app_id.clone()?,
            secret: config.app_secret.clone()?,
        })
    }

    /// Its number.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.id
    }

    /// The token of the app itself.
    fn token(&self) -> Secret {
        Secret::new(format!("{}|{}", self.id, self.secret.expose()))
    }
}

/// A token that was given for another one.
#[derive(Clone, Debug)]
pub struct Extended {
    /// The token. The one it was given for is good until it expires.
    pub token: Secret,
    /// How long it lasts; `None`: Meta did not say, or it does not expire.
    pub lasts: Option<Duration>,
}

/// What Meta knows about a token.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Inspection {
    /// Whether it can be used.
    pub is_valid: bool,
    /// The app it was given to.
    pub app_id: Option<String>,
    /// When it expires; `None`: it does not.
    pub expires_at: Option<DateTime<Utc>>,
    /// When it was given out; Meta does not say so of every token.
    pub issued_at: Option<DateTime<Utc>>,
    /// What it may do, as in `ads_read`.
    pub scopes: Vec<String>,
    /// Why it cannot be used, in Meta's words.
    pub error: Option<String>,
}

impl Inspection {
    /// Whether ads may be read with it. **Source:** Marketing API, "Authorization".
    #[must_use]
    pub fn may_read_ads(&self) -> bool {
        let reads = |scope: &String| matches!(scope.as_str(), "ads_read" | "ads_management");
        self.scopes.iter().any(reads)
    }
}

impl Meta {
    /// A token in place of this client's that lasts longer. Has no effect on one that is younger than a
    /// day. Asking again gives another one; all of them are good.
    ///
    /// # Errors
    /// [`MetaError`], of class `Auth` when the token is no longer good. It is then as it was.
    pub async fn exchange(&self, app: &App) -> Result<Extended, MetaError> {
        let form = [
            ("grant_type", "fb_exchange_token"),
            ("client_id", &app.id),
            ("client_secret", app.secret.expose()),
            ("fb_exchange_token", self.token.expose()),
        ];
        let answer = self
            .confide(&["oauth", "access_token"], None, &form)
            .await?;
        let token = answer.get("access_token").and_then(Value::as_str);
        let token = token.filter(|token| !token.is_empty());
        let seconds = answer.get("expires_in").and_then(Value::as_u64);
        Ok(Extended {
            token: Secret::new(token.ok_or(MetaError::Shape {
                what: "an exchange of tokens",
            })?),
            lasts: seconds.filter(|it| *it > 0).map(Duration::from_secs),
        })
    }

    /// What Meta knows about this client's token.
    ///
    /// # Errors
    /// [`MetaError`]; a token that is no good is not one, but [`Inspection::is_valid`] says so.
    pub async fn inspect(&self, app: &App) -> Result<Inspection, MetaError> {
        // A form that asks for what a GET would, so that the token is in no address.
        let form = [("method", "GET"), ("input_token", self.token.expose())];
        let asker = app.token();
        let answer = self.confide(&["debug_token"], Some(&asker), &form).await?;
        let data = answer.get("data").filter(|data| data.is_object());
        data.map(inspection).ok_or(MetaError::Shape {
            what: "the inspection of a token",
        })
    }

    /// What Meta calls whoever the token was given to.
    ///
    /// # Errors
    /// [`MetaError`]; nothing is known then.
    pub async fn user_name(&self) -> Result<Option<String>, MetaError> {
        let me = self.value(&["me"], &[("fields", "id,name")]).await?;
        Ok(me.get("name").and_then(Value::as_str).map(str::to_owned))
    }

    /// Every ad account that the token was given access to.
    ///
    /// # Errors
    /// [`MetaError`]; nothing is known then.
    pub async fn accounts(&self) -> Result<Vec<AccountFacts>, MetaError> {
        const LIMIT: u32 = 100;
        let path = ["me", "adaccounts"];
        self.list("ad accounts", &path, &[("fields", ACCOUNT_FIELDS)], LIMIT)
            .await
    }

    /// Sends secrets as a form, without this client's own token. Passing faults are tried again.
    async fn confide(
        &self,
        path: &[&str],
        bearer: Option<&Secret>,
        form: &[(&str, &str)],
    ) -> Result<Value, MetaError> {
        let url = self.address(path)?;
        let bearer = bearer.map(Secret::expose);
        let body = self.patiently(|| self.http.submit(url.as_str(), bearer, form, JSON_BYTES_MAX));
        serde_json::from_slice(&body.await?).map_err(|_| MetaError::NotJson { status: 200 })
    }
}

fn inspection(data: &Value) -> Inspection {
    let text = |name: &str| match data.get(name) {
        Some(Value::String(text)) => Some(text.clone()),
        Some(Value::Number(number)) => Some(number.to_string()),
        _ => None,
    };
    // 0 stands for never.
    let time = |name: &str| {
        let seconds = data.get(name).and_then(Value::as_i64)?;
        DateTime::from_timestamp(seconds, 0).filter(|_| seconds > 0)
    };
    let scopes = data.get("scopes").and_then(Value::as_array);
    let scopes = scopes.into_iter().flatten().filter_map(Value::as_str);
    Inspection {
        is_valid: data.get("is_valid") == Some(&Value::Bool(true)),
        app_id: text("app_id"),
        expires_at: time("expires_at"),
        issued_at: time("issued_at"),
        scopes: scopes.map(str::to_owned).collect(),
        error: data
            .get("error")
            .map(|error| GraphError::of(error, 200).to_string()),
    }
}
