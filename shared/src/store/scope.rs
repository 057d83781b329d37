//! Whose rows a transaction sees.

use std::borrow::Cow;

use crate::domain::OrganizationId;

/// Whose rows transactions see and write.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Scope {
    /// All of them: the installation's own work, as the reconciler's.
    #[default]
    Installation,
    /// One organisation's, and what belongs to nobody. PostgreSQL sees to it, by its policies for the role
    /// `sundial_tenant`: a statement that forgets to ask whose rows it reads finds none of others.
    Organization(OrganizationId),
}

impl Scope {
    /// The beginning of a transaction of this scope. Role and organisation end with the transaction, so that a pooler
    /// hands the connection on without them.
    pub(super) fn applied_to(self, begin: &'static str) -> Cow<'static, str> {
        match self {
            Self::Installation => Cow::Borrowed(begin),
            Self::Organization(OrganizationId(id)) => Cow::Owned(format!(
                "{begin}; set local role sundial_tenant; set local sundial.organization_id = '{id}'"
            )),
        }
    }
}
