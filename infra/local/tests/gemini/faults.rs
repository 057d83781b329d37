//! What the stand-in gets wrong when told so, and what our client makes of it.

use std::time::Duration;

use chrono::DateTime;
use serde_json::json;
use shared::clients::gemini::{Class, GeminiError};
use sundial_local::gemini::faults::{Fault, On, Wrong};

use super::world::{World, schema, text};

/// The error after this went wrong.
async fn after(world: &World, wrong: Wrong) -> anyhow::Result<GeminiError> {
    world.gemini.order(Fault::next(wrong.clone()))?;
    let error = world.ask(&schema(), vec![text("ad")]).await.err();
    error.ok_or_else(|| anyhow::anyhow!("{wrong:?} went well"))
}

#[tokio::test]
async fn answers_go_wrong_in_every_way_and_are_paid() -> anyhow::Result<()> {
    let world = World::new().await?;
    for (wrong, class) in [
        (Wrong::Block("SAFETY".to_owned()), Class::Input),
        (Wrong::PromptBlock("OTHER".to_owned()), Class::Input),
        (Wrong::Truncated, Class::Input),
        (Wrong::Say(String::new()), Class::Answer),
        (Wrong::Say("I cannot.".to_owned()), Class::Answer),
        (Wrong::Fenced, Class::Answer),
        (Wrong::WrongEnum, Class::Answer),
        (Wrong::MissingRequired, Class::Answer),
        (Wrong::WrongType, Class::Answer),
        (Wrong::ExtraProperty, Class::Answer),
    ] {
        let error = after(&world, wrong.clone()).await?;
        assert_eq!(error.class(), class, "{wrong:?}: {error:?}");
        let usage = error.usage().unwrap_or_default();
        assert!(usage.input_tokens > 0, "{wrong:?}: {error:?}");
    }
    world.ask(&schema(), vec![text("ad")]).await?;
    Ok(())
}

#[tokio::test]
async fn a_value_that_is_none_of_its_enum_is_told_by_its_place() -> anyhow::Result<()> {
    let world = World::new().await?;
    let error = after(&world, Wrong::WrongEnum).await?;
    let is_there = matches!(&error, GeminiError::SchemaMismatch { path, .. } if path == "/hook");
    assert!(is_there, "{error:?}");
    Ok(())
}

#[tokio::test]
async fn statuses_and_quotas_are_googles() -> anyhow::Result<()> {
    let world = World::new().await?;
    for (status, class) in [
        (400, Class::Input),
        (403, Class::Config),
        (404, Class::Config),
        (500, Class::Transient),
        (503, Class::Transient),
        (504, Class::Transient),
    ] {
        let error = after(&world, Wrong::Status(status)).await?;
        assert_eq!(error.class(), class, "{status}: {error:?}");
    }
    let minute = Wrong::Throttle {
        retry_delay: Some("1.5s".to_owned()),
        is_daily: false,
    };
    let error = after(&world, minute).await?;
    assert_eq!(error.class(), Class::Throttled);
    assert_eq!(
        error.pause(DateTime::UNIX_EPOCH),
        Duration::from_millis(2_500),
        "what it asks for and a second"
    );
    let day = Wrong::Throttle {
        retry_delay: None,
        is_daily: true,
    };
    assert_eq!(after(&world, day).await?.class(), Class::Daily);
    Ok(())
}

#[tokio::test]
async fn a_fault_can_be_for_one_ad_and_for_several_times() -> anyhow::Result<()> {
    let world = World::new().await?;
    let order = json!({"contains": "bad", "times": 2, "wrong": {"status": 503}});
    world.control("faults", order).await?;

    world.ask(&schema(), vec![text("a good ad")]).await?;
    for _ in 0..2 {
        let error = world.ask(&schema(), vec![text("a bad ad")]).await.err();
        assert!(
            matches!(error, Some(GeminiError::Unavailable { .. })),
            "{error:?}"
        );
    }
    world.ask(&schema(), vec![text("a bad ad")]).await?;
    Ok(())
}

#[tokio::test]
async fn faults_can_be_forgotten() -> anyhow::Result<()> {
    let world = World::new().await?;
    world.gemini.order(Fault::next(Wrong::Truncated))?;
    world.gemini.order(Fault {
        on: On::Files,
        ..Fault::next(Wrong::Status(500))
    })?;
    assert!(world.client.file("files/a").await.is_err());
    world.forget("faults").await?;
    world.ask(&schema(), vec![text("ad")]).await?;
    Ok(())
}
