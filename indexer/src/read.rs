//! From documents to the values in them, several documents at a time, in order.

use std::sync::Arc;

use ardent_catalog::NewItem;
use bytes::Bytes;
use futures::{Stream, StreamExt, TryStreamExt, stream, stream::BoxStream};
use object_store::{GetResult, GetResultPayload, ObjectStoreExt};
use serde_json::Value;
use tokio::{
    sync::{OwnedSemaphorePermit, Semaphore, mpsc},
    task::{JoinError, JoinHandle},
};
use tokio_util::io::ReaderStream;
use tracing::{Instrument, debug_span};

use crate::{
    discover::{Document, extension},
    error::chain,
    lines::{Line, lines},
    text, transcribe,
};

/// Documents read at the same time.
const DOCUMENTS: usize = 32;
/// Largest document, and line of NDJSON.
const MOST_BYTES: u64 = 32 << 20;
/// Bytes of documents held at the same time.
const HELD_BYTES: u64 = 2 * MOST_BYTES;
/// Bytes of a local file that are read at a time, and of which the lines are parsed together.
const BLOCK_BYTES: usize = 256 << 10;
/// So many blocks of lines are parsed at once: room for one more than the usual two or three cores keep busy.
const BLOCKS_AT_ONCE: usize = 4;
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
    pub(crate) content: Result<Content, String>,
    /// Counts the bytes held; given back when the last part is done with.
    _permit: Option<Arc<OwnedSemaphorePermit>>,
}

/// What is in a document, or a part of one.
#[derive(Debug)]
pub(crate) enum Content {
    /// A STAC item.
    Item(Box<NewItem>),
    /// Anything else.
    Value(Value),
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
pub(crate) fn spawn(documents: Vec<Document>, collection: Option<&str>) -> (mpsc::Receiver<Event>, JoinHandle<()>) {
    let (sender, receiver) = mpsc::channel(DOCUMENTS);
    let events = events(documents, collection);
    let read = async move {
        let mut events = std::pin::pin!(events);
        while let Some(event) = events.next().await {
            if sender.send(event).await.is_err() {
                return;
            }
        }
    };
    (receiver, tokio::spawn(read.in_current_span()))
}

/// Everything in `documents`, in their order; STAC items that name no collection are of `collection`.
pub(crate) fn events(documents: Vec<Document>, collection: Option<&str>) -> impl Stream<Item = Event> + Send + use<> {
    within(documents, collection, HELD_BYTES)
}

/// The same, with at most about `held_bytes` held.
fn within(
    documents: Vec<Document>,
    collection: Option<&str>,
    held_bytes: u64,
) -> impl Stream<Item = Event> + Send + use<> {
    let collection: Option<Arc<str>> = collection.map(Arc::from);
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
    let read = admitted.map(move |(document, permit)| {
        let span = debug_span!("read", href = %document.url, bytes = document.size_bytes);
        // On tasks of their own, documents are parsed on all cores.
        let task = tokio::spawn(parts(Reading { document, collection: collection.clone() }, permit).instrument(span));
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

/// A document that is read.
#[derive(Debug, Clone)]
struct Reading {
    document: Arc<Document>,
    /// The collection of items that name none.
    collection: Option<Arc<str>>,
}

impl Reading {
    /// What is in a text of it.
    fn content(&self, bytes: &[u8]) -> Result<Content, String> {
        let text = text::decode(bytes)?;
        match transcribe::item(text, &self.document.url, self.collection.as_deref()) {
            Some(item) => Ok(Content::Item(Box::new(item))),
            None => text::json(text).map(Content::Value),
        }
    }
}

async fn parts(reading: Reading, permit: Option<Arc<OwnedSemaphorePermit>>) -> BoxStream<'static, Part> {
    let document = Arc::clone(&reading.document);
    let part = {
        let document = Arc::clone(&document);
        move |fragment, raw: Bytes, content| {
            let size_bytes = raw.len() as u64;
            Part { document: Arc::clone(&document), fragment, raw, size_bytes, content, _permit: permit.clone() }
        }
    };
    let extension = extension(document.url.path()).unwrap_or_default();
    if matches!(extension.as_str(), "ndjson" | "jsonl") {
        return match document.object.store.get(&document.object.path).await {
            Ok(answer) => ndjson(blocks(answer), reading, part),
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
    let contents = if document.size_bytes > LARGE_BYTES {
        let parsed = tokio::task::spawn_blocking(move || contents(&raw, is_yaml, &reading)).await;
        parsed.unwrap_or_else(|error| Err(format!("it cannot be parsed: {error}")))
    } else {
        contents(&raw, is_yaml, &reading)
    };
    match contents {
        Err(reason) => one(part(None, bytes, Err(reason))),
        Ok(contents) => {
            let share_bytes = document.size_bytes / contents.len().max(1) as u64;
            let read = move |(fragment, content): (Option<String>, Content)| {
                let raw = if fragment.is_none() { bytes.clone() } else { Bytes::new() };
                Part { size_bytes: share_bytes, ..part(fragment, raw, Ok(content)) }
            };
            stream::iter(contents).map(read).boxed()
        }
    }
}

fn one(part: Part) -> BoxStream<'static, Part> {
    stream::iter([part]).boxed()
}

/// The bytes of an object in larger blocks than the store would read of a local file.
fn blocks(answer: GetResult) -> BoxStream<'static, object_store::Result<Bytes>> {
    match answer.payload {
        GetResultPayload::File(file, _) => ReaderStream::with_capacity(tokio::fs::File::from_std(file), BLOCK_BYTES)
            .map_err(|error| object_store::Error::Generic { store: "file", source: error.into() })
            .boxed(),
        payload @ GetResultPayload::Stream(_) => GetResult { payload, ..answer }.into_stream(),
    }
}

/// Lines are parsed some at a time, on all cores, and come in order.
fn ndjson(
    bytes: BoxStream<'static, object_store::Result<Bytes>>,
    reading: Reading,
    part: impl Fn(Option<String>, Bytes, Result<Content, String>) -> Part + Send + 'static,
) -> BoxStream<'static, Part> {
    let parse = move |lines: Vec<Line>| {
        let reading = reading.clone();
        let parse = move |Line { number, content }: Line| {
            let raw = content.clone().unwrap_or_default();
            (number, raw, content.and_then(|line| reading.content(&line)))
        };
        tokio::spawn(async move { lines.into_iter().map(parse).collect::<Vec<_>>() })
    };
    let parsed = lines(bytes, MOST_BYTES as usize).map(parse).buffered(BLOCKS_AT_ONCE);
    let parts = parsed.map(|parsed| match parsed.map_err(JoinError::try_into_panic) {
        Ok(parsed) => stream::iter(parsed),
        Err(Ok(panic)) => std::panic::resume_unwind(panic),
        // The runtime is shutting down.
        Err(Err(_)) => stream::iter(Vec::new()),
    });
    parts.flatten().map(move |(number, raw, content)| part(Some(format!("line-{number}")), raw, content)).boxed()
}

/// What is in a document, each with the name of its part if there are several.
fn contents(bytes: &[u8], is_yaml: bool, reading: &Reading) -> Result<Vec<(Option<String>, Content)>, String> {
    if is_yaml {
        let text = text::decode(bytes)?;
        let documents = text::yaml(text)?;
        let several = documents.len() > 1;
        let name = |index| several.then(|| format!("document-{}", index + 1));
        let parts = documents.into_iter().enumerate();
        return Ok(parts.map(|(index, value)| (name(index), Content::Value(value))).collect());
    }
    let mut value = match reading.content(bytes)? {
        Content::Value(value) => value,
        item @ Content::Item(_) => return Ok(vec![(None, item)]),
    };
    if value.get("type").is_some_and(|kind| kind == "FeatureCollection") {
        let Some(Value::Array(features)) = value.get_mut("features").map(Value::take) else {
            return Err("it is a FeatureCollection without `features`".to_owned());
        };
        let name = |index| Some(format!("feature-{}", index + 1));
        let parts = features.into_iter().enumerate();
        return Ok(parts.map(|(index, value)| (name(index), Content::Value(value))).collect());
    }
    Ok(vec![(None, Content::Value(value))])
}

#[cfg(test)]
mod tests {
    use ardent_storage::Stores;

    use super::*;
    use crate::{Options, discover::discover};

    fn value(content: Content) -> Value {
        match content {
            Content::Item(item) => serde_json::from_str(item.document()).unwrap(),
            Content::Value(value) => value,
        }
    }

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
                format!("{name} {}", part.content.map_or_else(|reason| reason, |content| value(content).to_string()))
            }
        };
        events(found.documents, None).map(describe).collect().await
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
        let values = within(found.documents, None, 40).filter_map(|event| async {
            let Event::Part(part) = event else { return None };
            value(part.content.unwrap())[0].as_u64()
        });
        assert_eq!(values.collect::<Vec<_>>().await, (10..60).collect::<Vec<_>>());
    }
}
