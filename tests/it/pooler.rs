//! Behind a real PgBouncer in transaction mode: many clients share few servers, and every answer is right.

use std::{
    io::{BufRead, BufReader, Write},
    net::TcpListener,
    os::unix::fs::MetadataExt,
    process::{Child, Command, Stdio},
};

use chrono::TimeDelta;
use futures_util::future::join_all;
use shared::{
    config::{Pooling, Secret},
    domain::{JobId, OrganizationId, Outcome, Report},
    runtime::{self, Worker},
    store::{Database, Scope},
};
use sqlx::{ConnectOptions, Executor, PgPool, Row, postgres::PgConnectOptions};
use tempfile::TempDir;
use url::Url;
use uuid::Uuid;

use crate::world::{World, at};

/// Clients at the same time, eight to a server.
const CLIENTS: usize = 24;
/// Statements of each client.
const STATEMENTS: usize = 40;

/// A PgBouncer of this test; it ends with the value.
struct Pooler {
    process: Child,
    url: Secret,
    _folder: TempDir,
}

impl Pooler {
    /// `None`: it is not installed, which a machine that promises all tests may not say.
    fn before(pool: &PgPool) -> Option<Self> {
        if Command::new("pgbouncer").arg("--version").output().is_err() {
            assert!(std::env::var_os("CI").is_none(), "install PgBouncer");
            eprintln!("SKIPPED: PgBouncer is not installed");
            return None;
        }
        let mut url: Url = pool.connect_options().to_url_lossy();
        let port = free_port();
        let folder = tempfile::tempdir().unwrap();
        let settings = folder.path().join("pgbouncer.ini");
        let mut file = std::fs::File::create(&settings).unwrap();
        write!(
            file,
            "[databases]\n* = host={} port={} user={} password={}\n\
             [pgbouncer]\nlisten_addr = 127.0.0.1\nlisten_port = {port}\nunix_socket_dir =\n\
             auth_type = any\npool_mode = transaction\ndefault_pool_size = 3\n",
            url.host_str().unwrap(),
            url.port().unwrap(),
            url.username(),
            url.password().unwrap_or_default(),
        )
        .unwrap();
        let mut command = Command::new("pgbouncer");
        if folder.path().metadata().unwrap().uid() == 0 {
            // Like PostgreSQL it does not run as root.
            command.args(["-u", "nobody"]);
        }
        let command = command.arg(&settings).stderr(Stdio::piped());
        let mut process = command.spawn().unwrap();
        let said = BufReader::new(process.stderr.take().unwrap());
        let mut lines = said.lines().map_while(Result::ok);
        assert!(
            lines.any(|line| line.contains("process up")),
            "PgBouncer did not start"
        );
        // What it says later must not fill the pipe.
        std::thread::spawn(move || lines.count());
        url.set_port(Some(port)).unwrap();
        url.set_query(None);
        Some(Self {
            process,
            url: Secret::new(url),
            _folder: folder,
        })
    }

    fn client(&self) -> Database {
        Database::open(&self.url, Pooling::Transaction).unwrap()
    }
}

impl Drop for Pooler {
    fn drop(&mut self) {
        self.process.kill().unwrap();
        self.process.wait().unwrap();
    }
}

fn free_port() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    listener.local_addr().unwrap().port()
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn every_client_gets_the_answers_to_its_own_statements(pool: PgPool) {
    let Some(pooler) = Pooler::before(&pool) else {
        return;
    };
    let clients = (0..CLIENTS).map(async |client| {
        let db = pooler.client();
        let mut right = 0;
        for number in 0..STATEMENTS {
            // Half of the texts are every client's, and half are one client's alone.
            let (sql, wanted) = if number % 2 == 0 {
                (format!("select $1::int + {number}"), client + number)
            } else {
                (format!("select $1::int * 100 + {client}"), client * 101)
            };
            let mut tx = db.begin().await.unwrap();
            let asked = sqlx::query_scalar::<_, i32>(&sql).bind(i32::try_from(client).unwrap());
            let answer = asked.fetch_one(&mut *tx).await.unwrap();
            right += usize::from(usize::try_from(answer).unwrap() == wanted);
            tx.commit().await.unwrap();
        }
        right
    });

    assert_eq!(join_all(clients).await, [STATEMENTS; CLIENTS]);
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn runs_are_claimed_and_settled(pool: PgPool) {
    let world = World::new(pool).await;
    let Some(pooler) = Pooler::before(&world.pool) else {
        return;
    };
    let mut jobs = vec![];
    for _ in 0..CLIENTS {
        jobs.push(world.daily_job().await);
    }
    world.clock.set(at("2026-11-20T06:00:00Z"));
    let unlimited = "update job_types set running_max = null, running_per_brand_max = null";
    sqlx::query(unlimited).execute(&world.pool).await.unwrap();

    join_all(jobs.iter().map(|job| deliver(&world, &pooler, *job))).await;

    for job in jobs {
        assert_eq!(world.verdicts(job).await, ["06:00 #1 completed"]);
    }
}

async fn deliver(world: &World, pooler: &Pooler, job: JobId) {
    let worker = Worker {
        db: pooler.client(),
        ..world.worker.clone()
    };
    let deadline = world.clock.now() + TimeDelta::minutes(15);
    let work = async |run: &runtime::Run<shared::domain::AssetDownloadParams>| {
        run.checkpoint(None).await?;
        Ok(Outcome::Done(Report::new()))
    };
    let delivered = runtime::deliver(&worker, world.tick(job), deadline, &work).await;
    delivered.unwrap();
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn limits_of_a_transaction_end_with_it(pool: PgPool) {
    let Some(pooler) = Pooler::before(&pool) else {
        return;
    };
    let limits = "select concat_ws(' ', current_setting('statement_timeout'),
                                   current_setting('idle_in_transaction_session_timeout'))";

    let mut tx = pooler.client().begin().await.unwrap();
    let within: String = sqlx::query_scalar(limits)
        .fetch_one(&mut *tx)
        .await
        .unwrap();
    tx.commit().await.unwrap();
    let stranger: PgConnectOptions = pooler.url.expose().parse().unwrap();
    let mut stranger = stranger.extra_float_digits(None).connect().await.unwrap();
    let rows = stranger.fetch_one(sqlx::raw_sql(limits)).await.unwrap();
    let after: String = rows.get(0);

    assert_eq!((within.as_str(), after.as_str()), ("30s 30s", "0 0"));
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn the_scope_of_a_transaction_ends_with_it(pool: PgPool) {
    let Some(pooler) = Pooler::before(&pool) else {
        return;
    };
    let organizations: Vec<Uuid> = (0..3).map(|_| Uuid::new_v4()).collect();
    for id in &organizations {
        let add = "insert into organizations (id, name) values ($1, $1::text)";
        sqlx::query(add).bind(id).execute(&pool).await.unwrap();
    }
    let whose = "select concat_ws(' ', current_user = session_user,
                                  nullif(current_setting('sundial.organization_id', true), ''),
                                  (select string_agg(name, ' ' order by name) from organizations))";
    let all = {
        let mut names: Vec<String> = organizations.iter().map(Uuid::to_string).collect();
        names.sort();
        format!("t {}", names.join(" "))
    };

    let clients = (0..CLIENTS).map(async |client| {
        let db = pooler.client();
        let mut right = 0;
        for number in 0..STATEMENTS {
            // Each of the three in turn, and then everybody's.
            let own = organizations.get((client + number) % 4);
            let scope = own.map_or(Scope::Installation, |id| {
                Scope::Organization(OrganizationId(*id))
            });
            let mut tx = db.within(scope).begin().await.unwrap();
            let answer: String = sqlx::query_scalar(whose).fetch_one(&mut *tx).await.unwrap();
            right += usize::from(answer == own.map_or(all.clone(), |id| format!("f {id} {id}")));
            // Some transactions are given up.
            if number % 3 > 0 {
                tx.commit().await.unwrap();
            }
        }
        right
    });

    assert_eq!(join_all(clients).await, [STATEMENTS; CLIENTS]);
    let stranger: PgConnectOptions = pooler.url.expose().parse().unwrap();
    let mut stranger = stranger.extra_float_digits(None).connect().await.unwrap();
    for _ in 0..CLIENTS {
        let rows = stranger.fetch_one(sqlx::raw_sql(whose)).await.unwrap();
        assert_eq!(rows.get::<String, _>(0), all);
    }
}
