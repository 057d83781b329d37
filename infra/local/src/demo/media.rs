//! Compares what is stored with what the origin serves, byte for byte.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::Context;
use aws_sdk_s3::{
    Client,
    config::{BehaviorVersion, Credentials, Region},
};
use sha2::{Digest, Sha256};
use sqlx::PgConnection;

use super::{seed::BRAND, verdict::Promise};
use crate::{
    meta::{Meta, catalogue::SampleAd},
    objects::{self, Objects},
    stack::{BUCKET, REGION},
};

/// One object of the bucket.
#[derive(Debug)]
pub(super) struct Stored {
    pub(super) key: String,
    pub(super) bytes: u64,
    pub(super) sha256: [u8; 32],
    /// The file of the origin with the same bytes.
    pub(super) origin: Option<String>,
}

/// What `meta_ad_assets` says about one medium of an ad.
#[derive(Debug, sqlx::FromRow)]
struct Asset {
    meta_ad_id: String,
    status: String,
    storage_path: String,
    sha256: Option<Vec<u8>>,
    file_size_bytes: Option<i64>,
}

/// Reads every object of the bucket and compares it with the origin and with its rows.
pub(super) async fn compare(
    db: &mut PgConnection,
    store: &Objects,
    meta: &Meta,
) -> anyhow::Result<(Vec<Stored>, Promise)> {
    let mut origins = BTreeMap::new();
    for name in meta.samples().iter().flat_map(|sample| &sample.files) {
        let (sha256, _) = meta.origin_of(name).await?;
        origins.insert(sha256, name.clone());
    }
    let assets: Vec<Asset> = sqlx::query_as(
        "select meta_ad_id, status, storage_path, sha256, file_size_bytes
           from meta_ad_assets where brand_id = $1",
    )
    .bind(BRAND)
    .fetch_all(db)
    .await?;
    let stored = read_all(store, &origins).await?;
    let mut problems = Vec::new();
    if stored.is_empty() {
        problems.push("nothing was stored".to_owned());
    }
    let odd = stored.iter().filter(|stored| stored.origin.is_none());
    problems.extend(odd.map(|stored| format!("{} has no origin with these bytes", stored.key)));
    let by_key: BTreeMap<&str, &Stored> = stored
        .iter()
        .map(|stored| (stored.key.as_str(), stored))
        .collect();
    let rows = assets.iter();
    problems.extend(rows.filter_map(|asset| row_problem(asset, &by_key)));
    let samples = meta.samples().iter();
    problems.extend(samples.filter_map(|sample| ad_problem(sample, &assets, &origins)));
    let text = format!(
        "each of {} objects has the bytes of its origin, and each of {} ads has its own files",
        stored.len(),
        meta.samples().len()
    );
    Ok((stored, Promise { text, problems }))
}

async fn read_all(
    store: &Objects,
    origins: &BTreeMap<[u8; 32], String>,
) -> anyhow::Result<Vec<Stored>> {
    let client = client(store);
    let mut stored = Vec::new();
    let mut pages = client
        .list_objects_v2()
        .bucket(BUCKET)
        .into_paginator()
        .send();
    while let Some(page) = pages.next().await {
        for object in page.context("listing the bucket")?.contents() {
            let key = object.key().unwrap_or_default();
            let (sha256, bytes) = digest(&client, key).await?;
            stored.push(Stored {
                key: key.to_owned(),
                bytes,
                sha256,
                origin: origins.get(&sha256).cloned(),
            });
        }
    }
    Ok(stored)
}

async fn digest(client: &Client, key: &str) -> anyhow::Result<([u8; 32], u64)> {
    let object = client
        .get_object()
        .bucket(BUCKET)
        .key(key)
        .send()
        .await
        .with_context(|| format!("reading {key} from S3"))?;
    let (mut body, mut hasher, mut bytes) = (object.body, Sha256::new(), 0);
    while let Some(part) = body.try_next().await? {
        bytes += part.len() as u64;
        hasher.update(&part);
    }
    Ok((hasher.finalize().into(), bytes))
}

fn client(store: &Objects) -> Client {
    let credentials = Credentials::new(
        objects::ACCESS_KEY,
        objects::SECRET_KEY,
        None,
        None,
        "local",
    );
    Client::from_conf(
        aws_sdk_s3::Config::builder()
            .behavior_version(BehaviorVersion::latest())
            .region(Region::new(REGION))
            .endpoint_url(store.url())
            .force_path_style(true)
            .credentials_provider(credentials)
            .build(),
    )
}

/// A row that says `downloaded` must name an object with exactly its bytes.
fn row_problem(asset: &Asset, by_key: &BTreeMap<&str, &Stored>) -> Option<String> {
    if asset.status != "downloaded" {
        return None;
    }
    let path = &asset.storage_path;
    let key = path
        .strip_prefix(BUCKET)
        .map_or(path.as_str(), |key| key.trim_start_matches('/'));
    let Some(stored) = by_key.get(key) else {
        return Some(format!(
            "ad {}: {path} is not in the bucket",
            asset.meta_ad_id
        ));
    };
    let has_bytes = asset.sha256.as_deref() == Some(&stored.sha256)
        && asset.file_size_bytes.map(u64::try_from) == Some(Ok(stored.bytes));
    (!has_bytes).then(|| {
        format!(
            "ad {}: {path} has other bytes than its row says",
            asset.meta_ad_id
        )
    })
}

/// Exactly the ad's own files must be stored for it; for an ad without any, nothing.
fn ad_problem(
    sample: &SampleAd,
    assets: &[Asset],
    origins: &BTreeMap<[u8; 32], String>,
) -> Option<String> {
    let wanted: BTreeSet<&str> = sample.files.iter().map(String::as_str).collect();
    let found: BTreeSet<&str> = assets
        .iter()
        .filter(|asset| asset.meta_ad_id == sample.ad_id && asset.status == "downloaded")
        .filter_map(|asset| <[u8; 32]>::try_from(asset.sha256.as_deref()?).ok())
        .map(|sha256| {
            origins
                .get(&sha256)
                .map_or("something else", String::as_str)
        })
        .collect();
    (wanted != found).then(|| {
        format!(
            "ad {} ({}): stored {found:?}, wanted {wanted:?}",
            sample.ad_id, sample.name
        )
    })
}
