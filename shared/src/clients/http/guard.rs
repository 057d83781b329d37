//! Decides whether a URL handed to us by somebody else may be fetched. Pure.
//!
//! A URL is parsed once, here; the parsed value inside [`Checked`] is what gets fetched, so no second
//! parser can read it differently. Addresses are checked later, by the resolver of the client.

use url::{Host, Origin, Url};

/// The rules: which hosts may be fetched from.
#[derive(Debug, Clone)]
pub struct UrlGuard {
    allowed_hosts: Hosts,
    trusted_origins: Vec<Origin>,
}

/// Which names are allowed.
#[derive(Debug, Clone)]
enum Hosts {
    /// These and everything below them.
    Listed(Vec<String>),
    /// Every name: its addresses decide.
    Any,
}

/// A URL that passed the guard. Only the guard makes one.
#[derive(Debug, Clone)]
pub struct Checked {
    pub(super) url: Url,
    pub(super) route: Route,
}

/// How far a checked URL is trusted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Route {
    /// By its host name only: its addresses are checked as well.
    Public,
    /// By configuration: an exact origin of a local stack.
    Trusted,
}

/// Why a URL may not be fetched. None of these repeats more of the URL than its host.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// It does not parse as an absolute URL with a host.
    #[error("not a usable URL")]
    Unparsable,
    /// It holds a backslash, white space or a control character, which parsers disagree about.
    #[error("URL holds a character that parsers disagree about")]
    AmbiguousCharacter,
    /// It carries a user name or a password.
    #[error("URL carries user information")]
    UserInfo,
    /// It is not https.
    #[error("scheme is not https")]
    Scheme,
    /// It names a port other than 443.
    #[error("port is not 443")]
    Port,
    /// It names an address instead of a host.
    #[error("host is an IP address")]
    AddressLiteral,
    /// Its host is under none of the allowed suffixes.
    #[error("host is not on the allow-list: {0}")]
    Host(String),
    /// Its host resolves to nothing but forbidden addresses.
    #[error("host resolves to a forbidden address: {0}")]
    Address(String),
    /// A redirect leads from https to http.
    #[error("redirect leads from https to http")]
    Downgrade,
}

/// A guard that cannot be built from its settings.
#[derive(Debug, thiserror::Error)]
pub enum BadGuard {
    /// An allowed host is not a plain lower-case name.
    #[error("allowed host is not a plain host name: {0:?}")]
    Host(String),
    /// A trusted origin is not `scheme://host[:port]`.
    #[error("trusted origin is not scheme://host[:port]: {0:?}")]
    Origin(String),
}

impl UrlGuard {
    /// Allows `allowed_hosts` and everything below them (`fbcdn.net` allows `a.fbcdn.net`, not
    /// `evilfbcdn.net`), https on port 443 only. `trusted_origins` are exempt from the rules on scheme,
    /// port and address; they exist for local stacks and are empty in production.
    ///
    /// # Errors
    /// [`BadGuard`] names the setting that cannot be used.
    pub fn new(allowed_hosts: &[String], trusted_origins: &[String]) -> Result<Self, BadGuard> {
        Ok(Self {
            allowed_hosts: Hosts::Listed(
                allowed_hosts
                    .iter()
                    .map(|host| plain_host(host))
                    .collect::<Result<_, _>>()?,
            ),
            trusted_origins: exact_origins(trusted_origins)?,
        })
    }

    /// Allows every host that has a public address, https on port 443 only. `trusted_origins` as in
    /// [`Self::new`].
    ///
    /// # Errors
    /// [`BadGuard`] names the origin that cannot be used.
    pub fn public(trusted_origins: &[String]) -> Result<Self, BadGuard> {
        Ok(Self {
            allowed_hosts: Hosts::Any,
            trusted_origins: exact_origins(trusted_origins)?,
        })
    }

    /// Allows exactly the place a setting names: its host when that is https on 443, its origin otherwise.
    #[must_use]
    pub fn for_setting(base: &Url) -> Self {
        match base.host() {
            Some(Host::Domain(host)) if base.scheme() == "https" && base.port().is_none() => Self {
                allowed_hosts: Hosts::Listed(vec![host.to_owned()]),
                trusted_origins: Vec::new(),
            },
            _ => Self {
                allowed_hosts: Hosts::Listed(Vec::new()),
                trusted_origins: vec![base.origin()],
            },
        }
    }

    /// Allows nothing.
    #[must_use]
    pub fn closed() -> Self {
        Self {
            allowed_hosts: Hosts::Listed(Vec::new()),
            trusted_origins: Vec::new(),
        }
    }

    /// Checks an absolute URL.
    ///
    /// # Errors
    /// The [`Refusal`] that applies first.
    pub fn check(&self, text: &str) -> Result<Checked, Refusal> {
        refuse_ambiguity(text)?;
        self.check_parsed(Url::parse(text).map_err(|_| Refusal::Unparsable)?, text)
    }

    /// Checks where a redirect from `from` leads. `location` may be relative.
    ///
    /// # Errors
    /// The [`Refusal`] that applies first.
    pub fn check_redirect(&self, from: &Checked, location: &str) -> Result<Checked, Refusal> {
        refuse_ambiguity(location)?;
        let url = from.url.join(location).map_err(|_| Refusal::Unparsable)?;
        if from.url.scheme() == "https" && url.scheme() != "https" {
            return Err(Refusal::Downgrade);
        }
        self.check_parsed(url, location)
    }

    fn check_parsed(&self, url: Url, text: &str) -> Result<Checked, Refusal> {
        if !url.username().is_empty() || url.password().is_some() || authority(text).contains('@') {
            return Err(Refusal::UserInfo);
        }
        if self.trusted_origins.contains(&url.origin()) {
            return Ok(Checked {
                url,
                route: Route::Trusted,
            });
        }
        if url.scheme() != "https" {
            return Err(Refusal::Scheme);
        }
        match url.host() {
            None => return Err(Refusal::Unparsable),
            Some(Host::Ipv4(_) | Host::Ipv6(_)) => return Err(Refusal::AddressLiteral),
            Some(Host::Domain(host)) if !self.allows(host) => {
                return Err(Refusal::Host(host.to_owned()));
            }
            Some(Host::Domain(_)) => {}
        }
        if url.port_or_known_default() != Some(443) {
            return Err(Refusal::Port);
        }
        Ok(Checked {
            url,
            route: Route::Public,
        })
    }

    fn allows(&self, host: &str) -> bool {
        let Hosts::Listed(listed) = &self.allowed_hosts else {
            return true;
        };
        listed.iter().any(|allowed| {
            host.strip_suffix(allowed.as_str())
                .is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
        })
    }
}

impl Checked {
    /// The host, for messages.
    #[must_use]
    pub fn host(&self) -> &str {
        self.url.host_str().unwrap_or_default()
    }

    /// The whole address.
    #[must_use]
    pub fn url(&self) -> &Url {
        &self.url
    }

    /// Scheme, host and path. The query is left out: in a signed URL it grants access.
    #[must_use]
    pub fn without_query(&self) -> String {
        let mut url = self.url.clone();
        url.set_query(None);
        url.set_fragment(None);
        url.into()
    }
}

/// The URL parser would mend these silently; other parsers would read them differently.
fn refuse_ambiguity(text: &str) -> Result<(), Refusal> {
    let is_ambiguous = |c: char| c == '\\' || c.is_whitespace() || c.is_control();
    if text.contains(is_ambiguous) {
        Err(Refusal::AmbiguousCharacter)
    } else {
        Ok(())
    }
}

/// What stands between `//` and the path, as written. An empty user name is dropped by the parser.
fn authority(text: &str) -> &str {
    let (before, after) = text.split_once("//").unwrap_or_default();
    let is_scheme = before.is_empty() || before.ends_with(':') && !before.contains(['/', '?', '#']);
    if is_scheme {
        after.split(['/', '?', '#']).next().unwrap_or_default()
    } else {
        ""
    }
}

fn plain_host(text: &str) -> Result<String, BadGuard> {
    let is_plain = text.split('.').all(|label| {
        !label.is_empty()
            && label
                .bytes()
                .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
    });
    let is_name = matches!(Host::parse(text), Ok(Host::Domain(_)));
    if is_plain && is_name {
        Ok(text.to_owned())
    } else {
        Err(BadGuard::Host(text.to_owned()))
    }
}

fn exact_origins(texts: &[String]) -> Result<Vec<Origin>, BadGuard> {
    texts.iter().map(|text| exact_origin(text)).collect()
}

fn exact_origin(text: &str) -> Result<Origin, BadGuard> {
    let bad = || BadGuard::Origin(text.to_owned());
    let url = Url::parse(text).map_err(|_| bad())?;
    let is_bare = url.path() == "/" && url.query().is_none() && url.username().is_empty();
    let is_http = matches!(url.scheme(), "http" | "https");
    if is_bare && is_http {
        Ok(url.origin())
    } else {
        Err(bad())
    }
}

#[cfg(test)]
#[path = "guard_tests.rs"]
mod tests;
