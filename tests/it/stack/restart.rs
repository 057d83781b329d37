//! `sundial-local dev` is killed outright, and started again on what it leaves.

use std::{
    collections::BTreeMap,
    io::{BufRead as _, BufReader},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    time::Duration,
};

use reqwest::Method;
use serde_json::{Value, json};
use sqlx::PgPool;
use sundial_local::stack::{EventsClient, functions::built_beside_us};

use super::{
    site::insert_brand,
    tools::{answer, eventually, eventually_within, show_logs, text},
};

/// A database that was killed mends itself first.
const START_PATIENCE: Duration = Duration::from_secs(60);

#[tokio::test]
async fn a_killed_stack_leaves_nothing_running_and_starts_again_with_all_it_had() {
    let folder = tempfile::tempdir().unwrap();
    let first = Dev::start(folder.path()).await;
    let db = PgPool::connect(&first.database_url).await.unwrap();
    let brand = insert_brand(&db).await;
    db.close().await;
    let job =
        json!({"job_type": "asset_download", "brand_id": brand, "cron_expression": "15 6 * * *"});
    let job = first.ask(Method::POST, "/api/jobs", Some(job), 201).await;
    let rule = first.rule_of(&job).await;
    eventually("the rule is on disk, 50 ms later", async || {
        let books = std::fs::read_to_string(folder.path().join("eventbridge.json"));
        books
            .ok()?
            .contains(text(&rule, "Description"))
            .then_some(())
    })
    .await;
    let processes = first.processes();
    assert!(processes.len() > 4, "database and functions: {processes:?}");

    first.kill_outright();
    assert_end(&processes).await;
    let second = Dev::start(folder.path()).await;

    let path = text(&job, "url");
    assert_eq!(
        second.ask(Method::GET, path, None, 200).await["next_run_at"],
        job["next_run_at"]
    );
    let rule_again = second.rule_of(&job).await;
    for name in ["Name", "ScheduleExpression", "Description", "State"] {
        assert_eq!(rule_again[name], rule[name], "{name}");
    }
    let run = second
        .ask(Method::POST, &format!("{path}/run"), Some(json!({})), 202)
        .await;
    let run = eventually("the end of a run", async || {
        let run = second.ask(Method::GET, text(&run, "url"), None, 200).await;
        (!run["completed_at"].is_null()).then_some(run)
    })
    .await;
    assert_eq!(text(&run, "status"), "completed", "{run}");

    let processes = second.processes();
    let status = second.stop().await;
    assert!(
        status.success(),
        "asked to stop, it does in order: {status}"
    );
    assert_end(&processes).await;
}

/// A `sundial-local dev` of its own process, as people start it.
struct Dev {
    child: Child,
    api_url: String,
    aws_url: String,
    database_url: String,
    token: String,
    data: PathBuf,
}

impl Dev {
    /// Started, and every function ready.
    async fn start(data: &Path) -> Self {
        let program = built_beside_us().unwrap().join("sundial-local");
        let mut command = Command::new(&program);
        command.arg("dev").arg("--data").arg(data);
        for port in [
            "--api-port",
            "--aws-port",
            "--s3-port",
            "--meta-port",
            "--gemini-port",
        ] {
            command.args([port, "0"]);
        }
        command
            .env_remove("DATABASE_URL")
            .env_remove("META_ACCESS_TOKEN")
            .env_remove("GEMINI_API_KEY");
        let child = command.stdin(Stdio::null()).stdout(Stdio::piped()).spawn();
        let mut child = child.unwrap_or_else(|error| {
            panic!("{}: {error}; build it first: make build", program.display())
        });
        let mut out = BufReader::new(child.stdout.take().unwrap()).lines();
        let said = tokio::task::spawn_blocking(move || {
            let until_ready = out.by_ref().map(Result::unwrap);
            let said: Vec<_> = until_ready
                .take_while(|line| !line.starts_with("Data and logs"))
                .collect();
            // What the functions write must go somewhere, or they would wait.
            std::thread::spawn(move || out.for_each(drop));
            said
        });
        let said = tokio::time::timeout(START_PATIENCE, said).await;
        let said = said.expect("it starts in time").unwrap();
        let lambda = word_after(&said, "Lambda", 2);
        assert_eq!(lambda, "ready:", "{said:?}");
        let quoted = |start: &str, end: &str| {
            let found = said
                .iter()
                .find_map(|line| Some(line.split_once(start)?.1.split_once(end)?.0));
            found
                .unwrap_or_else(|| panic!("no {start} in {said:?}"))
                .to_owned()
        };
        Self {
            api_url: word_after(&said, "API", 1),
            aws_url: word_after(&said, "EventBridge", 1),
            database_url: quoted("psql '", "'"),
            token: quoted("Bearer ", "'"),
            data: data.to_owned(),
            child,
        }
    }

    async fn ask(&self, method: Method, path: &str, body: Option<Value>, status: u16) -> Value {
        let http = reqwest::Client::builder().no_proxy().build().unwrap();
        let request = http
            .request(method, format!("{}{path}", self.api_url))
            .bearer_auth(&self.token);
        let got = answer(match body {
            Some(body) => request.json(&body),
            None => request,
        })
        .await;
        assert_eq!(got.status, status, "{path}: {}", got.body);
        got.body
    }

    /// The job's rule, once the reconciler has made it.
    async fn rule_of(&self, job: &Value) -> Value {
        let events = EventsClient::new(&self.aws_url).unwrap();
        eventually("the job's rule", async || {
            let answer = events.call("ListRules", &json!({})).await.unwrap();
            let rules = answer["Rules"].as_array().unwrap();
            let is_of_job = |rule: &&Value| {
                let description = rule["Description"].as_str().unwrap_or_default();
                description.contains(text(job, "id")) && !description.contains("unfinished")
            };
            rules.iter().find(is_of_job).cloned()
        })
        .await
    }

    /// It and everything it has started, by process id, with the command lines.
    fn processes(&self) -> BTreeMap<u32, String> {
        let all = all_processes();
        let mut ours = BTreeMap::from([(self.child.id(), "sundial-local".to_owned())]);
        // A child is listed once its parent is known; no tree of ours is deeper than ten.
        for _ in 0..10 {
            for (process, parent, command) in &all {
                if ours.contains_key(parent) {
                    ours.insert(*process, command.clone());
                }
            }
        }
        ours
    }

    /// As the system does when memory runs out.
    fn kill_outright(self) {
        drop(self);
    }

    async fn stop(mut self) -> std::process::ExitStatus {
        let asked = Command::new("kill")
            .arg(self.child.id().to_string())
            .status();
        assert!(asked.unwrap().success());
        let end = tokio::task::spawn_blocking(move || self.child.wait().unwrap());
        let end = tokio::time::timeout(START_PATIENCE, end).await;
        end.expect("it stops in time").unwrap()
    }
}

impl Drop for Dev {
    /// A test that fails leaves nothing running either.
    fn drop(&mut self) {
        if std::thread::panicking() {
            show_logs(&self.data);
        }
        self.child.kill().ok();
        self.child.wait().ok();
    }
}

fn word_after(lines: &[String], name: &str, place: usize) -> String {
    let line = lines.iter().find(|line| line.starts_with(name));
    let line = line.unwrap_or_else(|| panic!("no line of {name}: {lines:?}"));
    line.split_whitespace().nth(place).unwrap().to_owned()
}

/// Process, parent and command line of everything that runs.
fn all_processes() -> Vec<(u32, u32, String)> {
    let listed = Command::new("ps")
        .args(["-A", "-o", "pid=,ppid=,stat=,args="])
        .output();
    let listed = String::from_utf8(listed.unwrap().stdout).unwrap();
    let read = |line: &str| {
        let mut words = line.split_whitespace();
        let (process, parent) = (words.next()?.parse().ok()?, words.next()?.parse().ok()?);
        // One that has ended and was not asked for yet runs no more.
        let runs = !words.next()?.starts_with('Z');
        runs.then(|| (process, parent, words.collect::<Vec<_>>().join(" ")))
    };
    listed.lines().filter_map(read).collect()
}

/// Waits until none of them runs.
async fn assert_end(processes: &BTreeMap<u32, String>) {
    let what = format!("the end of {processes:?}");
    eventually_within(START_PATIENCE, &what, async || {
        let mut all = all_processes().into_iter();
        all.all(|(process, _, _)| !processes.contains_key(&process))
            .then_some(())
    })
    .await;
}
