//! The S3 of the local stack, by the SDK that the functions use.

use aws_sdk_s3::{
    Client,
    config::{BehaviorVersion, Credentials, Region},
    error::ProvideErrorMetadata as _,
    primitives::ByteStream,
    types::{CompletedMultipartUpload, CompletedPart},
};
use sundial_local::objects::{ACCESS_KEY, Objects, SECRET_KEY};

const BUCKET: &str = "assets";

/// The smallest part S3 takes, except for the last.
const PART_BYTES: usize = 5 * 1024 * 1024;

fn client(objects: &Objects, secret: &str) -> Client {
    let config = aws_sdk_s3::Config::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new("eu-central-1"))
        .endpoint_url(objects.url())
        .force_path_style(true)
        .credentials_provider(Credentials::new(ACCESS_KEY, secret, None, None, "test"))
        .build();
    Client::from_conf(config)
}

async fn started() -> anyhow::Result<(tempfile::TempDir, Objects, Client)> {
    let folder = tempfile::tempdir()?;
    let objects = Objects::start(&folder.path().join("s3"), 0).await?;
    objects.create_bucket(BUCKET)?;
    let client = client(&objects, SECRET_KEY);
    Ok((folder, objects, client))
}

async fn code_of_get(client: &Client, key: &str) -> Option<String> {
    let answer = client.get_object().bucket(BUCKET).key(key).send().await;
    answer.err()?.code().map(str::to_owned)
}

#[tokio::test]
async fn an_object_keeps_its_bytes_and_type_through_a_restart() -> anyhow::Result<()> {
    let (folder, objects, client_before) = started().await?;
    client_before
        .put_object()
        .bucket(BUCKET)
        .key("brand/ad.jpg")
        .content_type("image/jpeg")
        .body(ByteStream::from_static(b"bytes"))
        .send()
        .await?;
    objects.stop().await;

    let objects = Objects::start(&folder.path().join("s3"), 0).await?;
    let got = client(&objects, SECRET_KEY)
        .get_object()
        .bucket(BUCKET)
        .key("brand/ad.jpg")
        .send()
        .await?;

    assert_eq!(got.content_type(), Some("image/jpeg"));
    assert_eq!(&got.body.collect().await?.into_bytes()[..], b"bytes");
    Ok(())
}

#[tokio::test]
async fn an_upload_in_parts_is_invisible_until_it_is_complete() -> anyhow::Result<()> {
    let (_folder, _objects, client) = started().await?;
    let upload = client
        .create_multipart_upload()
        .bucket(BUCKET)
        .key("film.mp4")
        .send()
        .await?;
    let id = upload.upload_id().expect("an id");
    let mut parts = Vec::new();
    for (number, size) in [(1, PART_BYTES), (2, 10)] {
        let part = client
            .upload_part()
            .bucket(BUCKET)
            .key("film.mp4")
            .upload_id(id)
            .part_number(number)
            .body(vec![7; size].into())
            .send()
            .await?;
        let tag = part.e_tag().expect("a tag");
        parts.push(
            CompletedPart::builder()
                .part_number(number)
                .e_tag(tag)
                .build(),
        );
    }
    assert_eq!(
        code_of_get(&client, "film.mp4").await.as_deref(),
        Some("NoSuchKey")
    );
    let listed = client.list_objects_v2().bucket(BUCKET).send().await?;
    assert!(listed.contents().is_empty(), "{:?}", listed.contents());

    client
        .complete_multipart_upload()
        .bucket(BUCKET)
        .key("film.mp4")
        .upload_id(id)
        .multipart_upload(
            CompletedMultipartUpload::builder()
                .set_parts(Some(parts))
                .build(),
        )
        .send()
        .await?;

    let got = client
        .head_object()
        .bucket(BUCKET)
        .key("film.mp4")
        .send()
        .await?;
    assert_eq!(
        got.content_length(),
        i64::try_from(PART_BYTES + 10).ok(),
        "both parts"
    );
    Ok(())
}

#[tokio::test]
async fn a_put_that_breaks_off_leaves_nothing() -> anyhow::Result<()> {
    use std::io::{Read as _, Write as _};
    let (folder, objects, client) = started().await?;
    let address = objects.url().replace("http://", "");
    // A presigned address lets a plain socket begin a PUT and stop in the middle.
    let signed = client
        .put_object()
        .bucket(BUCKET)
        .key("half.mp4")
        .presigned(aws_sdk_s3::presigning::PresigningConfig::expires_in(
            std::time::Duration::from_secs(60),
        )?)
        .await?;
    let path = signed.uri().replace(&objects.url(), "");
    tokio::task::spawn_blocking(move || -> anyhow::Result<()> {
        let mut socket = std::net::TcpStream::connect(&address)?;
        write!(
            socket,
            "PUT {path} HTTP/1.1\r\nHost: {address}\r\nContent-Length: 1000000\r\n\r\n"
        )?;
        socket.write_all(&[7; 500_000])?;
        socket.shutdown(std::net::Shutdown::Write)?;
        // The server gives the connection up when it has cleaned up after it.
        let mut answer = Vec::new();
        socket.read_to_end(&mut answer).ok();
        Ok(())
    })
    .await??;

    assert_eq!(
        code_of_get(&client, "half.mp4").await.as_deref(),
        Some("NoSuchKey")
    );
    let left: Vec<_> = std::fs::read_dir(folder.path().join("s3").join(BUCKET))?.collect();
    assert!(left.is_empty(), "{left:?}");
    Ok(())
}

#[tokio::test]
async fn a_wrong_secret_is_refused() -> anyhow::Result<()> {
    let (_folder, objects, _client) = started().await?;

    let code = code_of_get(&client(&objects, "wrong"), "any").await;

    assert_eq!(code.as_deref(), Some("SignatureDoesNotMatch"));
    Ok(())
}
