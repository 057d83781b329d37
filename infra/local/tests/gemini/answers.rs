//! What the stand-in answers when nothing goes wrong.

use serde_json::{Value, json};
use shared::clients::gemini::{Answer, GeminiError};

use super::world::{World, client, picture, question, schema, text};

#[tokio::test]
async fn answers_have_the_shape_asked_for_whatever_is_shown() -> anyhow::Result<()> {
    let world = World::new().await?;
    let mut hooks = std::collections::BTreeSet::new();
    for number in 0..60 {
        // The client checks each against the schema.
        let answer = world
            .ask(&schema(), vec![text(&format!("ad {number}"))])
            .await?;
        hooks.insert(answer.value["hook"].to_string());
        assert_eq!(answer.model, "stand-in");
    }
    assert_eq!(hooks.len(), 3, "every member of an enum comes at some time");
    Ok(())
}

#[tokio::test]
async fn the_same_is_answered_the_same_and_another_medium_otherwise() -> anyhow::Result<()> {
    let (world, other) = (World::new().await?, World::new().await?);
    let shown = |bytes| vec![picture(bytes), text("copy")];
    let first = world.ask(&schema(), shown(b"first")).await?;

    assert_eq!(first, world.ask(&schema(), shown(b"first")).await?);
    assert_eq!(first, other.ask(&schema(), shown(b"first")).await?);
    assert_ne!(
        first.value,
        world.ask(&schema(), shown(b"second")).await?.value
    );
    let other_copy = vec![picture(b"first"), text("other copy")];
    assert_ne!(first.value, world.ask(&schema(), other_copy).await?.value);
    Ok(())
}

#[tokio::test]
async fn places_in_a_video_ascend_and_start_before_they_end() -> anyhow::Result<()> {
    let world = World::new().await?;
    for number in 0..20 {
        let Answer { value, .. } = world
            .ask(&schema(), vec![text(&number.to_string())])
            .await?;
        let claims = value["claims"].as_array().cloned().unwrap_or_default();
        let place = |claim: &Value, name: &str| claim[name].as_f64().unwrap_or(f64::NAN);
        let places: Vec<f64> = claims
            .iter()
            .flat_map(|claim| [place(claim, "start_sec"), place(claim, "end_sec")])
            .collect();
        assert!(places.len() >= 4 && places.is_sorted(), "{places:?}");
        let is_within = places.iter().all(|place| (0.0..=30.0).contains(place));
        assert!(is_within, "no longer than a video: {places:?}");
    }
    Ok(())
}

#[tokio::test]
async fn tokens_are_counted_and_thoughts_are_among_them() -> anyhow::Result<()> {
    let world = World::new().await?;
    let schema = json!({"type": "object", "properties": {}, "additionalProperties": false});
    // 18 characters of system, 8 of text.
    let Answer { usage, .. } = world
        .ask(&schema, vec![picture(b"a"), text("12345678")])
        .await?;
    assert_eq!(usage.input_tokens, 258 + 2 + 5);
    assert_eq!(usage.output_tokens, 1 + 16, "{{}} and the thoughts");
    assert_eq!(usage.total_tokens, usage.input_tokens + usage.output_tokens);
    Ok(())
}

#[tokio::test]
async fn an_answer_longer_than_allowed_is_cut_off() -> anyhow::Result<()> {
    let world = World::new().await?;
    let schema = schema();
    let mut ask = question(&schema, vec![text("ad")]);
    ask.output_tokens_max = 20;
    let error = world.client.generate(&ask).await.err();
    assert!(
        matches!(error, Some(GeminiError::Truncated { .. })),
        "{error:?}"
    );
    let usage = error.and_then(|error| error.usage()).unwrap_or_default();
    assert_eq!(usage.output_tokens, 20);
    Ok(())
}

#[tokio::test]
async fn everything_asked_can_be_looked_up_and_the_key_is_in_a_header_only() -> anyhow::Result<()> {
    let world = World::new().await?;
    world
        .ask(&schema(), vec![text("copy"), picture(b"medium")])
        .await?;

    let seen = world.gemini.seen();
    let [asked] = seen.as_slice() else {
        anyhow::bail!("one request, not {}", seen.len());
    };
    assert_eq!(
        asked.line,
        "POST /v1beta/models/gemini-flash-latest:generateContent"
    );
    assert_eq!(
        (asked.model.as_str(), asked.text.as_str()),
        ("gemini-flash-latest", "copy")
    );
    assert_eq!(asked.system, "Say what it shows.");
    assert!(
        asked.headers.contains("x-goog-api-key: stand-in\n"),
        "{}",
        asked.headers
    );
    let parts: Vec<_> = asked
        .parts
        .iter()
        .map(|part| (part.kind, part.bytes))
        .collect();
    assert_eq!(parts, [("inline", 6), ("text", 4)]);
    let sha256 = "c082456a7766e23a18db084cd34b6ff510baef506548b897cc80e9b7d3e121c8";
    assert_eq!(
        asked.parts.first().map(|part| part.sha256.as_str()),
        Some(sha256)
    );
    Ok(())
}

#[tokio::test]
async fn a_wrong_key_no_key_and_a_retired_model_are_refused() -> anyhow::Result<()> {
    let world = World::new().await?;
    let schema = schema();
    let ask = question(&schema, vec![text("ad")]);
    let error = client(&world.gemini.url(), "another")?
        .generate(&ask)
        .await
        .err();
    assert!(
        matches!(error, Some(GeminiError::Denied { status: 400, .. })),
        "{error:?}"
    );

    let url = format!("{}/v1beta/files", world.gemini.url());
    assert_eq!(
        world.http.get(url).send().await?.status().as_u16(),
        403,
        "no key at all"
    );

    world.gemini.set_models(&["gemini-pro-latest"]);
    let error = world.client.generate(&ask).await.err();
    assert!(
        matches!(error, Some(GeminiError::NoSuchModel { .. })),
        "{error:?}"
    );
    world
        .control("models", json!(["gemini-flash-latest"]))
        .await?;
    world.client.generate(&ask).await?;
    Ok(())
}

#[tokio::test]
async fn a_request_above_20_mb_is_refused() -> anyhow::Result<()> {
    let world = World::new().await?;
    static LARGE: [u8; 16 << 20] = [7; 16 << 20];
    let error = world.ask(&schema(), vec![picture(&LARGE)]).await.err();
    assert!(
        matches!(error, Some(GeminiError::Invalid { status: 400, .. })),
        "{error:?}"
    );
    // Base64 makes four bytes of three.
    let just_below = LARGE.get(..15_000_000).unwrap_or_default();
    world.ask(&schema(), vec![picture(just_below)]).await?;
    Ok(())
}
