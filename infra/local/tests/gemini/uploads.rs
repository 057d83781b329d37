//! Uploads of our client to the stand-in.

use std::{
    io,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

use bytes::Bytes;
use futures_util::{Stream, StreamExt as _, stream};
use sha2::{Digest as _, Sha256};
use shared::clients::gemini::{Class, FileState, GeminiError, Upload};
use sundial_local::gemini::{
    Processing,
    faults::{Fault, On, Wrong},
};

use super::world::World;

/// A chunk of our client.
const CHUNK: u64 = 8 << 20;

/// Odd, so that pieces of the stream and chunks do not meet.
const PIECE: usize = 1_000_003;

fn medium(bytes: u64) -> anyhow::Result<Vec<u8>> {
    Ok((0..=250).cycle().take(usize::try_from(bytes)?).collect())
}

fn pieces(medium: &[u8]) -> impl Stream<Item = Result<Bytes, io::Error>> + Send + use<> {
    let pieces: Vec<_> = medium.chunks(PIECE).map(Bytes::copy_from_slice).collect();
    stream::iter(pieces.into_iter().map(Ok))
}

fn upload(bytes_total: u64) -> Upload<'static> {
    Upload {
        name: "files/sundial-1",
        mime: "video/mp4",
        bytes_total,
    }
}

fn on_upload(contains: &str, wrong: Wrong) -> Fault {
    Fault {
        on: On::Upload,
        contains: contains.to_owned(),
        ..Fault::next(wrong)
    }
}

/// The lengths of the pieces that arrived.
fn arrived(world: &World) -> Vec<u64> {
    let seen = world.gemini.seen();
    let parts = seen.iter().flat_map(|seen| &seen.parts);
    parts
        .filter(|part| part.kind == "piece")
        .map(|part| part.bytes)
        .collect()
}

#[track_caller]
fn assert_whole(world: &World, medium: &[u8]) {
    let files = world.gemini.files();
    let hashes: Vec<_> = files.iter().map(|file| file.sha256.clone()).collect();
    assert_eq!(hashes, [hex::encode(Sha256::digest(medium))]);
}

#[tokio::test]
async fn a_large_file_arrives_whole_in_chunks_of_8_mib() -> anyhow::Result<()> {
    let world = World::new().await?;
    let bytes_total = 2 * CHUNK + 5;
    let medium = medium(bytes_total)?;

    let file = world
        .client
        .upload(&upload(bytes_total), pieces(&medium))
        .await?;

    assert_eq!(
        (file.name.as_str(), file.state),
        ("files/sundial-1", FileState::Processing)
    );
    assert_eq!(
        file.uri,
        format!("{}/v1beta/files/sundial-1", world.gemini.url())
    );
    assert_eq!(arrived(&world), [CHUNK, CHUNK, 5]);
    assert_whole(&world, &medium);
    Ok(())
}

#[tokio::test]
async fn a_file_of_whole_chunks_and_an_empty_one_end_as_they_should() -> anyhow::Result<()> {
    for bytes_total in [CHUNK, 2 * CHUNK, 0] {
        let world = World::new().await?;
        let medium = medium(bytes_total)?;
        world
            .client
            .upload(&upload(bytes_total), pieces(&medium))
            .await?;
        assert_whole(&world, &medium);
    }
    Ok(())
}

#[tokio::test]
async fn no_more_than_a_chunk_is_read_ahead() -> anyhow::Result<()> {
    let world = World::new().await?;
    let medium = medium(3 * CHUNK)?;
    let read = Arc::new(AtomicU64::new(0));
    let count = read.clone();
    let body = pieces(&medium).map(move |piece| {
        let bytes = piece.as_ref().map_or(0, Bytes::len);
        count.fetch_add(bytes.try_into().unwrap_or(u64::MAX), Ordering::Relaxed);
        piece
    });
    world
        .gemini
        .order(on_upload("upload", Wrong::Status(403)))?;
    let error = world.client.upload(&upload(3 * CHUNK), body).await.err();
    assert!(
        matches!(error, Some(GeminiError::Denied { .. })),
        "{error:?}"
    );
    let ahead = CHUNK + u64::try_from(PIECE)?;
    assert!(
        read.load(Ordering::Relaxed) <= ahead,
        "the first chunk was not even taken"
    );
    Ok(())
}

#[tokio::test]
async fn a_chunk_that_broke_off_goes_on_where_it_did() -> anyhow::Result<()> {
    // What the other side keeps of a piece that broke off is in steps of 256 KiB.
    const STEP: u64 = 256 << 10;
    for (command, cut, wanted) in [
        ("upload", 3, vec![3, CHUNK, 5]),
        ("upload", STEP + 3, vec![STEP + 3, CHUNK - STEP, 5]),
        ("finalize", 3, vec![CHUNK, 3, 5]),
    ] {
        let world = World::new().await?;
        let medium = medium(CHUNK + 5)?;
        let order = on_upload(command, Wrong::CutAtBytes(cut));
        world.gemini.order(order)?;

        let upload = upload(CHUNK + 5);
        world.client.upload(&upload, pieces(&medium)).await?;

        assert_eq!(arrived(&world), wanted, "{command}");
        assert_whole(&world, &medium);
    }
    Ok(())
}

#[tokio::test]
async fn a_chunk_that_arrived_without_an_answer_is_not_sent_again() -> anyhow::Result<()> {
    for command in ["upload", "finalize"] {
        let world = World::new().await?;
        let medium = medium(CHUNK + 5)?;
        let order = on_upload(command, Wrong::CutAtBytes(CHUNK));
        world.gemini.order(order)?;

        let upload = upload(CHUNK + 5);
        let file = world.client.upload(&upload, pieces(&medium)).await?;

        assert_eq!(file.bytes, Some(CHUNK + 5));
        assert_eq!(arrived(&world), [CHUNK, 5], "{command}");
        assert_whole(&world, &medium);
    }
    Ok(())
}

#[tokio::test]
async fn a_name_that_is_taken_by_the_same_file_is_that_file() -> anyhow::Result<()> {
    let world = World::new().await?;
    let medium = medium(100)?;
    let first = world.client.upload(&upload(100), pieces(&medium)).await?;
    let again = world.client.upload(&upload(100), pieces(&medium)).await?;
    assert_eq!(first, again);
    assert_eq!(arrived(&world), [100], "it was sent once");
    Ok(())
}

#[tokio::test]
async fn a_name_that_is_taken_by_another_or_a_failed_file_becomes_free() -> anyhow::Result<()> {
    let world = World::new().await?;
    world.gemini.set_processing(Some(Processing {
        looks: 0,
        fails: true,
    }));
    world
        .client
        .upload(&upload(100), pieces(&medium(100)?))
        .await?;
    for (bytes, fails) in [(100, false), (50, false)] {
        world
            .gemini
            .set_processing(Some(Processing { looks: 0, fails }));
        let medium = medium(bytes)?;
        let error = world
            .client
            .upload(&upload(bytes), pieces(&medium))
            .await
            .err();
        assert!(matches!(error, Some(GeminiError::Replaced(_))), "{error:?}");
        assert_eq!(error.map(|error| error.class()), Some(Class::File));
        world.client.upload(&upload(bytes), pieces(&medium)).await?;
        assert_whole(&world, &medium);
    }
    Ok(())
}

#[tokio::test]
async fn a_body_of_another_length_makes_no_file() -> anyhow::Result<()> {
    let world = World::new().await?;
    for (announced, bytes) in [
        (100, 99),
        (100, 101),
        (CHUNK, CHUNK + 1),
        (CHUNK + 1, CHUNK),
    ] {
        let error = world
            .client
            .upload(&upload(announced), pieces(&medium(bytes)?))
            .await
            .err();
        let is_known = matches!(error, Some(GeminiError::WrongLength { .. }));
        assert!(is_known, "{announced} {bytes}: {error:?}");
    }
    assert!(world.gemini.files().is_empty());
    Ok(())
}

#[tokio::test]
async fn a_body_that_cannot_be_read_makes_no_file() -> anyhow::Result<()> {
    let world = World::new().await?;
    let broken = stream::iter([Ok(Bytes::from_static(b"a")), Err(io::Error::other("gone"))]);
    let error = world.client.upload(&upload(2), broken).await.err();
    assert!(matches!(error, Some(GeminiError::Body(_))), "{error:?}");
    assert!(world.gemini.files().is_empty());
    Ok(())
}

#[tokio::test]
async fn the_key_is_in_no_address_and_not_in_pieces_at_all() -> anyhow::Result<()> {
    let world = World::new().await?;
    world
        .client
        .upload(&upload(10), pieces(&medium(10)?))
        .await?;
    world.client.delete("files/sundial-1").await?;
    for seen in world.gemini.seen() {
        assert!(!seen.line.contains("key"), "{}", seen.line);
        let is_piece = seen.line.contains("upload_id");
        assert_eq!(
            seen.headers.contains("x-goog-api-key"),
            !is_piece,
            "{}",
            seen.line
        );
    }
    Ok(())
}
