//! Why an ad, or the whole run, did not get on.

use std::time::Duration;

use rust_decimal::Decimal;
use shared::{domain::JobError, store::usage::Limit};

/// Why a call did not give what was asked for, named by what happens next.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Trouble {
    /// Nothing more is done about this ad in this run.
    #[error("{kind}: {message}")]
    Ad {
        /// In a word, as in `blocked`.
        kind: &'static str,
        /// For people.
        message: String,
    },
    /// Gemini wants to be left alone for so long.
    #[error("Gemini asks for a pause of {} s", .0.as_secs())]
    Rest(Duration),
    /// It would cost more than may be spent.
    #[error("{}", said(*.by, *.left))]
    Spent {
        /// By which limit.
        by: Limit,
        /// What is left, in US dollars.
        left: Decimal,
    },
    /// The run cannot go on.
    #[error(transparent)]
    Run(#[from] JobError),
}

fn said(by: Limit, left: Decimal) -> String {
    match by {
        Limit::Run => format!(
            "the run may spend no more: {left} US dollars are left of CLASSIFICATION_RUN_USD_MAX"
        ),
        Limit::Month => format!(
            "the organization may spend no more this month: {left} US dollars are left of its limit monthly_cost"
        ),
    }
}
