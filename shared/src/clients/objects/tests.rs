//! Uploads to a recorded S3 that counts what it is asked.

use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_sdk_s3::config::{Credentials, SharedCredentialsProvider, retry::RetryConfig};
use bytes::Bytes;
use sha2::{Digest as _, Sha256};
use wiremock::{
    Mock, MockServer, Request, ResponseTemplate,
    matchers::{method, path, query_param, query_param_contains},
};

use super::{Objects, Stored, pool::PART_BYTES};

const KEY: &str = "brand/1/source.mp4";
const PLACE: &str = "/media/brand/1/source.mp4";

fn settings(server: &MockServer) -> SdkConfig {
    SdkConfig::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new("eu-central-1"))
        .credentials_provider(SharedCredentialsProvider::new(Credentials::for_tests()))
        .retry_config(RetryConfig::disabled())
        .endpoint_url(server.uri())
        .build()
}

fn objects(server: &MockServer) -> Objects {
    Objects::open(&settings(server), "media")
}

async fn answers(server: &MockServer, mock: wiremock::MockBuilder, response: ResponseTemplate) {
    mock.respond_with(response).mount(server).await;
}

async fn s3() -> MockServer {
    let server = MockServer::start().await;
    let begun =
        "<InitiateMultipartUploadResult><UploadId>U1</UploadId></InitiateMultipartUploadResult>";
    let completed =
        "<CompleteMultipartUploadResult><ETag>\"x\"</ETag></CompleteMultipartUploadResult>";
    let begin = Mock::given(method("POST"))
        .and(path(PLACE))
        .and(query_param_contains("uploads", ""));
    answers(
        &server,
        begin,
        ResponseTemplate::new(200).set_body_string(begun),
    )
    .await;
    let complete = Mock::given(method("POST"))
        .and(path(PLACE))
        .and(query_param("uploadId", "U1"));
    answers(
        &server,
        complete,
        ResponseTemplate::new(200).set_body_string(completed),
    )
    .await;
    let abort = Mock::given(method("DELETE"))
        .and(path(PLACE))
        .and(query_param("uploadId", "U1"));
    answers(&server, abort, ResponseTemplate::new(204)).await;
    server
}

async fn takes_puts(server: &MockServer) {
    let put = Mock::given(method("PUT")).and(path(PLACE));
    answers(
        server,
        put,
        ResponseTemplate::new(200).insert_header("etag", "\"e\""),
    )
    .await;
}

/// What was asked, as "METHOD query" without the SDK's own `x-id`.
async fn asked(server: &MockServer) -> Vec<String> {
    let line = |request: &Request| {
        let query: Vec<_> = request
            .url
            .query_pairs()
            .filter(|(k, _)| k != "x-id")
            .map(|(k, v)| format!("{k}={v}"))
            .collect();
        format!("{} {}", request.method, query.join("&"))
    };
    server
        .received_requests()
        .await
        .unwrap()
        .iter()
        .map(line)
        .collect()
}

async fn push(objects: &Objects, sizes: &[usize]) -> Result<super::Staged, super::ObjectsError> {
    let mut staging = objects.stage(KEY, "video/mp4");
    for size in sizes {
        staging.push(Bytes::from(vec![1; *size])).await?;
    }
    staging.seal().await
}

#[tokio::test]
async fn a_small_body_is_one_put_with_its_type_and_checksum() {
    let server = s3().await;
    takes_puts(&server).await;
    let staged = push(&objects(&server), &[3, 4]).await.unwrap();
    assert!(
        asked(&server).await.is_empty(),
        "nothing may be visible before publishing"
    );
    assert_eq!(staged.sha256()[..], Sha256::digest([1; 7])[..]);

    assert_eq!(
        staged.publish().await.unwrap(),
        Stored {
            key: KEY.into(),
            bytes: 7
        }
    );

    let requests = server.received_requests().await.unwrap();
    assert_eq!(requests.len(), 1);
    assert_eq!(requests[0].body, [1; 7]);
    assert_eq!(requests[0].headers["content-type"], "video/mp4");
    assert_eq!(
        requests[0].headers["x-amz-content-sha256"], "UNSIGNED-PAYLOAD",
        "hashing twice is slow"
    );
    assert!(requests[0].headers.contains_key("x-amz-checksum-crc32"));
}

#[tokio::test]
async fn exactly_one_part_is_still_one_put() {
    let server = s3().await;
    takes_puts(&server).await;
    push(&objects(&server), &[PART_BYTES])
        .await
        .unwrap()
        .publish()
        .await
        .unwrap();
    assert_eq!(asked(&server).await, ["PUT "]);
}

#[tokio::test]
async fn a_large_body_goes_in_parts_and_appears_on_publishing() {
    let server = s3().await;
    takes_puts(&server).await;
    let staged = push(&objects(&server), &[PART_BYTES - 1, 2, PART_BYTES])
        .await
        .unwrap();
    let mut before = asked(&server).await;
    before[1..].sort();
    assert_eq!(
        before,
        [
            "POST uploads=",
            "PUT partNumber=1&uploadId=U1",
            "PUT partNumber=2&uploadId=U1",
            "PUT partNumber=3&uploadId=U1"
        ]
    );

    staged.publish().await.unwrap();

    let requests = server.received_requests().await.unwrap();
    for part in requests.iter().filter(|request| request.method == "PUT") {
        assert!(part.headers.contains_key("x-amz-checksum-crc32"));
    }
    let whole = String::from_utf8(requests.last().unwrap().body.clone()).unwrap();
    let order: Vec<_> = ["<PartNumber>1<", "<PartNumber>2<", "<PartNumber>3<"]
        .iter()
        .map(|n| whole.find(n).unwrap())
        .collect();
    assert!(order.is_sorted(), "{whole}");
    assert!(
        !asked(&server)
            .await
            .contains(&"DELETE uploadId=U1".to_owned()),
        "a published upload is not aborted"
    );
}

#[tokio::test]
async fn discarding_a_large_body_aborts_its_upload() {
    let server = s3().await;
    takes_puts(&server).await;
    push(&objects(&server), &[PART_BYTES, 1])
        .await
        .unwrap()
        .discard()
        .await;
    assert_eq!(asked(&server).await.last().unwrap(), "DELETE uploadId=U1");
}

#[tokio::test]
async fn a_part_that_cannot_be_sent_fails_the_body_and_aborts_its_upload() {
    let server = s3().await;
    answers(
        &server,
        Mock::given(method("PUT")),
        ResponseTemplate::new(403),
    )
    .await;
    let error = push(&objects(&server), &[PART_BYTES, 1]).await.unwrap_err();
    assert_eq!(error.to_string(), "uploading a part");
    until_asked(&server, "DELETE uploadId=U1").await;
}

#[tokio::test]
async fn a_dropped_staging_aborts_its_upload() {
    let server = s3().await;
    takes_puts(&server).await;
    let mut staging = objects(&server).stage(KEY, "video/mp4");
    staging
        .push(Bytes::from(vec![1; PART_BYTES]))
        .await
        .unwrap();
    staging.push(Bytes::from_static(&[1])).await.unwrap();
    drop(staging);
    until_asked(&server, "DELETE uploadId=U1").await;
}

#[tokio::test]
async fn a_missing_object_has_no_size_and_a_stored_one_has() {
    let server = s3().await;
    answers(
        &server,
        Mock::given(method("HEAD")).and(path(PLACE)),
        ResponseTemplate::new(200).set_body_bytes([0; 5]),
    )
    .await;
    answers(
        &server,
        Mock::given(method("HEAD")).and(path("/media/none")),
        ResponseTemplate::new(404),
    )
    .await;
    let objects = objects(&server);
    assert_eq!(objects.bytes_of(KEY).await.unwrap(), Some(5));
    assert_eq!(objects.bytes_of("none").await.unwrap(), None);
}

/// Waits for what a drop leaves to a task of its own; the test's own time limit bounds it.
async fn until_asked(server: &MockServer, line: &str) {
    while !asked(server).await.iter().any(|asked| asked == line) {
        tokio::task::yield_now().await;
    }
}
