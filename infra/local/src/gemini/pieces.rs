//! What comes of an upload, piece by piece.

use std::{collections::BTreeMap, sync::Mutex};

use axum::body::Body;
use bytes::BytesMut;
use futures_util::StreamExt as _;
use sha2::{Digest as _, Sha256};

use super::{SeenPart, Shared, lock};

/// What pieces are to be multiples of, in bytes. **Source:** the header as Google sends it.
pub(super) const STEP: u64 = 256 * 1024;
const STEP_BYTES: usize = 256 * 1024;

/// Uploads that have begun, by their ids.
#[derive(Debug, Default)]
pub(super) struct Uploads(pub(super) Mutex<BTreeMap<String, Begun>>);

/// One of them.
#[derive(Debug)]
pub(super) struct Begun {
    pub(super) id: String,
    pub(super) mime: String,
    pub(super) bytes_total: u64,
    pub(super) received: u64,
    pub(super) hash: Sha256,
    pub(super) is_done: bool,
}

/// What came of a piece.
pub(super) struct Piece {
    pub(super) bytes: u64,
    hash: Sha256,
    pub(super) is_cut: bool,
}

impl Piece {
    pub(super) fn seen(&self) -> SeenPart {
        SeenPart {
            kind: "piece",
            mime: String::new(),
            bytes: self.bytes,
            sha256: hex::encode(self.hash.clone().finalize()),
        }
    }
}

/// Takes in a piece as it comes, so that none of it stays in memory.
pub(super) async fn take(shared: &Shared, upload: &str, body: Body, cut: Option<u64>) -> Piece {
    let mut piece = Piece {
        bytes: 0,
        hash: Sha256::new(),
        is_cut: false,
    };
    let mut waiting = BytesMut::new();
    let mut frames = body.into_data_stream();
    while let Some(frame) = frames.next().await {
        let Ok(mut frame) = frame else {
            piece.is_cut = true;
            break;
        };
        let room = cut.map_or(u64::MAX, |cut| cut - piece.bytes);
        let room = usize::try_from(room).unwrap_or(usize::MAX);
        piece.is_cut = frame.len() > room;
        frame.truncate(room);
        piece.bytes += length(&frame);
        piece.hash.update(&frame);
        waiting.extend_from_slice(&frame);
        while waiting.len() >= STEP_BYTES {
            keep(shared, upload, &waiting.split_to(STEP_BYTES));
        }
        if piece.is_cut {
            return piece;
        }
    }
    if !piece.is_cut {
        keep(shared, upload, &waiting);
    }
    piece
}

fn keep(shared: &Shared, upload: &str, bytes: &[u8]) {
    if let Some(begun) = lock(&shared.uploads.0).get_mut(upload) {
        begun.received = begun.received.saturating_add(length(bytes));
        begun.hash.update(bytes);
    }
}

fn length(bytes: &[u8]) -> u64 {
    u64::try_from(bytes.len()).unwrap_or(u64::MAX)
}
