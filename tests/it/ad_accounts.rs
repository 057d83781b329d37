//! Rows of `brand_ad_accounts` when several jobs, people and tenants write to them.

use chrono::TimeDelta;
use shared::{
    domain::BrandId,
    store::{
        Tx,
        ad_accounts::{self, AdAccount, Facts, Linked, NewLink},
    },
};
use sqlx::PgPool;

use crate::world::World;

const ACCOUNT: &str = "act_1";

async fn link(world: &World, account: &str, is_primary: Option<bool>) -> Linked {
    let link = NewLink {
        brand: BrandId(world.brand),
        account,
        is_primary,
        token: None,
        user_name: None,
        facts: &Facts::default(),
    };
    let mut tx = world.worker.db.begin().await.unwrap();
    let linked = ad_accounts::link(&mut tx, &link, world.clock.now()).await;
    tx.commit().await.unwrap();
    linked.unwrap()
}

async fn begin(world: &World) -> Tx {
    world.worker.db.begin().await.unwrap()
}

async fn accounts(world: &World) -> Vec<AdAccount> {
    let mut tx = begin(world).await;
    let accounts = ad_accounts::of_brand(&mut tx, BrandId(world.brand)).await;
    accounts.unwrap()
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn a_longer_pause_is_never_shortened(pool: PgPool) {
    let world = World::new(pool).await;
    link(&world, ACCOUNT, None).await;
    let now = world.clock.now();
    let mut tx = begin(&world).await;
    assert_eq!(ad_accounts::pause_of(&mut tx, ACCOUNT).await.unwrap(), None);

    for (minutes, reason, is_news) in [
        (30, "first", true),
        (10, "shorter", false),
        (60, "longer", true),
    ] {
        let until = now + TimeDelta::minutes(minutes);
        let paused = ad_accounts::pause(&mut tx, ACCOUNT, until, reason).await;
        assert_eq!(paused.unwrap(), is_news, "{reason}");
    }

    let pause = ad_accounts::pause_of(&mut tx, ACCOUNT).await.unwrap();
    assert_eq!(
        pause,
        Some((now + TimeDelta::minutes(60), "longer".to_owned()))
    );
    assert!(
        !ad_accounts::pause(&mut tx, "act_2", now, "of nobody")
            .await
            .unwrap()
    );
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn what_is_known_of_an_account_is_not_replaced_by_nothing(pool: PgPool) {
    let world = World::new(pool).await;
    link(&world, ACCOUNT, None).await;
    let text = |text: &str| Some(text.to_owned());
    let known = Facts {
        name: text("Tea\u{0} & more\n"),
        currency: text("EUR"),
        timezone_name: text("Europe/Berlin"),
        account_status: Some(1),
    };
    let odd = Facts {
        name: text("\u{0}"),
        currency: text("euro"),
        ..Facts::default()
    };

    for facts in [known, Facts::default(), odd] {
        let mut tx = begin(&world).await;
        let noted = ad_accounts::record_facts(&mut tx, ACCOUNT, &facts, world.clock.now()).await;
        noted.unwrap();
        tx.commit().await.unwrap();
    }

    let account = accounts(&world).await.remove(0);
    assert_eq!(account.name.as_deref(), Some("Tea & more"));
    assert_eq!(account.currency.as_deref(), Some("EUR"));
    assert_eq!(account.timezone_name.as_deref(), Some("Europe/Berlin"));
    let status = "select count(*) from brand_ad_accounts where account_status = 1";
    assert_eq!(world.count(status).await, 1);
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn of_accounts_linked_at_the_same_moment_one_is_primary(pool: PgPool) {
    let world = World::new(pool).await;

    for round in 0..5 {
        let names = [format!("act_{round}1"), format!("act_{round}2")];
        let (one, two) = tokio::join!(
            link(&world, &names[0], Some(true)),
            link(&world, &names[1], Some(true)),
        );
        assert_eq!([one, two], [Linked::New, Linked::New]);
        let all = accounts(&world).await;
        assert_eq!(all.iter().filter(|it| it.is_primary).count(), 1);
        assert!(
            names.contains(&all[0].account),
            "the primary one comes first"
        );
    }
}
