//! How fast and how much the stand-in answers.

use std::time::{Duration, Instant};

use futures_util::future::join_all;
use serde_json::json;
use shared::clients::gemini::{Class, GeminiError};
use sundial_local::gemini::Rate;

use super::world::{World, question, schema, text};

#[tokio::test]
async fn questions_at_the_same_time_are_counted() -> anyhow::Result<()> {
    let world = World::new().await?;
    world.gemini.set_latency(Duration::from_millis(200));
    let schema = schema();
    let begun = Instant::now();
    let asked = (0..3).map(|number| world.ask(&schema, vec![text(&number.to_string())]));
    for answer in join_all(asked).await {
        answer?;
    }
    assert!(
        begun.elapsed() >= Duration::from_millis(200),
        "each takes its time"
    );
    assert_eq!(world.gemini.at_once_max(), 3);
    Ok(())
}

#[tokio::test]
async fn a_slow_answer_ends_with_our_patience() -> anyhow::Result<()> {
    let world = World::new().await?;
    world
        .control("latency", json!({"latency_ms": 60_000}))
        .await?;
    let schema = schema();
    let mut ask = question(&schema, vec![text("ad")]);
    ask.timeout = Duration::from_millis(100);
    let error = world.client.generate(&ask).await.err();
    assert!(matches!(error, Some(GeminiError::TimedOut)), "{error:?}");
    Ok(())
}

#[tokio::test]
async fn above_the_rate_it_says_how_long_to_wait() -> anyhow::Result<()> {
    let world = World::new().await?;
    let rate = Rate {
        requests: 2,
        per_seconds: 60,
    };
    world.gemini.set_rate(Some(rate));
    let schema = schema();
    for _ in 0..2 {
        world.ask(&schema, vec![text("ad")]).await?;
    }
    let error = world.ask(&schema, vec![text("ad")]).await.err();
    let Some(GeminiError::Throttled {
        retry_after: Some(wait),
        ..
    }) = &error
    else {
        anyhow::bail!("{error:?}");
    };
    let (least, most) = (Duration::from_secs(30), Duration::from_secs(60));
    assert!((least..=most).contains(wait), "{wait:?}");
    assert_eq!(error.map(|error| error.class()), Some(Class::Throttled));
    assert_eq!(world.client.throttles().total(), 1);

    world.forget("rate").await?;
    world.ask(&schema, vec![text("ad")]).await?;
    Ok(())
}
