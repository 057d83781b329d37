//! The pages that ads lead to.

use std::slice;

use serde_json::{Value, json};
use sqlx::PgPool;
use sundial_local::gemini::faults::Wrong;

use super::agency::Agency;
use crate::classification::pages_site::{Site, html, status};

const SHOP: &str = "<html><head><title>Shop</title></head><body><h1>Sleep better</h1>\
                    <p>Our pillow is filled with buckwheat. It stays cool all night.</p></body></html>";

/// A shop with one page that can be read and one that cannot.
pub async fn shop() -> Site {
    Site::start(|path| match path.split('?').next() {
        Some("/pillow") => html(SHOP),
        Some("/gone") => status(410),
        _ => None,
    })
    .await
}

pub async fn at_the_shop(pool: PgPool, site: &Site, params: Value) -> Agency {
    let trusted = slice::from_ref(&site.url);
    Agency::with(pool, params, |settings| {
        settings.media.trusted_origins.extend_from_slice(trusted);
    })
    .await
}

impl Agency {
    pub async fn leads_to(&self, ad: &str, url: &str) {
        sqlx::query(
            "insert into meta_ad_destinations (organization_id, brand_id, meta_ad_id, destination_url, canonical_url)
             select organization_id, id, $2, $3 || '?utm=1', $3 from brands where id = $1",
        )
        .bind(self.world.brand)
        .bind(ad)
        .bind(url)
        .execute(&self.world.pool)
        .await
        .unwrap();
    }

    /// Lets Gemini say of the next page to whom it speaks.
    pub fn says_of_the_page(&self, level: &str) {
        let answer = json!({"landing_page_awareness_level": level, "landing_page_confidence": 0.9});
        self.goes_wrong("The page", 1, Wrong::Say(answer.to_string()));
    }

    async fn count(&self, what: &str) -> Option<String> {
        self.value(&format!("select count(*) from {what}")).await
    }

    pub fn asked_about(&self, what: &str) -> usize {
        let seen = self.gemini.seen();
        seen.iter().filter(|seen| seen.text.contains(what)).count()
    }
}

/// Two pictures and a video whose ads lead to the same page.
pub async fn three_to_one_page(pool: PgPool, site: &Site) -> Agency {
    let agency = at_the_shop(pool, site, json!({"scrape_missing_lp": true})).await;
    for ad in ["1", "2"] {
        agency.ad(ad, 10).await;
        agency.image(ad, 0).await;
    }
    agency.ad_with("3", 30, "null", "true").await;
    agency.video("3", 1_000).await;
    for ad in ["1", "2", "3"] {
        agency.leads_to(ad, &format!("{}/pillow", site.url)).await;
    }
    agency
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn a_page_is_read_and_judged_once_for_all_ads_that_lead_there(pool: PgPool) {
    let site = shop().await;
    let agency = three_to_one_page(pool, &site).await;
    agency.says_of_the_page("solution_aware");

    let run = agency.run().await;

    assert_eq!(run.status, "completed", "{:?}", run.error);
    assert_eq!(run.metadata["pages_read"], json!(1));
    assert_eq!(
        agency.asked_about("buckwheat"),
        2,
        "its level, and the video beside it"
    );
    let complete =
        "ad_creative_classifications c join brand_landing_pages p on p.id = c.landing_page_id
                    where p.scrape_status = 'analyzed' and p.page_title = 'Shop'
                      and c.landing_page_awareness_level = p.awareness_level and p.awareness_level = 'solution_aware'";
    assert_eq!(agency.count(complete).await.as_deref(), Some("3"));
    let dataset = "select last_status from dataset_status where dataset_key = 'landing_pages'";
    assert_eq!(agency.value(dataset).await.as_deref(), Some("completed"));

    let asked = agency.asked();
    agency.run().await;
    assert_eq!(agency.asked(), asked, "all of it is known");
    let pages = site
        .asked()
        .iter()
        .filter(|path| path.starts_with("/pillow"))
        .count();
    assert_eq!(pages, 1);
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn a_video_is_compared_with_its_page_in_five_dimensions(pool: PgPool) {
    let site = shop().await;
    let agency = three_to_one_page(pool, &site).await;

    agency.run().await;

    let compared =
        "select jsonb_array_length(congruence_components) from ad_creative_classifications
                     where meta_ad_id = '3' and congruence_overall between 0 and 1";
    assert_eq!(agency.value(compared).await.as_deref(), Some("5"));
    let pictures =
        "ad_creative_classifications where meta_ad_id <> '3' and congruence_components = '[]'";
    assert_eq!(agency.count(pictures).await.as_deref(), Some("2"));
    let seen = agency.gemini.seen();
    let told = seen
        .iter()
        .find(|seen| seen.text.contains("landing_page\""))
        .unwrap();
    let data: Value = serde_json::from_str(told.text.lines().last().unwrap()).unwrap();
    assert_eq!(data["landing_page"]["headline"], "Sleep better");
    assert!(data["video"].get("hook_spoken").is_some(), "{data}");
    assert_eq!(told.parts.len(), 1, "nothing is watched again");
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn a_comparison_that_fails_leaves_the_classification_as_it_is(pool: PgPool) {
    let site = shop().await;
    let agency = three_to_one_page(pool, &site).await;
    agency.goes_wrong(
        "What is known of both",
        9,
        Wrong::Say("I would rather not".to_owned()),
    );

    let run = agency.run().await;

    assert_eq!(agency.unit(&run, "3").await, "classified");
    let empty =
        "ad_creative_classifications where meta_ad_id = '3' and congruence_components = '[]'
                 and congruence_score is not null";
    assert_eq!(agency.count(empty).await.as_deref(), Some("1"));
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn pages_are_left_alone_unless_they_are_wanted(pool: PgPool) {
    let site = shop().await;
    let agency = at_the_shop(pool, &site, json!({})).await;
    agency.ad("1", 10).await;
    agency.image("1", 0).await;
    agency.leads_to("1", &format!("{}/pillow", site.url)).await;

    let run = agency.run().await;

    assert_eq!(agency.unit(&run, "1").await, "classified");
    assert_eq!(site.asked(), Vec::<String>::new());
    assert!(run.metadata.get("pages_read").is_none(), "{}", run.metadata);
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn a_page_that_cannot_be_read_stops_no_ad(pool: PgPool) {
    let site = shop().await;
    let agency = at_the_shop(pool, &site, json!({"scrape_missing_lp": true})).await;
    agency.ad("1", 10).await;
    agency.image("1", 0).await;
    agency.leads_to("1", &format!("{}/gone", site.url)).await;

    let run = agency.run().await;

    assert_eq!(agency.unit(&run, "1").await, "classified");
    assert_eq!(run.metadata["pages_failed"], json!(1));
    let dataset = "select last_status from dataset_status where dataset_key = 'landing_pages'";
    assert_eq!(agency.value(dataset).await.as_deref(), Some("failed"));
    let warning = "select warnings[1] from scheduled_job_runs";
    let warning = agency.value(warning).await.unwrap();
    assert!(warning.starts_with("1 of 1 landing pages"), "{warning}");
    let why = "select scrape_error from brand_landing_pages";
    let why = agency.value(why).await.unwrap();
    assert!(why.starts_with("http_410"), "{why}");
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn a_page_that_gemini_will_not_judge_is_not_asked_about_again(pool: PgPool) {
    let site = shop().await;
    let agency = three_to_one_page(pool, &site).await;
    agency.goes_wrong("The page", 9, Wrong::Block("SAFETY".to_owned()));
    let run = agency.run().await;
    assert_eq!(run.metadata["new_count"], json!(3));
    let asked = agency.asked();

    agency.run().await;

    assert_eq!(agency.asked(), asked);
    let page = "brand_landing_pages where scrape_status = 'analyzed' and awareness_level is null";
    assert_eq!(agency.count(page).await.as_deref(), Some("1"));
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn a_page_that_gemini_had_no_time_for_is_judged_by_the_next_run(pool: PgPool) {
    let site = shop().await;
    let agency = three_to_one_page(pool, &site).await;
    agency.goes_wrong("The page", 3, Wrong::Status(503));
    agency.run().await;
    let unknown = "brand_landing_pages where scrape_status = 'scraped'";
    assert_eq!(agency.count(unknown).await.as_deref(), Some("1"));
    agency.says_of_the_page("solution_aware");

    let run = agency.run().await;

    assert_eq!(agency.count(unknown).await.as_deref(), Some("0"));
    assert_eq!(run.metadata["cached_count"], json!(3));
    let told = "ad_creative_classifications where landing_page_awareness_level = 'solution_aware'
                and congruence_notes is not null";
    assert_eq!(
        agency.count(told).await.as_deref(),
        Some("3"),
        "they know it by now"
    );
}
