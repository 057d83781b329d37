//! What can go wrong while fetching, without a URL's query or a token in any message.

use std::time::Duration;

use super::guard::Refusal;

/// Why a fetch did not give its bytes.
#[derive(Debug, thiserror::Error)]
pub enum FetchError {
    /// The guard said no, to the URL itself, to a redirect or to every address of the host.
    #[error("refused to fetch: {0}")]
    Refused(#[from] Refusal),
    /// More redirects than allowed.
    #[error("more than {0} redirects")]
    TooManyRedirects(usize),
    /// A redirect without a readable `Location`.
    #[error("redirect without a location")]
    LostRedirect,
    /// An answer that is not 200.
    #[error("HTTP {status} from {host}")]
    Status {
        /// The status code.
        status: u16,
        /// Who answered.
        host: String,
    },
    /// A compressed answer although none was asked for: its size and hash would not be the medium's.
    #[error("answer is compressed although identity was asked for")]
    Compressed,
    /// More bytes than the cap, announced or received.
    #[error("larger than the cap of {bytes_max} bytes")]
    TooLarge {
        /// The cap.
        bytes_max: u64,
    },
    /// Fewer or more bytes than announced.
    #[error("received {received} of {expected} announced bytes")]
    LengthMismatch {
        /// As announced by `Content-Length`.
        expected: u64,
        /// As counted.
        received: u64,
    },
    /// Nothing came for too long.
    #[error("no {what} within {} s", limit.as_secs_f32())]
    TimedOut {
        /// What was waited for: "first byte" or "further byte".
        what: &'static str,
        /// For how long.
        limit: Duration,
    },
    /// The whole transfer took too long.
    #[error("transfer not finished at its deadline")]
    DeadlinePassed,
    /// Bytes came, but too slowly to be worth waiting for.
    #[error("slower than {bytes_per_second_min} bytes/s")]
    TooSlow {
        /// The lowest rate accepted.
        bytes_per_second_min: u64,
    },
    /// The HTTP client could not be made: the machine's TLS roots cannot be read.
    #[error("opening the HTTP client")]
    NoClient(#[source] reqwest::Error),
    /// The connection failed or broke.
    #[error("exchange with {host} broke")]
    Broken {
        /// The other side.
        host: String,
        /// What the HTTP client said, its URL removed.
        #[source]
        source: reqwest::Error,
    },
}

impl FetchError {
    /// Sorts an error of the HTTP client: a refused address is ours, a passed connect limit is a time-out.
    pub(super) fn from_client(error: reqwest::Error, host: &str) -> Self {
        match refusal_within(&error) {
            Some(refusal) => Self::Refused(refusal),
            None => Self::Broken {
                host: host.to_owned(),
                source: error.without_url(),
            },
        }
    }
}

/// The resolver's refusal travels inside the HTTP client's error.
fn refusal_within(error: &reqwest::Error) -> Option<Refusal> {
    let mut next: Option<&(dyn std::error::Error + 'static)> = Some(error);
    while let Some(cause) = next {
        if let Some(refusal) = cause.downcast_ref::<Refusal>() {
            return Some(refusal.clone());
        }
        next = cause.source();
    }
    None
}
