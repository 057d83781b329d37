//! Whose rows a transaction sees.

use std::borrow::Cow;

use crate::domain::OrganizationId;

/// Whose rows transactions see and write.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Scope {
    /// All of them: the installation's own work, as the reconciler's. Where the login does not see all, PostgreSQL
    /// refuses the statement, instead of showing less than there is.
    #[default]
    Installation,
    /// One organisation's, and what is everybody's to read. PostgreSQL sees to it, by its policies for the role
    /// `sundial_tenant`: a statement that forgets to ask whose rows it reads finds none of others.
    Organization(OrganizationId),
}

impl Scope {
    /// That of work of an organisation; of the platform's, where it is nobody's.
    #[must_use]
    pub fn of(organization: Option<OrganizationId>) -> Self {
        organization.map_or(Self::Installation, Self::Organization)
    }

    /// The beginning of a transaction of this scope. Role and organisation end with the transaction, so that a pooler
    /// hands the connection on without them.
    pub(super) fn applied_to(self, begin: &'static str) -> Cow<'static, str> {
        Cow::Owned(match self {
            Self::Installation => format!("{begin}; set local row_security = off"),
            Self::Organization(OrganizationId(id)) => format!(
                "{begin}; set local row_security = on; set local role sundial_tenant; \
                 set local sundial.organization_id = '{id}'"
            ),
        })
    }
}
