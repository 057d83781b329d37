//! The step that reads the pages of a run's ads.

use std::{
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use chrono::TimeDelta;
use serde_json::Value;
use shared::{
    clients::pages::Pages,
    domain::{Outcome, Report, RunId},
    runtime::Event,
    steps::landing_pages::{AT_ONCE, Options, STALE_AFTER, Tally, read_missing},
};
use sqlx::PgPool;
use tokio::sync::Barrier;

use super::{
    pages_site::{Answer, Site, html, status},
    studio::{Studio, now},
};

const OPTIONS: Options = Options {
    at_most: 100,
    at_once: AT_ONCE,
    stale_after: STALE_AFTER,
    time_left_min: Duration::from_secs(30),
};

impl Studio {
    /// A run whose ads, numbered from 1, lead to these paths of the site.
    async fn leading_to(pool: PgPool, site: &Site, paths: &[&str]) -> Self {
        let studio = Self::new(pool).await;
        studio.world.clock.set(now());
        let ads: Vec<String> = (1..=paths.len()).map(|ad| ad.to_string()).collect();
        let named: Vec<&str> = ads.iter().map(String::as_str).collect();
        studio.insert_units(&named).await;
        for (ad, path) in ads.iter().zip(paths) {
            let url = format!("{}{path}", site.url);
            studio
                .run(
                    studio.brand(),
                    &format!(
                        "insert into meta_ad_destinations (organization_id, brand_id, meta_ad_id, destination_url, canonical_url)
                         select organization_id, id, '{ad}', '{url}?utm=1', '{url}' from brands where id = $1"
                    ),
                )
                .await;
        }
        studio
    }

    async fn read_in(&self, run: RunId, pages: &Pages, options: Options) -> Tally {
        let told = Mutex::new(None);
        self.world
            .deliver_to(Event::Run { run_id: run }, async |run| {
                let tally = read_missing(run, self.brand(), pages, options).await?;
                *told.lock().unwrap() = Some(tally);
                Ok(Outcome::Done(Report::new()))
            })
            .await;
        told.into_inner().unwrap().expect("the step ends well")
    }

    async fn read_pages(&self, site: &Site, options: Options) -> Tally {
        self.read_in(self.run, &site.pages(), options).await
    }

    async fn read_again(&self, site: &Site) -> Tally {
        let run = self.another_run().await;
        self.read_in(run, &site.pages(), OPTIONS).await
    }

    /// Path, state, and hours until the next try.
    async fn page_states(&self, site: &Site) -> Vec<String> {
        let columns = format!(
            "replace(canonical_url, '{}', ''), scrape_status, split_part(scrape_error, ':', 1),
             extract(epoch from next_attempt_at - '{}')::bigint / 3600",
            site.url,
            self.world.clock.now()
        );
        self.rows(&columns, "brand_landing_pages").await
    }

    async fn dataset(&self) -> Vec<String> {
        let columns = "last_status, records_affected";
        let table = "dataset_status where dataset_key = 'landing_pages'";
        self.rows(columns, table).await
    }
}

fn tally(taken_in: u64, read: u64, failed: u64) -> Tally {
    Tally {
        taken_in,
        read,
        failed,
        is_out_of_time: false,
    }
}

/// A page of its own at each path, but for those that tell otherwise.
fn usual(path: &str) -> Option<Answer> {
    match path.split('?').next().unwrap_or_default() {
        "/robots.txt" | "/gone" => None,
        "/busy" => status(503),
        name => html(&format!(
            "<title>Tea</title><h1>At {name}</h1><a href=/buy?s=1>Buy</a>"
        )),
    }
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn pages_of_the_plan_are_read_and_one_that_fails_stops_nobody(pool: PgPool) {
    let site = Site::start(usual).await;
    let studio = Studio::leading_to(pool, &site, &["/a", "/gone", "/busy", "/b", "/a"]).await;

    assert_eq!(studio.read_pages(&site, OPTIONS).await, tally(4, 2, 2));

    let states = [
        "/a scraped",
        "/b scraped",
        "/busy failed http_503 6",
        "/gone failed http_404 720",
    ];
    assert_eq!(studio.page_states(&site).await, states);
    assert_eq!(studio.dataset().await, ["completed 2"]);
    assert!(site.asked().contains(&"/a?utm=1".to_owned()));
    let logs = studio.rows("level, message", "run_logs").await;
    assert!(logs.iter().all(|line| !line.contains("utm")), "{logs:?}");
    let told = logs
        .iter()
        .filter(|line| line.contains("could not be read"));
    assert_eq!(told.count(), 2, "{logs:?}");
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn what_is_written_on_a_page_is_kept(pool: PgPool) {
    let site = Site::start(usual).await;
    let studio = Studio::leading_to(pool, &site, &["/a"]).await;
    studio.read_pages(&site, OPTIONS).await;

    let kept: Value = sqlx::query_scalar(
        "select jsonb_build_object('title', page_title) || extracted_data from brand_landing_pages",
    )
    .fetch_one(&studio.world.pool)
    .await
    .unwrap();
    let expected = serde_json::json!({
        "title": "Tea",
        "markdown": "# At /a\n\nBuy",
        "headline": "At /a",
        "links": [{"text": "Buy", "url": format!("{}/buy", site.url)}],
        "metadata": {"description": null, "og_title": null, "lang": null},
    });
    assert_eq!(kept, expected);
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn a_page_that_was_read_is_left_alone_for_a_while(pool: PgPool) {
    let site = Site::start(usual).await;
    let studio = Studio::leading_to(pool, &site, &["/a", "/busy"]).await;
    studio.read_pages(&site, OPTIONS).await;
    let asked = site.asked().len();

    assert_eq!(studio.read_again(&site).await, tally(0, 0, 0));
    assert_eq!(site.asked().len(), asked);

    studio.world.clock.advance(TimeDelta::hours(6));
    assert_eq!(studio.read_again(&site).await, tally(0, 0, 1));
    let states = ["/a scraped", "/busy failed http_503 12"];
    assert_eq!(
        studio.page_states(&site).await,
        states,
        "it waits longer each time"
    );

    studio.world.clock.advance(STALE_AFTER);
    assert_eq!(studio.read_again(&site).await, tally(0, 1, 1));
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn no_more_pages_are_read_than_asked_for(pool: PgPool) {
    let site = Site::start(usual).await;
    let studio = Studio::leading_to(pool, &site, &["/a", "/b", "/c"]).await;
    let options = Options {
        at_most: 2,
        ..OPTIONS
    };
    assert_eq!(studio.read_pages(&site, options).await, tally(2, 2, 0));
    let states = ["/a scraped", "/b scraped"];
    assert_eq!(
        studio.page_states(&site).await,
        states,
        "those that come first"
    );
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn as_many_pages_are_read_at_once_as_allowed(pool: PgPool) {
    let (now_in, most_in) = (Arc::<AtomicUsize>::default(), Arc::<AtomicUsize>::default());
    let (most, full) = (Arc::clone(&most_in), Arc::new(Barrier::new(AT_ONCE)));
    let site = Site::start_async(move |path| {
        let (now_in, most, full) = (Arc::clone(&now_in), Arc::clone(&most), Arc::clone(&full));
        async move {
            if path != "/robots.txt" {
                most.fetch_max(now_in.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
                full.wait().await;
                now_in.fetch_sub(1, Ordering::SeqCst);
            }
            usual(&path)
        }
    })
    .await;
    let paths = ["/1", "/2", "/3", "/4", "/5", "/6", "/7", "/8"];
    let studio = Studio::leading_to(pool, &site, &paths).await;
    assert_eq!(studio.read_pages(&site, OPTIONS).await, tally(8, 8, 0));
    assert_eq!(most_in.load(Ordering::SeqCst), AT_ONCE);
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn nothing_is_begun_when_time_is_short(pool: PgPool) {
    let site = Site::start(usual).await;
    let studio = Studio::leading_to(pool, &site, &["/a"]).await;
    let options = Options {
        time_left_min: Duration::from_secs(901),
        ..OPTIONS
    };
    let short = Tally {
        is_out_of_time: true,
        ..tally(1, 0, 0)
    };
    assert_eq!(studio.read_pages(&site, options).await, short);
    assert!(site.asked().is_empty());
    assert!(studio.dataset().await.is_empty(), "it is not done");
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn a_run_that_was_killed_goes_on_where_it_was(pool: PgPool) {
    let asked = Arc::<AtomicUsize>::default();
    let site = Site::start(move |path| {
        let is_page = path != "/robots.txt";
        if is_page && asked.fetch_add(1, Ordering::SeqCst) == 1 {
            return Some(Answer::Silence);
        }
        usual(path)
    })
    .await;
    let studio = Studio::leading_to(pool, &site, &["/a", "/b", "/c"]).await;
    let one = Options {
        at_once: 1,
        ..OPTIONS
    };
    tokio::select! {
        ended = studio.read_pages(&site, one) => panic!("{ended:?}"),
        () = site.silence.notified() => {}
    }
    let states = studio.page_states(&site).await;
    let read = states.iter().filter(|state| state.ends_with("scraped"));
    assert_eq!((read.count(), states.len()), (1, 3), "{states:?}");

    assert_eq!(studio.read_again(&site).await, tally(0, 2, 0));

    let states = ["/a scraped", "/b scraped", "/c scraped"];
    assert_eq!(studio.page_states(&site).await, states);
    let asked = site.asked();
    let pages = asked.iter().filter(|path| *path != "/robots.txt");
    assert_eq!(
        pages.count(),
        4,
        "what was read is not read again: {asked:?}"
    );
}
