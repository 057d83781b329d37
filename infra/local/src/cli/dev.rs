//! `sundial-local dev`: everything up until Ctrl-C, and how to call it.

use std::{io::Write as _, process::ExitCode};

use tokio::sync::broadcast::error::RecvError;

use super::stack::{Arguments, GeminiArguments, MetaArguments};
use crate::{
    objects,
    signals::StopSignals,
    stack::{BUCKET, BUS, GROUP, Ports, REGION, Stack},
};

/// Ports that stay the same, so that what one has typed still works tomorrow.
const PORTS: Ports = Ports {
    api: 7070,
    aws: 7071,
    s3: 7072,
    meta: 7073,
    gemini: 7074,
};

/// Keeps the stack up until asked to stop.
pub(super) async fn run(
    arguments: Arguments,
    (meta, gemini): (MetaArguments, GeminiArguments),
    clock: String,
) -> anyhow::Result<ExitCode> {
    let mut signals = StopSignals::listen()?;
    let data = arguments.data.clone();
    let mut options = arguments.options(&data, PORTS)?;
    options.graph = meta.graph();
    options.gemini = gemini.api();
    options
        .environment
        .push(("SUNDIAL_CLOCK".to_owned(), clock));
    let stack = tokio::select! {
        stack = Stack::start(options) => stack?,
        // Whatever was started is seen off by its keeper.
        _ = signals.next() => return Ok(ExitCode::SUCCESS),
    };
    tokio::select! {
        shown = show(&stack) => shown?,
        _ = signals.next() => {}
    }
    println_all(&["stopping".to_owned()])?;
    stack.stop().await?;
    Ok(ExitCode::SUCCESS)
}

/// Prints the guide, then what the functions write, for ever.
async fn show(stack: &Stack) -> anyhow::Result<()> {
    let mut logs = stack.host().logs();
    let lines = stack.lines().await;
    println_all(&lines.iter().map(ToString::to_string).collect::<Vec<_>>())?;
    println_all(&guide(stack))?;
    loop {
        match logs.recv().await {
            Ok(line) => println_all(&[format!("{:<14} | {}", line.function, line.text)])?,
            Err(RecvError::Lagged(lines)) => println_all(&[format!("({lines} lines not shown)")])?,
            Err(RecvError::Closed) => return Ok(()),
        }
    }
}

fn guide(stack: &Stack) -> Vec<String> {
    let (api, aws, s3) = (stack.api_url(), stack.aws_url(), stack.objects.url());
    let token = &stack.api_token;
    let (key, secret) = (objects::ACCESS_KEY, objects::SECRET_KEY);
    let url = stack.postgres.url();
    vec![
        String::new(),
        format!("Look at it: {api}/console, and sign in with {token}"),
        String::new(),
        "Call it:".to_owned(),
        format!("  curl -H 'Authorization: Bearer {token}' {api}/api/job-types"),
        format!("  curl -H 'Authorization: Bearer {token}' '{api}/api/runs?limit=5'"),
        format!("  psql '{url}'"),
        format!(
            "  export AWS_ACCESS_KEY_ID={key} AWS_SECRET_ACCESS_KEY={secret} AWS_DEFAULT_REGION={REGION}"
        ),
        format!("  aws --endpoint-url {aws} events list-rules"),
        format!("  aws --endpoint-url {aws} events list-rules --event-bus-name {BUS}"),
        format!("  aws --endpoint-url {aws} scheduler list-schedules --group-name {GROUP}"),
        format!("  aws --endpoint-url {s3} s3 ls s3://{BUCKET} --recursive"),
        // The two versions of the CLI want a payload in different forms; the API takes it as it is.
        format!(
            "  curl -d '{{\"kind\":\"sweep\"}}' {aws}/2015-03-31/functions/reconciler/invocations"
        ),
        format!(
            "Data and logs are in {}. Ctrl-C stops everything.",
            stack.data().display()
        ),
        String::new(),
    ]
}

fn println_all(lines: &[String]) -> std::io::Result<()> {
    let mut out = std::io::stdout().lock();
    for line in lines {
        writeln!(out, "{line}")?;
    }
    out.flush()
}
