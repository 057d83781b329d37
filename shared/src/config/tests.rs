//! What is read, and what is said about what cannot be.

use super::*;

fn environment(pairs: &'static [(&str, &str)]) -> Environment {
    Environment::from_lookup(|name| {
        pairs
            .iter()
            .find(|(key, _)| *key == name)
            .map(|(_, value)| (*value).to_owned())
    })
}

#[test]
fn a_secret_comes_from_its_parameter() {
    let mut env = environment(&[("META_ACCESS_TOKEN", "of the environment")]);
    env.parameters = [
        ("DATABASE_URL", "/sundial/prod/DATABASE_URL"),
        ("META_APP_SECRET", "/sundial/prod/META_APP_SECRET"),
    ]
    .map(|(name, parameter)| (name.to_owned(), parameter.to_owned()))
    .into();
    assert_eq!(env.parameters().len(), 2);
    let url = (
        "/sundial/prod/DATABASE_URL".to_owned(),
        Secret::new("postgres://"),
    );
    let mut env = env.with_values([url].into());

    assert_eq!(env.required("DATABASE_URL"), "postgres://");
    assert_eq!(env.required("META_ACCESS_TOKEN"), "of the environment");
    assert_eq!(env.optional("META_APP_SECRET"), None);
    env.required("META_APP_SECRET");

    let problem = env.finish().unwrap_err().to_string();
    let wanted =
        "META_APP_SECRET is not set: parameter /sundial/prod/META_APP_SECRET does not exist";
    assert!(problem.contains(wanted), "{problem}");
}

#[test]
fn every_problem_is_reported_at_once() {
    let mut env = environment(&[
        ("SUNDIAL_BUS", "sundial"),
        ("META_GRAPH_URL", "graph"),
        ("META_API_VERSION", "25"),
        ("META_APP_ID", "our app"),
        ("META_TOKEN_KEYS", "2026:c2VjcmV0"),
        ("MEDIA_IMAGE_BYTES_MAX", "ten"),
        ("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "much"),
    ]);
    Core::read(&mut env);
    Meta::read(&mut env);
    Media::read(&mut env);

    let line = env.finish().unwrap_err().to_string();

    assert!(
        line.starts_with("bad environment: DATABASE_URL is not set; "),
        "{line}"
    );
    for problem in [
        "META_GRAPH_URL is not an http(s) address: \"graph\"",
        "META_API_VERSION is not like v25.0: \"25\"",
        "META_APP_ID is not a number: \"our app\"",
        "META_TOKEN_KEYS has a key that is not 32 bytes in base64",
        "ASSET_BUCKET is not set",
        "MEDIA_IMAGE_BYTES_MAX is not a whole number",
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE is not a whole number",
    ] {
        assert!(line.contains(problem), "{problem} is missing in: {line}");
    }
    assert!(!line.contains("c2VjcmV0"), "a key is a secret: {line}");
}

#[test]
fn a_good_environment_is_read() {
    let digest = "00".repeat(32);
    let mut env = Environment::from_lookup(move |name| {
        let optional = ["SUNDIAL_OIDC_", "SUNDIAL_WEBHOOK_", "SUNDIAL_EMBED_ORIGINS"];
        let is_optional = optional.map(|it| name.starts_with(it));
        (!is_optional.contains(&true)).then(|| digest.clone())
    });

    assert_eq!(Dispatcher::read(&mut env).token_digests, [[0; 32]]);
    assert!(env.finish().is_ok());
}

#[test]
fn memory_is_known_on_lambda_and_not_elsewhere() {
    let elsewhere = [("DATABASE_URL", "postgres://"), ("SUNDIAL_BUS", "sundial")];
    let lambda = ("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "512");
    let memory_mb = |pairs: &[(&'static str, &'static str)]| {
        let pairs: BTreeMap<_, _> = pairs.iter().copied().collect();
        let mut env = Environment::from_lookup(move |it| pairs.get(it).map(ToString::to_string));
        let core = Core::read(&mut env);
        env.finish().unwrap();
        core.memory_mb
    };

    assert_eq!(memory_mb(&elsewhere), None);
    assert_eq!(memory_mb(&[&elsewhere[..], &[lambda]].concat()), Some(512));
}

#[test]
fn a_secret_of_webhooks_that_is_none_is_a_problem_and_not_told() {
    let mut env = environment(&[("SUNDIAL_WEBHOOK_SECRET", "whsec_c2VjcmV0")]);
    Dispatcher::read(&mut env);

    let line = env.finish().unwrap_err().to_string();

    let wanted = "SUNDIAL_WEBHOOK_SECRET is not like whsec_ and 24 to 64 bytes";
    assert!(line.contains(wanted), "{line}");
    assert!(!line.contains("c2VjcmV0"), "{line}");
}

#[test]
fn an_empty_token_list_is_a_problem() {
    let mut env = environment(&[("SUNDIAL_API_TOKEN_SHA256", "")]);
    Dispatcher::read(&mut env);

    assert!(env.finish().is_err());
}

#[test]
fn an_origin_is_written_as_a_browser_names_it() {
    const DIGEST: &str = "0000000000000000000000000000000000000000000000000000000000000000";
    let read = |origins: &'static str| {
        let mut env = Environment::from_lookup(move |name| {
            let value = match name {
                "SUNDIAL_API_TOKEN_SHA256" => DIGEST,
                "SUNDIAL_REQUESTS_PER_MINUTE" => "0",
                "ASSET_BUCKET" => "assets",
                "SUNDIAL_EMBED_ORIGINS" => origins,
                _ => "",
            };
            Some(value.to_owned())
        });
        let origins = Dispatcher::read(&mut env).embed_origins;
        env.finish().map(|_| origins)
    };

    assert!(read("").unwrap().is_empty());
    let two = "https://a.example, http://localhost:8080";
    let told = read(two).unwrap();
    assert_eq!(told, ["https://a.example", "http://localhost:8080"]);
    for wrong in [
        "https://a.example/",
        "a.example",
        "https://a.example; script-src *",
        "file:///tmp",
        "*",
        "https://*.example",
    ] {
        let line = read(wrong).unwrap_err().to_string();
        assert!(line.contains("SUNDIAL_EMBED_ORIGINS is not"), "{line}");
    }
}

#[test]
fn an_identity_provider_is_whole_or_not_at_all() {
    let mut env = environment(&[("SUNDIAL_OIDC_AUDIENCE", "us")]);
    assert!(Oidc::read(&mut env).is_none());
    assert!(env.finish().is_ok());

    let mut env = environment(&[
        ("SUNDIAL_OIDC_ISSUER", "https://id.example.com"),
        ("SUNDIAL_OIDC_ROLE_CLAIM", "role"),
        ("SUNDIAL_OIDC_ROLES", "a=b=admin,staff=owner"),
    ]);
    let roles = Oidc::read(&mut env).unwrap().roles;
    assert_eq!(roles, [("a=b".to_owned(), "admin".to_owned())]);
    let line = env.finish().unwrap_err().to_string();
    for problem in [
        "SUNDIAL_OIDC_JWKS_URL is not set",
        "SUNDIAL_OIDC_AUDIENCE is not set",
        "SUNDIAL_OIDC_ROLE_CLAIM is not a JSON pointer",
        "SUNDIAL_OIDC_ROLES is not like staff=operator",
    ] {
        assert!(line.contains(problem), "{problem} is missing in: {line}");
    }
}

#[test]
fn channels_are_optional_and_email_is_whole_or_not_at_all() {
    let mut env = environment(&[]);
    let notify = Notify::read(&mut env);
    assert!(notify.slack_webhook.is_none() && notify.email.is_none());
    assert!(env.finish().is_ok());

    let mut env = environment(&[
        ("SUNDIAL_SLACK_WEBHOOK", "no-address"),
        ("SUNDIAL_RESEND_KEY", "re_1"),
    ]);
    Notify::read(&mut env);
    let line = env.finish().unwrap_err().to_string();
    for problem in [
        "SUNDIAL_SLACK_WEBHOOK is not an address",
        "SUNDIAL_RESEND_URL is not set",
        "SUNDIAL_EMAIL_FROM is not set",
        "SUNDIAL_EMAIL_TO is not set",
    ] {
        assert!(line.contains(problem), "{problem} is missing in: {line}");
    }
    assert!(
        !line.contains("no-address"),
        "a webhook is a secret: {line}"
    );
}

#[test]
fn a_secret_does_not_print() {
    assert_eq!(format!("{:?}", Secret::new("hunter2")), "***");
}
