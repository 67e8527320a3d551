//! From documents to the values in them, several documents at a time, in order.

use std::sync::Arc;

use bytes::Bytes;
use futures::{Stream, StreamExt, stream, stream::BoxStream};
use object_store::ObjectStoreExt;
use serde_json::Value;
use tokio::{
    sync::{OwnedSemaphorePermit, Semaphore, mpsc},
    task::{JoinError, JoinHandle},
};
use tracing::{Instrument, debug_span};

use crate::{
    discover::{Document, extension},
    error::chain,
    lines::lines,
    text,
};

/// Documents read at the same time.
const DOCUMENTS: usize = 32;
/// Largest document, and line of NDJSON.
const MOST_BYTES: u64 = 32 << 20;
/// Bytes of documents held at the same time.
const HELD_BYTES: u64 = 2 * MOST_BYTES;
/// Above this a document is parsed on a thread of its own, so that the others go on.
const LARGE_BYTES: u64 = 256 << 10;

/// What comes of reading.
#[derive(Debug)]
pub(crate) enum Event {
    /// A document, or a part of one.
    Part(Part),
    /// Nothing more comes of the current document.
    Done,
}

/// A document, or a part of one: a line of NDJSON, a feature of a collection.
#[derive(Debug)]
pub(crate) struct Part {
    /// The document.
    pub(crate) document: Arc<Document>,
    /// Which part, such as `line-17`; none for the whole.
    pub(crate) fragment: Option<String>,
    /// Its bytes, if it has any of its own.
    pub(crate) raw: Bytes,
    /// Its size: its share of the document's.
    pub(crate) size_bytes: u64,
    /// What is in it, or why it cannot be read.
    pub(crate) value: Result<Value, String>,
    /// Counts the bytes held; given back when the last part is done with.
    _permit: Option<Arc<OwnedSemaphorePermit>>,
}

impl Part {
    /// Where it is.
    pub(crate) fn href(&self) -> String {
        let url = &self.document.url;
        self.fragment.as_ref().map_or_else(|| url.to_string(), |fragment| format!("{url}#{fragment}"))
    }
}

/// Reads `documents` on a task of its own, so that reading goes on while items are stored. The task ends when nobody
/// receives any more.
pub(crate) fn spawn(documents: Vec<Document>) -> (mpsc::Receiver<Event>, JoinHandle<()>) {
    let (sender, receiver) = mpsc::channel(DOCUMENTS);
    let read = async move {
        let mut events = std::pin::pin!(events(documents));
        while let Some(event) = events.next().await {
            if sender.send(event).await.is_err() {
                return;
            }
        }
    };
    (receiver, tokio::spawn(read.in_current_span()))
}

/// Everything in `documents`, in their order.
pub(crate) fn events(documents: Vec<Document>) -> impl Stream<Item = Event> + Send {
    within(documents, HELD_BYTES)
}

/// The same, with at most about `held_bytes` held.
fn within(documents: Vec<Document>, held_bytes: u64) -> impl Stream<Item = Event> + Send {
    let bytes = Arc::new(Semaphore::new(held_bytes as usize));
    // Room is asked for in order, before reading begins, so that the first in line always gets it.
    let admitted = stream::iter(documents).then(move |document| {
        let bytes = Arc::clone(&bytes);
        async move {
            let permit =
                bytes.acquire_many_owned(document.size_bytes.clamp(1, held_bytes.min(MOST_BYTES)) as u32).await.ok();
            (Arc::new(document), permit.map(Arc::new))
        }
    });
    let read = admitted.map(|(document, permit)| {
        let span = debug_span!("read", href = %document.url, bytes = document.size_bytes);
        // On tasks of their own, documents are parsed on all cores.
        let task = tokio::spawn(parts(document, permit).instrument(span));
        async move {
            match task.await.map_err(JoinError::try_into_panic) {
                Ok(parts) => parts.map(Event::Part).chain(stream::iter([Event::Done])).boxed(),
                Err(Ok(panic)) => std::panic::resume_unwind(panic),
                // The runtime is shutting down.
                Err(Err(_)) => stream::empty().boxed(),
            }
        }
    });
    read.buffered(DOCUMENTS).flatten()
}

async fn parts(document: Arc<Document>, permit: Option<Arc<OwnedSemaphorePermit>>) -> BoxStream<'static, Part> {
    let part = {
        let document = Arc::clone(&document);
        move |fragment, raw: Bytes, value| {
            let size_bytes = raw.len() as u64;
            Part { document: Arc::clone(&document), fragment, raw, size_bytes, value, _permit: permit.clone() }
        }
    };
    let extension = extension(document.url.path()).unwrap_or_default();
    if matches!(extension.as_str(), "ndjson" | "jsonl") {
        return match document.object.store.get(&document.object.path).await {
            Ok(answer) => ndjson(answer.into_stream(), part),
            Err(error) => one(part(None, Bytes::new(), Err(format!("it cannot be read: {}", chain(&error))))),
        };
    }
    if document.size_bytes > MOST_BYTES {
        let reason = format!(
            "it has {} MB, more than {}; give large sets as NDJSON",
            document.size_bytes >> 20,
            MOST_BYTES >> 20
        );
        return one(part(None, Bytes::new(), Err(reason)));
    }
    let bytes = match document.object.get().await {
        Ok(bytes) => bytes,
        Err(error) => return one(part(None, Bytes::new(), Err(chain(&error)))),
    };
    let is_yaml = matches!(extension.as_str(), "yaml" | "yml");
    let raw = bytes.clone();
    let values = if document.size_bytes > LARGE_BYTES {
        let parsed = tokio::task::spawn_blocking(move || values(&raw, is_yaml)).await;
        parsed.unwrap_or_else(|error| Err(format!("it cannot be parsed: {error}")))
    } else {
        values(&raw, is_yaml)
    };
    match values {
        Err(reason) => one(part(None, bytes, Err(reason))),
        Ok(values) => {
            let share_bytes = document.size_bytes / values.len().max(1) as u64;
            let read = move |(fragment, value): (Option<String>, Value)| {
                let raw = if fragment.is_none() { bytes.clone() } else { Bytes::new() };
                Part { size_bytes: share_bytes, ..part(fragment, raw, Ok(value)) }
            };
            stream::iter(values).map(read).boxed()
        }
    }
}

fn one(part: Part) -> BoxStream<'static, Part> {
    stream::iter([part]).boxed()
}

fn ndjson(
    bytes: BoxStream<'static, object_store::Result<Bytes>>,
    part: impl Fn(Option<String>, Bytes, Result<Value, String>) -> Part + Send + 'static,
) -> BoxStream<'static, Part> {
    let lines = lines(bytes, MOST_BYTES as usize).map(move |line| {
        let raw = line.content.clone().unwrap_or_default();
        let value = line.content.and_then(|line| text::json(text::decode(&line)?));
        part(Some(format!("line-{}", line.number)), raw, value)
    });
    lines.boxed()
}

/// The values in a document, each with the name of its part if there are several.
fn values(bytes: &[u8], is_yaml: bool) -> Result<Vec<(Option<String>, Value)>, String> {
    let text = text::decode(bytes)?;
    if is_yaml {
        let documents = text::yaml(text)?;
        let several = documents.len() > 1;
        let name = |index| several.then(|| format!("document-{}", index + 1));
        return Ok(documents.into_iter().enumerate().map(|(index, value)| (name(index), value)).collect());
    }
    let mut value = text::json(text)?;
    if value.get("type").is_some_and(|kind| kind == "FeatureCollection") {
        let Some(Value::Array(features)) = value.get_mut("features").map(Value::take) else {
            return Err("it is a FeatureCollection without `features`".to_owned());
        };
        let name = |index| Some(format!("feature-{}", index + 1));
        return Ok(features.into_iter().enumerate().map(|(index, value)| (name(index), value)).collect());
    }
    Ok(vec![(None, value)])
}

#[cfg(test)]
mod tests {
    use ardent_storage::Stores;

    use super::*;
    use crate::{Options, discover::discover};

    /// Href and value or reason of every part, `|` where a document ends.
    async fn read(files: &[(&str, &[u8])]) -> Vec<String> {
        let folder = tempfile::tempdir().unwrap();
        for (name, content) in files {
            std::fs::write(folder.path().join(name), content).unwrap();
        }
        let sources = vec![folder.path().display().to_string()];
        let found = discover(&Options { sources, ..Options::default() }, &Stores::default()).await;
        let describe = |event| match event {
            Event::Done => "|".to_owned(),
            Event::Part(part) => {
                let name = part.href().rsplit('/').next().unwrap().to_owned();
                format!("{name} {}", part.value.map_or_else(|reason| reason, |value| value.to_string()))
            }
        };
        events(found.documents).map(describe).collect().await
    }

    #[tokio::test]
    async fn documents_are_read_in_order_and_taken_apart() {
        let read = read(&[
            ("a.json", b"{\"a\": 1}"),
            ("b.yaml", b"a: 1\n---\na: 2\n"),
            ("c.geojson", b"{\"type\": \"FeatureCollection\", \"features\": [{\"a\": 1}, 2]}"),
            ("d.ndjson", b"{\"a\": 1}\n\n{]\n\xff\n"),
        ])
        .await;
        assert_eq!(read[..2], ["a.json {\"a\":1}", "|"]);
        assert_eq!(read[2..5], ["b.yaml#document-1 {\"a\":1}", "b.yaml#document-2 {\"a\":2}", "|"]);
        assert_eq!(read[5..8], ["c.geojson#feature-1 {\"a\":1}", "c.geojson#feature-2 2", "|"]);
        assert_eq!(read[8], "d.ndjson#line-1 {\"a\":1}");
        assert!(read[9].starts_with("d.ndjson#line-3 it is not JSON"), "{}", read[9]);
        assert!(read[10].starts_with("d.ndjson#line-4 it is not UTF-8"), "{}", read[10]);
    }

    #[tokio::test]
    async fn what_cannot_be_read_says_why() {
        let large = vec![b' '; MOST_BYTES as usize + 1];
        let read = read(&[
            ("a.json", b""),
            ("b.json", b"\xff"),
            ("c.json", b"{\"type\": \"FeatureCollection\"}"),
            ("d.json", &large),
            ("e.yaml", b"a: ["),
        ])
        .await;
        let reasons = ["it is empty", "not UTF-8", "without `features`", "more than 32", "not YAML"];
        for (index, reason) in reasons.iter().enumerate() {
            assert!(read[index * 2].contains(reason), "{}", read[index * 2]);
        }
    }

    #[tokio::test]
    async fn more_documents_than_fit_are_read_all_the_same() {
        let folder = tempfile::tempdir().unwrap();
        for number in 10..60 {
            std::fs::write(folder.path().join(format!("{number}.json")), format!("[{number}, 1, 2, 3]")).unwrap();
        }
        let sources = vec![folder.path().display().to_string()];
        let found = discover(&Options { sources, ..Options::default() }, &Stores::default()).await;
        let values = within(found.documents, 40).filter_map(|event| async {
            let Event::Part(part) = event else { return None };
            part.value.unwrap()[0].as_u64()
        });
        assert_eq!(values.collect::<Vec<_>>().await, (10..60).collect::<Vec<_>>());
    }
}
