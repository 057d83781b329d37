//! Files at the stand-in.

use bytes::Bytes;
use futures_util::stream;
use serde_json::json;
use shared::clients::gemini::{FileState, GeminiError, Part, RemoteFile, Upload};
use sundial_local::gemini::{
    Processing,
    faults::{Fault, On, Wrong},
};

use super::world::{World, schema, text};

async fn given(
    world: &World,
    name: &str,
    mime: &str,
    medium: &'static [u8],
) -> anyhow::Result<RemoteFile> {
    let upload = Upload {
        name,
        mime,
        bytes_total: u64::try_from(medium.len())?,
    };
    let body = stream::iter([Ok::<_, std::io::Error>(Bytes::from_static(medium))]);
    Ok(world.client.upload(&upload, body).await?)
}

fn shown(file: &RemoteFile) -> Vec<Part> {
    let file = Part::File {
        mime: "video/mp4".to_owned(),
        uri: file.uri.clone(),
    };
    vec![file, text("copy")]
}

#[tokio::test]
async fn a_video_is_processed_then_watched_then_deleted() -> anyhow::Result<()> {
    let world = World::new().await?;
    let file = given(&world, "files/a-1", "video/mp4", b"video").await?;
    assert_eq!(
        (file.state.clone(), file.bytes),
        (FileState::Processing, Some(5))
    );
    let error = world.ask(&schema(), shown(&file)).await.err();
    assert!(
        matches!(error, Some(GeminiError::Invalid { .. })),
        "too early: {error:?}"
    );

    let mut states = Vec::new();
    for _ in 0..2 {
        states.push(world.client.file("files/a-1").await?.map(|file| file.state));
    }
    assert_eq!(
        states,
        [Some(FileState::Processing), Some(FileState::Active)]
    );
    let answer = world.ask(&schema(), shown(&file)).await?;
    assert!(answer.usage.input_tokens > 258, "a second of video");
    let seen = world.gemini.seen();
    let part = seen.last().and_then(|seen| seen.parts.first());
    assert_eq!(part.map(|part| (part.kind, part.bytes)), Some(("file", 5)));

    world.client.delete("files/a-1").await?;
    world.client.delete("files/a-1").await?;
    assert!(world.gemini.files().is_empty());
    assert_eq!(world.client.file("files/a-1").await?, None);
    let error = world.ask(&schema(), shown(&file)).await.err();
    assert!(matches!(error, Some(GeminiError::NoSuchFile)), "{error:?}");
    Ok(())
}

#[tokio::test]
async fn what_a_file_shows_and_not_its_name_decides_the_answer() -> anyhow::Result<()> {
    let world = World::new().await?;
    world.gemini.set_processing(Some(Processing {
        looks: 0,
        fails: false,
    }));
    let mut answers = Vec::new();
    for (name, medium) in [
        ("files/a", b"one" as &[u8]),
        ("files/b", b"one"),
        ("files/c", b"two"),
    ] {
        let file = given(&world, name, "video/mp4", medium).await?;
        answers.push(world.ask(&schema(), shown(&file)).await?.value);
    }
    let [a, b, c] = answers.as_slice() else {
        anyhow::bail!("three answers");
    };
    assert_eq!(a, b);
    assert_ne!(a, c);
    Ok(())
}

#[tokio::test]
async fn processing_can_fail_and_take_longer() -> anyhow::Result<()> {
    let world = World::new().await?;
    world
        .control("processing", json!({"looks": 2, "fails": true}))
        .await?;
    given(&world, "files/a", "video/mp4", b"video").await?;
    let mut last = None;
    for _ in 0..3 {
        last = world.client.file("files/a").await?.map(|file| file.state);
    }
    let reason = "The file could not be processed.".to_owned();
    assert_eq!(last, Some(FileState::Failed { reason }));

    world.forget("processing").await?;
    let picture = given(&world, "files/b", "image/png", b"picture").await?;
    assert_eq!(picture.state, FileState::Active);
    Ok(())
}

#[tokio::test]
async fn the_list_has_pages() -> anyhow::Result<()> {
    let world = World::new().await?;
    assert_eq!(world.get("/v1beta/files").await?, (200, json!({})));
    for name in ["files/a", "files/b", "files/c"] {
        given(&world, name, "image/png", b"picture").await?;
    }
    let mut names = Vec::new();
    let mut token = String::new();
    loop {
        let path = format!("/v1beta/files?pageSize=2&pageToken={token}");
        let (_, page) = world.get(&path).await?;
        let files = page["files"].as_array().cloned().unwrap_or_default();
        names.push(
            files
                .iter()
                .map(|file| file["name"].clone())
                .collect::<Vec<_>>(),
        );
        match page["nextPageToken"].as_str() {
            Some(next) => token = next.to_owned(),
            None => break,
        }
    }
    assert_eq!(names, [vec!["files/a", "files/b"], vec!["files/c"]]);
    Ok(())
}

#[tokio::test]
async fn a_file_that_cannot_be_deleted_now_stays() -> anyhow::Result<()> {
    let world = World::new().await?;
    given(&world, "files/a", "image/png", b"picture").await?;
    world.gemini.order(Fault {
        on: On::Files,
        contains: "DELETE".to_owned(),
        ..Fault::next(Wrong::Status(503))
    })?;
    assert!(world.client.file("files/a").await?.is_some());
    let error = world.client.delete("files/a").await.err();
    assert!(
        matches!(error, Some(GeminiError::Unavailable { .. })),
        "{error:?}"
    );
    assert_eq!(world.gemini.files().len(), 1);
    Ok(())
}
