//! A function that sends the statements of a run and does nothing else: what a start costs without Sundial.
//!
//! Reads the script that `pgbench` is given, of whose language it knows `\gset` and variables.

use std::{collections::BTreeMap, fs, path::PathBuf};

use clap::Parser;
use lambda_runtime::{Error, LambdaEvent, service_fn};
use serde_json::{Value, json};
use sqlx::{
    Column as _, PgConnection, PgPool, Row as _, ValueRef as _, postgres::PgPoolOptions, raw_sql,
};
use uuid::Uuid;

/// What Lambda would tell it.
#[derive(Debug, Parser)]
struct Arguments {
    /// The ledger
    #[arg(long, env = "DATABASE_URL", hide_env_values = true)]
    database_url: String,

    /// The statements
    #[arg(long, env = "BARE_SCRIPT")]
    script: PathBuf,
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    let arguments = Arguments::parse();
    let script = fs::read_to_string(&arguments.script)?;
    let pool = PgPoolOptions::new().max_connections(1);
    let pool = pool.connect(&arguments.database_url).await?;
    let (script, pool) = (script.as_str(), &pool);
    lambda_runtime::run(service_fn(async move |_: LambdaEvent<Value>| {
        run(pool, script).await?;
        Ok::<_, Error>(json!({"status": "completed"}))
    }))
    .await
}

async fn run(pool: &PgPool, script: &str) -> anyhow::Result<()> {
    let mut connection = pool.acquire().await?;
    let run = Uuid::new_v4().as_u128() & 0xffff_ffff_ffff;
    let mut variables = BTreeMap::from([
        ("client_id".to_owned(), "'0'".to_owned()),
        ("run".to_owned(), format!("'{run}'")),
    ]);
    for line in script.lines().filter(|line| !line.starts_with("\\set ")) {
        match line.split_once(" \\gset ") {
            None => {
                let sql = filled_in(line, &variables);
                raw_sql(&sql).execute(&mut *connection).await?;
            }
            Some((sql, prefix)) => {
                let sql = filled_in(sql, &variables);
                variables.extend(answer(&mut connection, &sql, prefix).await?);
            }
        }
    }
    Ok(())
}

/// The columns of the one row that `sql` gives, as variables.
async fn answer(
    connection: &mut PgConnection,
    sql: &str,
    prefix: &str,
) -> anyhow::Result<Vec<(String, String)>> {
    let row = raw_sql(sql).fetch_one(connection).await?;
    let mut variables = Vec::new();
    for column in row.columns() {
        let value = row.try_get_raw(column.ordinal())?;
        let text = match value.is_null() {
            true => "null".to_owned(),
            // The simple protocol answers in text.
            false => format!(
                "'{}'",
                value
                    .as_str()
                    .map_err(|e| anyhow::anyhow!(e))?
                    .replace('\'', "''")
            ),
        };
        variables.push((format!("{prefix}{}", column.name()), text));
    }
    Ok(variables)
}

/// `sql` with values for `:name`; `::` is a cast.
fn filled_in(sql: &str, variables: &BTreeMap<String, String>) -> String {
    let mut filled = String::new();
    let mut rest = sql;
    while let Some((before, after)) = rest.split_once(':') {
        filled.push_str(before);
        if let Some(after) = after.strip_prefix(':') {
            filled.push_str("::");
            rest = after;
            continue;
        }
        let is_name = |letter: char| letter.is_ascii_alphanumeric() || letter == '_';
        let end = after.find(|letter| !is_name(letter)).unwrap_or(after.len());
        let (name, after) = after.split_at(end);
        match variables.get(name) {
            Some(value) => filled.push_str(value),
            None => {
                filled.push(':');
                filled.push_str(name);
            }
        }
        rest = after;
    }
    filled + rest
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_filled_in_and_casts_are_not_names() {
        let variables = BTreeMap::from([("run".to_owned(), "'7'".to_owned())]);

        assert_eq!(
            filled_in("select to_hex(:run::bigint), :other", &variables),
            "select to_hex('7'::bigint), :other"
        );
    }
}
