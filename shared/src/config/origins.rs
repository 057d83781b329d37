//! Origins of pages, as settings name them.

use url::Url;

use super::Environment;

/// Origins as a browser names them, so that nothing else can stand in a header with them.
/// **Source:** RFC 6454, section 6.2.
pub(super) fn read(env: &mut Environment, name: &str) -> Vec<String> {
    let texts = env.list(name);
    for text in &texts {
        let url = Url::parse(text).ok();
        let is_web = |url: &&Url| matches!(url.scheme(), "http" | "https");
        let origin = url.as_ref().filter(is_web).map(Url::origin);
        let is_origin = origin.map(|it| it.ascii_serialization()).as_ref() == Some(text);
        if !is_origin || text.contains('*') {
            env.problem::<()>(format!(
                "{name} is not a list of origins like https://intranet.example.com: {text:?}"
            ));
        }
    }
    texts
}
