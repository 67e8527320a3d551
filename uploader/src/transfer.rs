//! Sends one file, and finds out whether it is there already.

use std::{path::Path, time::Duration};

use ardent_storage::Object;
use chrono::{DateTime, Utc};
use futures::StreamExt as _;
use object_store::{MultipartUpload, ObjectMeta, ObjectStoreExt as _, PutPayload};
use sha2::{Digest as _, Sha256};
use tokio::task::{JoinSet, spawn_blocking};
use tracing::{debug, instrument};

use crate::{
    digest::{self, Digest, Digester, PART_BYTES},
    error::chain,
    item::Recorded,
    scan::ArchiveFile,
};

/// How often a file is tried, with the store's own retries below each.
const ATTEMPTS: u32 = 3;
/// Pause before the second attempt; it doubles.
const PAUSE: Duration = Duration::from_millis(200);
/// Parts of one file that are sent at a time, while the next is read.
const PARTS_IN_FLIGHT: usize = 2;

/// What is known of a file after it was compared with the store.
#[derive(Debug, Clone)]
pub(crate) enum Comparison {
    /// The store has it.
    Same(Digest),
    /// The store does not have it, or has another.
    Different,
}

/// What an earlier run said of a file, in an item that was written at `written`.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Said<'a> {
    pub(crate) recorded: &'a Recorded,
    pub(crate) written: DateTime<Utc>,
}

/// Compares a file with the object that should be it.
#[instrument(skip_all, fields(href = %object.href))]
pub(crate) async fn compare(file: &ArchiveFile, object: &Object, said: Option<Said<'_>>) -> Result<Comparison, String> {
    let meta = match object.head().await {
        Ok(meta) => meta,
        Err(ardent_storage::Error::NotFound { .. }) => return Ok(Comparison::Different),
        Err(error) => return Err(chain(&error)),
    };
    if meta.size != file.size_bytes {
        return Ok(Comparison::Different);
    }
    let digest = hash(&file.path).await?;
    let is_same = digest.is_etag(meta.e_tag.as_deref())
        || said.is_some_and(|said| vouches(said, &digest, &meta))
        || read_back(object).await? == digest.sha256;
    Ok(if is_same { Comparison::Same(digest) } else { Comparison::Different })
}

/// Whether an item vouches for an object: it was written after the object, with the checksum that the file has.
fn vouches(said: Said<'_>, digest: &Digest, meta: &ObjectMeta) -> bool {
    said.recorded.size_bytes == digest.size_bytes
        && said.recorded.checksum == digest::multihash(&digest.sha256)
        && meta.last_modified <= said.written
}

/// Sends a file and verifies what arrived; tries again if it fails.
#[instrument(skip_all, fields(href = %object.href, bytes = file.size_bytes))]
pub(crate) async fn send(file: &ArchiveFile, object: &Object) -> Result<Digest, String> {
    let mut pause = PAUSE;
    for attempt in 1.. {
        match send_once(file, object).await {
            Ok(digest) => return Ok(digest),
            Err(reason) if attempt >= ATTEMPTS => return Err(format!("{}: {reason}", object.href)),
            Err(reason) => debug!(attempt, reason, "sending failed and is tried again"),
        }
        tokio::time::sleep(pause).await;
        pause *= 2;
    }
    Err(format!("{}: it was not sent", object.href))
}

async fn send_once(file: &ArchiveFile, object: &Object) -> Result<Digest, String> {
    let digest = if file.size_bytes > PART_BYTES as u64 {
        send_parts(&file.path, object).await?
    } else {
        send_whole(&file.path, object).await?
    };
    if digest.size_bytes != file.size_bytes {
        return Err("the file changed while it was sent".to_owned());
    }
    verify(object, &digest).await?;
    Ok(digest)
}

async fn send_whole(path: &Path, object: &Object) -> Result<Digest, String> {
    let bytes = tokio::fs::read(path).await.map_err(|error| chain(&error))?;
    let mut digester = Digester::default();
    digester.add(&bytes);
    object.put(bytes.into()).await.map_err(|error| chain(&error))?;
    Ok(digester.finish())
}

/// Sends a file part by part, so that never more than a few parts are in memory.
async fn send_parts(path: &Path, object: &Object) -> Result<Digest, String> {
    let upload = object.store.put_multipart(&object.path).await;
    let mut upload = upload.map_err(|error| chain(&error))?;
    let sent = match parts(path, upload.as_mut()).await {
        Ok(digest) => upload.complete().await.map(|_| digest).map_err(|error| chain(&error)),
        Err(reason) => Err(reason),
    };
    if sent.is_err() {
        // Best effort: what stays behind is never part of an object.
        let _ = upload.abort().await;
    }
    sent
}

async fn parts(path: &Path, upload: &mut dyn MultipartUpload) -> Result<Digest, String> {
    let file = tokio::fs::File::open(path).await.map_err(|error| chain(&error))?;
    let (mut file, mut digester) = (file.into_std().await, Digester::default());
    let mut sending = JoinSet::new();
    loop {
        let reading = spawn_blocking(move || {
            let part = digest::read_part(&mut file)?;
            if !part.is_empty() {
                digester.add(&part);
            }
            Ok::<_, std::io::Error>((file, digester, part))
        });
        let read = reading.await.map_err(|error| chain(&error))?.map_err(|error| chain(&error))?;
        let part;
        (file, digester, part) = read;
        let is_last = part.len() < PART_BYTES;
        if !part.is_empty() {
            sending.spawn(upload.put_part(PutPayload::from(part)));
        }
        while sending.len() >= PARTS_IN_FLIGHT || (is_last && !sending.is_empty()) {
            let Some(sent) = sending.join_next().await else { break };
            sent.map_err(|error| chain(&error))?.map_err(|error| chain(&error))?;
        }
        if is_last {
            return Ok(digester.finish());
        }
    }
}

/// Whether what arrived is what was sent.
async fn verify(object: &Object, digest: &Digest) -> Result<(), String> {
    let meta = object.head().await.map_err(|error| chain(&error))?;
    if meta.size != digest.size_bytes {
        return Err(format!("{} bytes arrived of {}", meta.size, digest.size_bytes));
    }
    if digest.is_etag(meta.e_tag.as_deref()) || read_back(object).await? == digest.sha256 {
        return Ok(());
    }
    Err("what arrived is not what was sent: the checksums differ".to_owned())
}

/// The SHA-256 of an object, in hexadecimal digits.
async fn read_back(object: &Object) -> Result<String, String> {
    let answer = object.store.get(&object.path).await.map_err(|error| chain(&error))?;
    let mut chunks = answer.into_stream();
    let mut sha256 = Sha256::new();
    while let Some(chunk) = chunks.next().await {
        sha256.update(chunk.map_err(|error| chain(&error))?);
    }
    Ok(digest::hex(&sha256.finalize()))
}

async fn hash(path: &Path) -> Result<Digest, String> {
    let owned = path.to_owned();
    let digest = spawn_blocking(move || digest::of_file(&owned)).await.map_err(|error| chain(&error))?;
    digest.map_err(|error| format!("{}: {error}", path.display()))
}
