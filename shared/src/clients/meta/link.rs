//! Whether an ad account can be linked: it is there, and the token that shall read it can.

use serde::Serialize;

use super::{AccountFacts, App, Class, Meta, MetaError, tokens::Inspection};

/// Most digits of an account's number.
const DIGITS_MAX: usize = 32;

/// What was found out about an account that somebody wants to link.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, schemars::JsonSchema)]
pub struct LinkCheck {
    /// Whether it looks like an account at all; nothing else was asked when not.
    pub valid_format: bool,
    /// Whether Meta knows it. `false` too when Meta did not say.
    pub exists: bool,
    /// Whether its ads can be read. An account without ads can be read.
    pub can_read_ads: bool,
    /// Whether its numbers can be read.
    pub can_read_insights: bool,
    /// Whether it is among the token's accounts, and its ads or its numbers can be read.
    pub has_access: bool,
    /// What Meta calls it.
    pub name: Option<String>,
    /// The account, as `act_` and digits.
    pub meta_ad_account_id: Option<String>,
    /// What is the matter, for programs.
    pub reason_code: ReasonCode,
    /// What is the matter, for people.
    pub error: Option<String>,
}

/// What is the matter with an account.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ReasonCode {
    /// Nothing.
    Ok,
    /// It is no account.
    InvalidFormat,
    /// Meta does not know it, or does not show it to this token.
    NotFound,
    /// The token may not read it.
    NoAccess,
    /// Meta wants fewer calls: ask again later.
    RateLimited,
    /// Meta answered with another error, or not at all.
    SdkError,
}

/// A check, and what was learned on the way.
#[derive(Clone, Debug)]
pub struct Checked {
    /// The check.
    pub check: LinkCheck,
    /// The account, when it exists.
    pub account: Option<AccountFacts>,
    /// The token, when it was looked into.
    pub inspection: Option<Inspection>,
}

impl Checked {
    /// A check by which nothing was learned.
    #[must_use]
    pub fn unknown(check: LinkCheck) -> Self {
        Self {
            check,
            account: None,
            inspection: None,
        }
    }
}

impl LinkCheck {
    /// The account as Meta writes it: `act_` and digits.
    ///
    /// # Errors
    /// The check of what is no account.
    pub fn format(text: &str) -> Result<String, Box<Self>> {
        let text = text.trim();
        let digits = text.strip_prefix("act_").unwrap_or(text);
        let is_number = digits.bytes().all(|byte| byte.is_ascii_digit());
        if is_number && (1..=DIGITS_MAX).contains(&digits.len()) {
            return Ok(format!("act_{digits}"));
        }
        Err(Box::new(Self {
            valid_format: false,
            meta_ad_account_id: None,
            ..Self::because(
                "",
                ReasonCode::InvalidFormat,
                "an ad account is a number of up to 32 digits, with or without act_ before it",
            )
        }))
    }

    /// The check of an account that cannot be linked, as far as nothing else is known of it.
    #[must_use]
    pub fn because(account: &str, reason_code: ReasonCode, error: impl Into<String>) -> Self {
        Self {
            valid_format: true,
            exists: false,
            can_read_ads: false,
            can_read_insights: false,
            has_access: false,
            name: None,
            meta_ad_account_id: Some(account.to_owned()),
            reason_code,
            error: Some(error.into()),
        }
    }

    /// The check of an account that exists, from what came of reading its ads and its numbers.
    fn of_reads(
        account: &str,
        ads: Result<(), MetaError>,
        insights: Result<(), MetaError>,
    ) -> Self {
        let (can_read_ads, can_read_insights) = (ads.is_ok(), insights.is_ok());
        let (reason_code, error) = match (ads, insights) {
            (Ok(()), _) | (_, Ok(())) => (ReasonCode::Ok, None),
            (Err(ads), Err(insights)) => {
                let (reason, error) = worse(ads, insights);
                (reason, Some(error.to_string()))
            }
        };
        Self {
            valid_format: true,
            exists: true,
            can_read_ads,
            can_read_insights,
            has_access: reason_code == ReasonCode::Ok,
            name: None,
            meta_ad_account_id: Some(account.to_owned()),
            reason_code,
            error,
        }
    }
}

/// The error that says more: being asked to wait before being refused, that before any other.
fn worse(ads: MetaError, insights: MetaError) -> (ReasonCode, MetaError) {
    let rank = |reason| match reason {
        ReasonCode::RateLimited => 0,
        ReasonCode::NoAccess => 1,
        _ => 2,
    };
    let (of_ads, of_insights) = (reason_of_edge(&ads), reason_of_edge(&insights));
    if rank(of_insights) < rank(of_ads) {
        (of_insights, insights)
    } else {
        (of_ads, ads)
    }
}

/// What an error means that came instead of the account itself.
fn reason_of_node(error: &MetaError) -> ReasonCode {
    match (error, error.class()) {
        (_, Class::Throttled) => ReasonCode::RateLimited,
        (_, Class::Permission | Class::Auth | Class::SkipStep | Class::Blocked) => {
            ReasonCode::NoAccess
        }
        (_, Class::MissingObject) => ReasonCode::NotFound,
        (MetaError::Graph(graph), _) if graph.code == 100 => ReasonCode::NotFound,
        _ => ReasonCode::SdkError,
    }
}

/// What an error means that came instead of something of an account which is there.
fn reason_of_edge(error: &MetaError) -> ReasonCode {
    match error.class() {
        Class::MissingObject => ReasonCode::NoAccess,
        Class::Throttled | Class::Permission | Class::Auth | Class::SkipStep | Class::Blocked => {
            reason_of_node(error)
        }
        _ => ReasonCode::SdkError,
    }
}

impl Meta {
    /// Looks whether this client's token can read `account`, which is `act_` and digits. At most five
    /// questions and a page for every hundred accounts of the token.
    ///
    /// With `app`, the token must be of that app, for it could not be extended otherwise.
    pub async fn check_link(&self, account: &str, app: Option<&App>) -> Checked {
        let inspected = match app {
            Some(app) => self.good_token(app).await.map(Some),
            None => Ok(None),
        };
        let inspection = match inspected {
            Ok(inspection) => inspection,
            Err((reason, error)) => {
                return Checked::unknown(LinkCheck::because(account, reason, error));
            }
        };
        let found = match self.account(account).await {
            Ok(found) => found,
            Err(error) => {
                let reason = reason_of_node(&error);
                return Checked::unknown(LinkCheck::because(account, reason, error.to_string()));
            }
        };
        let check = match self.is_listed(account).await {
            Ok(()) => {
                let (ads, insights) = (self.one_ad(account).await, self.one_row(account).await);
                LinkCheck::of_reads(account, ads, insights)
            }
            Err((reason, error)) => LinkCheck::because(account, reason, error),
        };
        Checked {
            check: LinkCheck {
                exists: true,
                name: found.name.clone(),
                ..check
            },
            account: Some(found),
            inspection,
        }
    }

    /// Whether the token is good, of our app, and may read ads.
    async fn good_token(&self, app: &App) -> Result<Inspection, (ReasonCode, String)> {
        let inspected = self.inspect(app).await;
        let seen = inspected.map_err(|error| (reason_of_edge(&error), error.to_string()))?;
        let refusal = if !seen.is_valid {
            let error = seen.error.as_deref();
            error.unwrap_or("it is not valid").to_owned()
        } else if seen.app_id.as_deref() != Some(app.id()) {
            "it was given to another app than META_APP_ID".to_owned()
        } else if !seen.may_read_ads() {
            "it has neither ads_read nor ads_management".to_owned()
        } else {
            return Ok(seen);
        };
        Err((
            ReasonCode::NoAccess,
            format!("the token cannot be used: {refusal}"),
        ))
    }

    /// A broad token can read accounts that nobody gave it on purpose: only those in its list count.
    async fn is_listed(&self, account: &str) -> Result<(), (ReasonCode, String)> {
        let listed = self.accounts().await;
        let listed = listed.map_err(|error| (reason_of_edge(&error), error.to_string()))?;
        if listed.iter().any(|it| it.id.as_deref() == Some(account)) {
            return Ok(());
        }
        let error = "the account is not among those the token was given access to";
        Err((ReasonCode::NoAccess, error.to_owned()))
    }

    async fn one_ad(&self, account: &str) -> Result<(), MetaError> {
        let parameters = [("fields", "id"), ("limit", "1")];
        self.value(&[account, "ads"], &parameters).await.map(drop)
    }

    async fn one_row(&self, account: &str) -> Result<(), MetaError> {
        let parameters = [
            ("fields", "impressions"),
            ("date_preset", "last_7d"),
            ("limit", "1"),
        ];
        self.value(&[account, "insights"], &parameters)
            .await
            .map(drop)
    }
}
