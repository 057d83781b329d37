//! A line per part: name, address, ready or why not.

use std::fmt;

use super::{BUCKET, BUS, GROUP, Stack};

/// One part of the stack as people read it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// What it is.
    pub name: &'static str,
    /// Where it answers.
    pub address: String,
    /// Ready, or why not.
    pub state: String,
}

impl fmt::Display for Line {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:<12} {:<30} {}", self.name, self.address, self.state)
    }
}

impl Stack {
    /// Waits for the functions, then tells of every part.
    pub async fn lines(&self) -> Vec<Line> {
        let functions = match self.ready().await {
            Ok(()) => format!("ready: {}", self.host().names().join(", ")),
            Err(error) => format!("NOT READY: {error:#}"),
        };
        let meta = match &self.meta {
            Some(_) => "ready, a stand-in (set META_ACCESS_TOKEN to use Meta itself)",
            None => "Meta itself, not looked at",
        };
        let gemini = match &self.gemini {
            Some(_) => "ready, a stand-in (set GEMINI_API_KEY to use Gemini itself)",
            None => "Gemini itself, not looked at",
        };
        let database = match self.postgres.folder() {
            Some(_) => "ready",
            None => "ready, given by DATABASE_URL",
        };
        vec![
            line("PostgreSQL", self.postgres.address(), database),
            line("S3", self.objects.url(), &format!("ready, bucket {BUCKET}")),
            line("EventBridge", self.aws_url(), &format!("ready, bus {BUS}")),
            line(
                "Scheduler",
                self.aws_url(),
                &format!("ready, group {GROUP}"),
            ),
            line("Meta", self.graph.url.clone(), meta),
            line("Gemini", self.gemini_api.url.clone(), gemini),
            line("Lambda", self.aws_url(), &functions),
            line("API", self.api_url(), "ready"),
            line(
                "Console",
                format!("{}/console", self.api_url()),
                "ready, takes the API's token",
            ),
        ]
    }
}

fn line(name: &'static str, address: String, state: &str) -> Line {
    Line {
        name,
        address,
        state: state.to_owned(),
    }
}
