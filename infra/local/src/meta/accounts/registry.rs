//! All accounts, and where an id belongs.

use std::sync::{Arc, PoisonError, RwLock};

use super::{
    super::catalogue::{Catalogue, Type},
    ADS_MAX, Account, AccountSpec, made,
};

/// How many accounts there may be; their ids have room for three digits.
const ACCOUNTS_MAX: usize = 1000;

/// The accounts, the one made from media first.
#[derive(Debug)]
pub(in crate::meta) struct Accounts {
    list: RwLock<Vec<Arc<Account>>>,
}

impl Accounts {
    /// Begins with the account made from media.
    pub(in crate::meta) fn new(catalogue: &Catalogue) -> Self {
        Self {
            list: RwLock::new(vec![Arc::new(Account::of_media(catalogue))]),
        }
    }

    /// All accounts, in the order of their making.
    pub(in crate::meta) fn all(&self) -> Vec<Arc<Account>> {
        let list = self.list.read().unwrap_or_else(PoisonError::into_inner);
        list.clone()
    }

    /// The account with this id, prefix included.
    pub(in crate::meta) fn by_id(&self, id: &str) -> Option<Arc<Account>> {
        self.all().into_iter().find(|account| account.spec.id == id)
    }

    /// The account made from media.
    pub(in crate::meta) fn of_media(&self) -> Option<Arc<Account>> {
        self.all().into_iter().next()
    }

    /// The account, type and place that an id of an added account names.
    pub(in crate::meta) fn made(&self, id: &str) -> Option<(Arc<Account>, Type, usize)> {
        let (kind, slot, place) = made::parse(id)?;
        let account = self.all().into_iter().nth(slot).filter(|_| slot > 0)?;
        let count = match kind {
            Type::Campaign => account.campaigns.len(),
            Type::AdSet => account.ad_sets.len(),
            _ => account.ads.len(),
        };
        (place < count).then_some((account, kind, place))
    }

    /// Adds an account.
    ///
    /// # Errors
    /// When the description is out of bounds, or the id is taken.
    pub(in crate::meta) fn add(&self, spec: AccountSpec) -> anyhow::Result<()> {
        let digits = spec.id.strip_prefix("act_").unwrap_or_default();
        let is_id = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
        anyhow::ensure!(
            is_id,
            "an account's id is act_ and digits, not {:?}",
            spec.id
        );
        anyhow::ensure!(spec.ads <= ADS_MAX, "at most {ADS_MAX} ads in an account");
        let campaigns = 1..=ADS_MAX;
        anyhow::ensure!(
            campaigns.contains(&spec.campaigns),
            "1 to {ADS_MAX} campaigns"
        );
        let percents = [spec.delivery_percent, spec.inactive_percent];
        anyhow::ensure!(
            percents.iter().all(|percent| *percent <= 100),
            "a percentage is at most 100"
        );
        let mut list = self.list.write().unwrap_or_else(PoisonError::into_inner);
        anyhow::ensure!(
            list.len() < ACCOUNTS_MAX,
            "there are {ACCOUNTS_MAX} accounts"
        );
        let is_taken = list.iter().any(|account| account.spec.id == spec.id);
        anyhow::ensure!(!is_taken, "there is an account {} already", spec.id);
        let slot = list.len();
        list.push(Arc::new(Account::new(spec, slot)));
        Ok(())
    }
}
