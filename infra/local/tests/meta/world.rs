//! A stand-in and somebody who asks it.

use std::{collections::BTreeMap, path::Path};

use anyhow::Context as _;
use serde_json::{Value, json};
use sundial_local::meta::{AccountSpec, Meta, TOKEN, catalogue::ACCOUNT};

/// The account that tests add.
pub(crate) const ADDED: &str = "act_555000111222333";

/// The stand-in's time in tests about insights.
pub(crate) const NOW: &str = "2026-11-20T10:00:00Z";

/// A row's counts by the ad's id and the day.
pub(crate) type Rows = BTreeMap<(String, String), Value>;

pub(crate) struct World {
    pub(crate) meta: Meta,
    pub(crate) http: reqwest::Client,
}

impl World {
    pub(crate) async fn new() -> anyhow::Result<Self> {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("media");
        let meta = Meta::start(&folder, 0, None).await?;
        let http = reqwest::Client::builder()
            .no_proxy()
            .redirect(reqwest::redirect::Policy::none())
            .build()?;
        Ok(Self { meta, http })
    }

    /// With [`ADDED`], whose every ad is shown every day, at [`NOW`].
    pub(crate) async fn with_ads(ads: usize) -> anyhow::Result<Self> {
        let world = Self::new().await?;
        world.meta.set_now(Some(NOW.parse()?));
        world.meta.add_account(AccountSpec {
            id: ADDED.to_owned(),
            ads,
            campaigns: 3,
            seed: 7,
            delivery_percent: 100,
            inactive_percent: 0,
            ..AccountSpec::default()
        })?;
        Ok(world)
    }

    pub(crate) async fn graph(
        &self,
        path: &str,
        query: &[(&str, &str)],
    ) -> anyhow::Result<(u16, Value)> {
        let url = format!("{}/v25.0/{path}", self.meta.url());
        let request = self.http.get(url).query(query).bearer_auth(TOKEN);
        answer(request).await
    }

    pub(crate) async fn post(
        &self,
        path: &str,
        query: &[(&str, &str)],
    ) -> anyhow::Result<(u16, Value)> {
        let url = format!("{}/v25.0/{path}", self.meta.url());
        let mut form = url::form_urlencoded::Serializer::new(String::new());
        form.extend_pairs(query);
        let request = self.http.post(url).body(form.finish());
        answer(request.bearer_auth(TOKEN)).await
    }

    /// Asks with another token.
    pub(crate) async fn graph_as(&self, token: &str, path: &str) -> anyhow::Result<(u16, Value)> {
        let url = format!("{}/v25.0/{path}", self.meta.url());
        answer(self.http.get(url).bearer_auth(token)).await
    }

    pub(crate) async fn control(&self, path: &str, body: Value) -> anyhow::Result<()> {
        let url = format!("{}/_control/{path}", self.meta.url());
        let answer = self.http.post(url).json(&body).send().await?;
        anyhow::ensure!(answer.status().is_success(), "{}", answer.text().await?);
        Ok(())
    }

    pub(crate) async fn forget(&self, path: &str) -> anyhow::Result<()> {
        let url = format!("{}/_control/{path}", self.meta.url());
        let answer = self.http.delete(url).send().await?;
        anyhow::ensure!(answer.status().is_success(), "{}", answer.text().await?);
        Ok(())
    }

    /// The signed address of one picture.
    pub(crate) async fn picture(&self) -> anyhow::Result<String> {
        let path = format!("{ACCOUNT}/adimages");
        let (_, images) = self.graph(&path, &[("fields", "url,name")]).await?;
        let url = images.pointer("/data/0/url").and_then(Value::as_str);
        Ok(url.context("a picture has a url")?.to_owned())
    }

    /// All rows of an edge, page by page.
    pub(crate) async fn all(
        &self,
        path: &str,
        query: &[(&str, &str)],
    ) -> anyhow::Result<Vec<Value>> {
        let mut rows = Vec::new();
        let mut after = String::new();
        loop {
            let mut query = query.to_vec();
            if !after.is_empty() {
                query.push(("after", &after));
            }
            let (status, page) = self.graph(path, &query).await?;
            anyhow::ensure!(status == 200, "{page}");
            let data = page.get("data").and_then(Value::as_array);
            rows.extend(data.context("rows")?.iter().cloned());
            if page.pointer("/paging/next").is_none() {
                return Ok(rows);
            }
            let cursor = page
                .pointer("/paging/cursors/after")
                .and_then(Value::as_str);
            after = cursor.context("a cursor")?.to_owned();
        }
    }

    /// The rows of [`ADDED`] by ad and day.
    pub(crate) async fn days(
        &self,
        since: &str,
        until: &str,
        fields: &str,
    ) -> anyhow::Result<Rows> {
        let range = range(since, until);
        let fields = format!("ad_id,{fields}");
        let query = [
            ("level", "ad"),
            ("time_increment", "1"),
            ("time_range", range.as_str()),
            ("fields", fields.as_str()),
            ("limit", "500"),
        ];
        let mut days = Rows::new();
        for row in self.all(&format!("{ADDED}/insights"), &query).await? {
            let key = (text(&row, "ad_id"), text(&row, "date_start"));
            anyhow::ensure!(days.insert(key, row).is_none(), "a row came twice");
        }
        Ok(days)
    }
}

async fn answer(request: reqwest::RequestBuilder) -> anyhow::Result<(u16, Value)> {
    let answer = request.send().await?;
    let label = answer.headers().get("x-sundial-stand-in");
    assert_eq!(label.map(|label| label.as_bytes()), Some(&b"meta"[..]));
    assert!(
        answer.headers().contains_key("x-app-usage"),
        "on errors too"
    );
    Ok((answer.status().as_u16(), answer.json().await?))
}

pub(crate) fn range(since: &str, until: &str) -> String {
    json!({"since": since, "until": until}).to_string()
}

pub(crate) fn text(row: &Value, name: &str) -> String {
    row[name].as_str().unwrap_or_default().to_owned()
}

/// A number that came as text.
pub(crate) fn number(value: &Value) -> f64 {
    value
        .as_str()
        .and_then(|it| it.parse().ok())
        .unwrap_or(f64::NAN)
}

/// What a list metric has for an action type.
pub(crate) fn action(row: &Value, list: &str, kind: &str) -> Option<f64> {
    let entries = row[list].as_array()?;
    let entry = entries.iter().find(|entry| entry["action_type"] == kind)?;
    Some(number(&entry["value"]))
}
