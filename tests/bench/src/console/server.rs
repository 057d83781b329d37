//! A dispatcher that serves on a port of its own, and a browser that is signed in.

use anyhow::Context;
use axum::Router;
use bytes::Bytes;
use dispatcher::{Graph, Media, State, Tokens};
use reqwest::{Client, Response, header, redirect::Policy};
use sha2::{Digest as _, Sha256};
use shared::{
    clients::bus::Bus,
    config::{self, Pooling, Secret},
    domain::Clock,
    store::Database,
};
use sundial_local::server::Server as Serving;
use tokio::time::Instant;

const TOKEN: &str = "bench";

/// Both ends.
pub(crate) struct Server {
    serving: Serving,
    base: String,
    client: Client,
    cookie: String,
}

/// How an answer came.
pub(crate) struct Answer {
    pub(crate) took: std::time::Duration,
    pub(crate) body: Bytes,
}

impl Server {
    /// Serves the database at `url`.
    pub(crate) async fn start(url: &str) -> anyhow::Result<Self> {
        let (bus, _) = Bus::recorder();
        let state = State {
            db: Database::open(&Secret::new(url), Pooling::Session)?,
            bus,
            clock: Clock::system(),
            tokens: Tokens::new(vec![Sha256::digest(TOKEN).into()]),
            graph: Graph::open(config::Meta::nowhere()),
            media: Media::none(),
            webhook_keys: config::WebhookKeys::default(),
            embed_origins: std::sync::Arc::default(),
        };
        Self::serve(dispatcher::router(state)).await
    }

    async fn serve(router: Router) -> anyhow::Result<Self> {
        let serving = Serving::bind(0).await?.serve(router);
        let client = Client::builder().no_proxy().redirect(Policy::none());
        let mut server = Self {
            base: serving.url(),
            serving,
            client: client.build()?,
            cookie: String::new(),
        };
        server.cookie = server.sign_in().await?;
        Ok(server)
    }

    pub(crate) async fn stop(self) -> anyhow::Result<()> {
        self.serving.stop().await;
        Ok(())
    }

    async fn sign_in(&self) -> anyhow::Result<String> {
        let url = format!("{}/console/sign-in", self.base);
        let form = self
            .client
            .post(url)
            .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded");
        let answer = form.body(format!("token={TOKEN}")).send().await?;
        let cookie = answer
            .headers()
            .get(header::SET_COOKIE)
            .context("no session")?;
        let cookie = cookie.to_str()?.split(';').next().unwrap_or_default();
        Ok(cookie.to_owned())
    }

    /// A page or a list, as a browser asks for it: compressed, and left so.
    pub(crate) async fn get(&self, path: &str) -> anyhow::Result<Answer> {
        let asked = Instant::now();
        let request = self.client.get(format!("{}{path}", self.base));
        let request = if path.starts_with("/api") {
            request.bearer_auth(TOKEN)
        } else {
            request.header(header::COOKIE, &self.cookie)
        };
        let answer = request
            .header(header::ACCEPT_ENCODING, "gzip")
            .send()
            .await?;
        Self::whole(answer, asked).await.context(path.to_owned())
    }

    /// An order without parameters.
    pub(crate) async fn post(&self, path: &str) -> anyhow::Result<Answer> {
        let asked = Instant::now();
        let request = self.client.post(format!("{}{path}", self.base));
        let request = request.header(header::CONTENT_TYPE, "application/json");
        let answer = request.bearer_auth(TOKEN).body("{}").send().await?;
        Self::whole(answer, asked).await.context(path.to_owned())
    }

    async fn whole(answer: Response, asked: Instant) -> anyhow::Result<Answer> {
        let status = answer.status();
        let body = answer.bytes().await?;
        anyhow::ensure!(
            status.is_success(),
            "{status}: {}",
            String::from_utf8_lossy(&body)
        );
        Ok(Answer {
            took: asked.elapsed(),
            body,
        })
    }
}
