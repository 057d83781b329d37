//! How to reach Gemini, and what it costs.

use std::{collections::BTreeMap, time::Duration};

use rust_decimal::Decimal;
use url::Url;

use super::{Environment, Secret, sections::read_url};

/// How to reach the Gemini API.
#[derive(Clone, Debug)]
pub struct Gemini {
    /// `GEMINI_URL`, as in `https://generativelanguage.googleapis.com`.
    pub url: Url,
    /// `GEMINI_API_KEY`. `None`: whatever would ask Gemini fails and says why.
    pub api_key: Option<Secret>,
    /// `GEMINI_MODEL`: looks at pictures and reads texts.
    pub model: String,
    /// `GEMINI_VIDEO_MODEL`: watches videos.
    pub video_model: String,
    /// `GEMINI_PRICES`: what these models cost.
    pub prices: Prices,
    /// `GEMINI_REQUESTS_PER_MINUTE`: what the key may be used for, over all functions together.
    /// 1 to 100,000.
    pub requests_per_minute: u32,
    /// `GEMINI_REQUEST_SECONDS_MAX`: how long one request may take. 1 s to 15 min, after which
    /// Lambda stops every function. **Source:** AWS, "Lambda quotas".
    pub request_max: Duration,
}

impl Gemini {
    /// Reads the `GEMINI_…` variables. Each of the two models needs a price.
    pub fn read(env: &mut Environment) -> Self {
        let url = read_url(env, "GEMINI_URL");
        let [model, video_model] = ["GEMINI_MODEL", "GEMINI_VIDEO_MODEL"].map(|name| {
            let model = env.required(name);
            if !model.is_empty() && !is_model(&model) {
                env.problem::<()>(format!("{name} is not the name of a model: {model:?}"));
            }
            model
        });
        let prices = Prices::read(env);
        for (name, model) in [
            ("GEMINI_MODEL", &model),
            ("GEMINI_VIDEO_MODEL", &video_model),
        ] {
            if !model.is_empty() && prices.of(model).is_none() {
                env.problem::<()>(format!(
                    "{PRICES} has no price of {model}, which {name} names: add {model}=input/output"
                ));
            }
        }
        let requests = env.number("GEMINI_REQUESTS_PER_MINUTE", 1..=100_000);
        let seconds = env.number("GEMINI_REQUEST_SECONDS_MAX", 1..=900);
        Self {
            url,
            api_key: env.optional("GEMINI_API_KEY").map(Secret::new),
            model,
            video_model,
            prices,
            requests_per_minute: u32::try_from(requests).unwrap_or(1),
            request_max: Duration::from_secs(seconds),
        }
    }
}

impl Gemini {
    /// Whether the local stack's stand-in is asked, whose key is its name.
    #[must_use]
    pub fn is_stand_in(&self) -> bool {
        self.api_key
            .as_ref()
            .is_some_and(|key| key.expose() == "stand-in")
    }
}

#[cfg(any(test, feature = "testing"))]
impl Gemini {
    /// The API at `url`, with a key, the models of `.env.sample`, and round prices: 1 and 10 US dollars per million
    /// tokens of input and output, and the double for the model of videos.
    #[must_use]
    pub fn at(url: Url, api_key: &str) -> Self {
        let price = |input, output| Price {
            input: Decimal::from(input),
            output: Decimal::from(output),
        };
        let [model, video_model] = ["gemini-flash-latest", "gemini-pro-latest"].map(str::to_owned);
        let prices = [
            (model.clone(), price(1, 10)),
            (video_model.clone(), price(2, 20)),
        ];
        Self {
            url,
            api_key: Some(Secret::new(api_key)),
            model,
            video_model,
            prices: Prices(prices.into()),
            requests_per_minute: 100_000,
            request_max: Duration::from_secs(60),
        }
    }
}

/// What a model costs, in US dollars per million tokens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Price {
    /// For what it is given.
    pub input: Decimal,
    /// For what it answers, thoughts included.
    pub output: Decimal,
}

/// What models cost, by their names.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Prices(BTreeMap<String, Price>);

const PRICES: &str = "GEMINI_PRICES";

/// No model costs as much per million tokens, in US dollars: a slip of the decimal point is seen at the start.
const PRICE_MAX: u32 = 1_000;

impl Prices {
    /// The price of a model; `None` when none is set.
    #[must_use]
    pub fn of(&self, model: &str) -> Option<Price> {
        self.0.get(model).copied()
    }

    /// The dearest input and the dearest output of all models.
    #[must_use]
    pub fn dearest(&self) -> Option<Price> {
        let all = self.0.values();
        Some(Price {
            input: all.clone().map(|price| price.input).max()?,
            output: all.map(|price| price.output).max()?,
        })
    }

    fn read(env: &mut Environment) -> Self {
        env.required(PRICES);
        let mut prices = BTreeMap::new();
        for entry in env.list(PRICES) {
            match parse(&entry) {
                None => env.problem::<()>(format!(
                    "{PRICES} is not like model=input/output, in US dollars per million tokens from 0 to {PRICE_MAX}: \
                     {entry:?}"
                )),
                Some((model, price)) => {
                    if prices.insert(model.clone(), price).is_some() {
                        env.problem::<()>(format!("{PRICES} has two prices of {model}"));
                    }
                }
            }
        }
        Self(prices)
    }
}

fn parse(entry: &str) -> Option<(String, Price)> {
    let (model, price) = entry.split_once('=')?;
    let (input, output) = price.split_once('/')?;
    let [input, output] = [input, output].map(|text| {
        let amount: Decimal = text.trim().parse().ok()?;
        let is_good = !amount.is_sign_negative() && amount <= PRICE_MAX.into();
        is_good.then_some(amount)
    });
    let (model, input, output) = (model.trim(), input?, output?);
    is_model(model).then(|| (model.to_owned(), Price { input, output }))
}

/// Names become part of an address.
fn is_model(name: &str) -> bool {
    let is_allowed = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b'-');
    !name.is_empty() && name.bytes().all(is_allowed)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What is read from the environment of `.env.sample` with `changed`, and what is wrong with it.
    fn read(changed: &'static [(&str, &str)]) -> (Gemini, String) {
        let always = [
            ("GEMINI_URL", "https://generativelanguage.googleapis.com"),
            ("GEMINI_API_KEY", "a-secret"),
            ("GEMINI_MODEL", "gemini-flash-latest"),
            ("GEMINI_VIDEO_MODEL", "gemini-pro-latest"),
            (
                "GEMINI_PRICES",
                "gemini-flash-latest=0.15/0.60, gemini-pro-latest=1.25/5",
            ),
            ("GEMINI_REQUESTS_PER_MINUTE", "60"),
            ("GEMINI_REQUEST_SECONDS_MAX", "300"),
        ];
        let mut env = Environment::from_lookup(move |name| {
            let mut all = changed.iter().chain(&always);
            let found = all.find(|(other, _)| *other == name);
            found.map(|(_, value)| (*value).to_owned())
        });
        let gemini = Gemini::read(&mut env);
        let problem = env.finish().err();
        (gemini, problem.map(|it| it.to_string()).unwrap_or_default())
    }

    #[test]
    fn what_gemini_needs_is_read() {
        let (gemini, problem) = read(&[]);
        assert_eq!(problem, "");
        let price = Price {
            input: "1.25".parse().unwrap(),
            output: "5".parse().unwrap(),
        };
        assert_eq!(gemini.prices.of(&gemini.video_model), Some(price));
        assert_eq!(gemini.requests_per_minute, 60);
        assert_eq!(gemini.request_max, Duration::from_secs(300));
        assert!(gemini.api_key.is_some());
    }

    #[test]
    fn without_a_key_a_function_starts_all_the_same() {
        let (gemini, problem) = read(&[("GEMINI_API_KEY", "")]);
        assert!(gemini.api_key.is_none() && problem.is_empty(), "{problem}");
    }

    #[test]
    fn a_key_is_not_printed() {
        let (gemini, _) = read(&[]);
        assert!(!format!("{gemini:?}").contains("a-secret"));
    }

    #[test]
    fn a_model_without_a_price_is_refused_at_the_start() {
        let (_, problem) = read(&[("GEMINI_VIDEO_MODEL", "gemini-new")]);
        let wanted = "GEMINI_PRICES has no price of gemini-new, which GEMINI_VIDEO_MODEL names";
        assert!(problem.contains(wanted), "{problem}");
    }

    #[test]
    fn a_price_that_is_none_is_named() {
        for (prices, wanted) in [
            ("", "GEMINI_PRICES is not set"),
            ("gemini-flash-latest", "\"gemini-flash-latest\""),
            ("gemini-flash-latest=1", "\"gemini-flash-latest=1\""),
            ("gemini-flash-latest=1/-2", "=1/-2\""),
            ("gemini-flash-latest=1/1001", "=1/1001\""),
            ("a b=1/2", "\"a b=1/2\""),
            ("a=1/2,a=1/3", "GEMINI_PRICES has two prices of a"),
        ] {
            let changed = Box::leak(Box::new([("GEMINI_PRICES", prices)]));
            let (_, problem) = read(changed);
            assert!(problem.contains(wanted), "{prices}: {problem}");
        }
    }

    #[test]
    fn a_model_that_could_lead_elsewhere_is_refused() {
        let (_, problem) = read(&[("GEMINI_MODEL", "../files")]);
        assert!(
            problem.contains("GEMINI_MODEL is not the name of a model"),
            "{problem}"
        );
    }
}
