//! A site that answers what a test wants, and remembers who asked for what.

use std::sync::{Arc, Mutex};

use axum::{
    Router,
    body::Body,
    extract::Request,
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Response},
};
use futures_util::{StreamExt as _, future, stream};
use shared::clients::{
    http::{Http, Limits, UrlGuard},
    pages::Pages,
};
use tokio::{net::TcpListener, sync::Notify};

pub struct Site {
    pub url: String,
    asked: Arc<Mutex<Vec<(String, HeaderMap)>>>,
    /// Told of each silence, as it begins.
    pub silence: Arc<Notify>,
}

/// What is answered.
pub enum Answer {
    Now(Response),
    Silence,
}

impl<R: IntoResponse> From<R> for Answer {
    fn from(answer: R) -> Self {
        Self::Now(answer.into_response())
    }
}

impl Site {
    /// A site that answers by path and query; without rules for guests where those are not answered for.
    pub async fn start(
        answer: impl Fn(&str) -> Option<Answer> + Clone + Send + Sync + 'static,
    ) -> Self {
        Self::start_async(move |path| future::ready(answer(&path))).await
    }

    /// The same with answers that take time.
    pub async fn start_async<F>(
        answer: impl Fn(String) -> F + Clone + Send + Sync + 'static,
    ) -> Self
    where
        F: Future<Output = Option<Answer>> + Send,
    {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let asked = Arc::<Mutex<Vec<_>>>::default();
        let silence = Arc::<Notify>::default();
        let (log, told) = (Arc::clone(&asked), Arc::clone(&silence));
        let handler = async move |request: Request| {
            let path = request.uri().to_string();
            log.lock()
                .unwrap()
                .push((path.clone(), request.headers().clone()));
            match answer(path).await {
                Some(Answer::Now(answer)) => answer,
                Some(Answer::Silence) => {
                    told.notify_one();
                    future::pending().await
                }
                None => StatusCode::NOT_FOUND.into_response(),
            }
        };
        let app = Router::new().fallback(handler);
        tokio::spawn(async move { axum::serve(listener, app).await });
        Self {
            url,
            asked,
            silence,
        }
    }

    /// What was asked for, in order.
    pub fn asked(&self) -> Vec<String> {
        let asked = self.asked.lock().unwrap();
        asked.iter().map(|(path, _)| path.clone()).collect()
    }

    /// A header of each request.
    pub fn headers(&self, name: header::HeaderName) -> Vec<String> {
        let asked = self.asked.lock().unwrap();
        let value = |headers: &HeaderMap| headers[&name].to_str().unwrap().to_owned();
        asked.iter().map(|(_, headers)| value(headers)).collect()
    }

    /// Reads pages that are public, and this site's.
    pub fn pages(&self) -> Pages {
        let guard = UrlGuard::public(std::slice::from_ref(&self.url)).unwrap();
        Pages::open(Http::open(guard, Limits::STANDARD))
    }
}

pub fn html(body: &str) -> Option<Answer> {
    let head = [(header::CONTENT_TYPE, "text/html; charset=utf-8")];
    Some((head, body.to_owned()).into())
}

pub fn plain(text: impl Into<String>) -> Option<Answer> {
    Some(text.into().into())
}

pub fn status(code: u16) -> Option<Answer> {
    Some(StatusCode::from_u16(code).unwrap().into())
}

pub fn redirect(to: &str) -> Option<Answer> {
    Some((StatusCode::FOUND, [(header::LOCATION, to.to_owned())]).into())
}

/// HTML that begins and does not end.
pub fn endless(begin: &'static str) -> Option<Answer> {
    let pieces = stream::iter([Ok::<_, std::io::Error>(begin)]).chain(stream::pending());
    let head = [(header::CONTENT_TYPE, "text/html")];
    Some((head, Body::from_stream(pieces)).into())
}
