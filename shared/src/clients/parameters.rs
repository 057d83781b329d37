//! Secrets in AWS's Parameter Store, read once at a function's start.

use std::{collections::BTreeMap, error::Error, time::Duration};

use aws_config::SdkConfig;
use aws_sdk_ssm::{Client, config::timeout::TimeoutConfig};

use super::bus::why;
use crate::config::Secret;

/// Most names in one call. **Source:** GetParameters, "Array Members".
const NAMES_MAX: usize = 10;

/// A function that waits longer for its secrets would not get to work either.
const CALL_TIMEOUT: Duration = Duration::from_secs(8);

/// Parameter Store.
#[derive(Clone, Debug)]
pub struct Parameters {
    client: Client,
}

/// Why the parameters are not known.
#[derive(Debug, thiserror::Error)]
#[error("reading parameters {names}: {why}")]
pub struct ParametersError {
    names: String,
    /// AWS's code and message, or that there was no usable answer.
    why: String,
    #[source]
    source: Box<dyn Error + Send + Sync>,
}

impl Parameters {
    /// A client with the given region and credentials.
    #[must_use]
    pub fn new(aws: &SdkConfig) -> Self {
        let timeouts = TimeoutConfig::builder().operation_timeout(CALL_TIMEOUT);
        let config = aws_sdk_ssm::config::Builder::from(aws).timeout_config(timeouts.build());
        Self {
            client: Client::from_conf(config.build()),
        }
    }

    /// The decrypted values of those of `names` that exist.
    ///
    /// # Errors
    /// [`ParametersError`] when AWS refuses or does not answer.
    pub async fn read(
        &self,
        names: &[String],
    ) -> Result<BTreeMap<String, Secret>, ParametersError> {
        let mut values = BTreeMap::new();
        for names in names.chunks(NAMES_MAX) {
            let call = self.client.get_parameters().with_decryption(true);
            let answer = call.set_names(Some(names.to_vec())).send().await;
            let answer = answer.map_err(|error| ParametersError {
                names: names.join(", "),
                why: why(&error),
                source: error.into(),
            })?;
            let found = answer.parameters.into_iter().flatten();
            values.extend(found.filter_map(|it| Some((it.name?, Secret::new(it.value?)))));
        }
        Ok(values)
    }
}

#[cfg(test)]
mod tests {
    use aws_config::{BehaviorVersion, Region, retry::RetryConfig};
    use serde_json::{Value, json};
    use wiremock::{Mock, MockServer, Request, ResponseTemplate, matchers::header};

    use super::*;

    async fn parameters(server: &MockServer) -> Parameters {
        let aws = aws_config::defaults(BehaviorVersion::latest())
            .region(Region::from_static("us-east-1"))
            .endpoint_url(server.uri())
            .retry_config(RetryConfig::disabled())
            .test_credentials()
            .load()
            .await;
        Parameters::new(&aws)
    }

    /// Knows every parameter but those with `missing` in their name.
    fn store(request: &Request) -> ResponseTemplate {
        let asked: Value = request.body_json().unwrap();
        assert_eq!(asked["WithDecryption"], true);
        let names = asked["Names"].as_array().unwrap();
        assert!(names.len() <= 10, "AWS takes ten");
        let found: Vec<_> = names
            .iter()
            .filter_map(Value::as_str)
            .filter(|name| !name.contains("missing"))
            .map(|name| json!({"Name": name, "Value": format!("value of {name}")}))
            .collect();
        ResponseTemplate::new(200).set_body_json(json!({ "Parameters": found }))
    }

    #[tokio::test]
    async fn every_parameter_that_exists_is_read() {
        let server = MockServer::start().await;
        Mock::given(header("x-amz-target", "AmazonSSM.GetParameters"))
            .respond_with(store)
            .mount(&server)
            .await;
        let mut names: Vec<_> = (0..12).map(|number| format!("/sundial/{number}")).collect();
        names.push("/sundial/missing".to_owned());

        let values = parameters(&server).await.read(&names).await.unwrap();

        assert_eq!(values.len(), 12);
        assert_eq!(values["/sundial/11"].expose(), "value of /sundial/11");
    }

    #[tokio::test]
    async fn a_refusal_is_told_with_the_names_and_the_reason() {
        let server = MockServer::start().await;
        let refusal = json!({"__type": "AccessDeniedException", "message": "not for you"});
        Mock::given(header("x-amz-target", "AmazonSSM.GetParameters"))
            .respond_with(ResponseTemplate::new(400).set_body_json(refusal))
            .mount(&server)
            .await;
        let names = ["/sundial/DATABASE_URL".to_owned()];

        let error = parameters(&server).await.read(&names).await.unwrap_err();

        let wanted = "reading parameters /sundial/DATABASE_URL: AccessDeniedException: not for you";
        assert_eq!(error.to_string(), wanted);
    }
}
