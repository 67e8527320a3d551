//! Pages of items into a file. The file is written on a thread of its own, at most a page behind.

use std::{
    collections::BTreeMap,
    fs::File,
    io::{BufWriter, Write},
    sync::Arc,
};

use ardent_model::Progress;
use futures::{Stream, StreamExt};
use serde_json::Value;
use tokio::sync::mpsc;

use crate::{Document, Error, Form, Result, Text, table};

/// What to make of the items.
pub struct Order {
    /// The form.
    pub form: Form,
    /// The file, empty.
    pub file: File,
    /// Documents of the collections that there may be items of, for the forms that have room for them.
    pub collections: Vec<Value>,
    /// Most bytes of documents; none: any number. It bounds the disk that a table needs while it is made.
    pub most_bytes: Option<u64>,
    /// Hears of every item taken, and of every item put into a table.
    pub progress: Arc<dyn Progress>,
}

/// What was written.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Summary {
    /// Items.
    pub items: u64,
    /// Items of each collection.
    pub collections: BTreeMap<String, u64>,
    /// Bytes of the file.
    pub size_bytes: u64,
}

impl Summary {
    fn add(&mut self, document: &Document) {
        self.items += 1;
        match self.collections.get_mut(&document.collection) {
            Some(count) => *count += 1,
            None => drop(self.collections.insert(document.collection.clone(), 1)),
        }
    }
}

/// Writes the file: whole, or it fails. Work on it stops when the returned future is dropped.
pub async fn write<P>(pages: P, order: Order) -> Result<Summary>
where
    P: Stream<Item = Result<Vec<Document>>>,
{
    let (sender, receiver) = mpsc::channel(1);
    let span = tracing::Span::current();
    let work = tokio::task::spawn_blocking(move || span.in_scope(|| on_thread(Pages(receiver), &order)));
    let fed = feed(pages, &sender).await;
    if let Err(error) = fed {
        drop(sender);
        let _ = work.await;
        return Err(error);
    }
    // While `sender` lives, the thread goes on.
    let written = work.await.unwrap_or(Err(Error::Abandoned));
    drop(sender);
    written
}

enum Message {
    Page(Vec<Document>),
    End,
}

async fn feed<P>(pages: P, sender: &mpsc::Sender<Message>) -> Result<()>
where
    P: Stream<Item = Result<Vec<Document>>>,
{
    let mut pages = std::pin::pin!(pages);
    while let Some(page) = pages.next().await {
        // Nobody receives: the thread has failed, and says why.
        if sender.send(Message::Page(page?)).await.is_err() {
            return Ok(());
        }
    }
    let _ = sender.send(Message::End).await;
    Ok(())
}

/// Pages as the thread gets them.
pub(crate) struct Pages(mpsc::Receiver<Message>);

impl Pages {
    /// The next page; none after the last.
    pub(crate) fn next(&mut self) -> Result<Option<Vec<Document>>> {
        match self.0.blocking_recv() {
            Some(Message::Page(page)) => Ok(Some(page)),
            Some(Message::End) => Ok(None),
            None => Err(Error::Abandoned),
        }
    }

    /// Fails if nobody waits any more.
    pub(crate) fn check(&self) -> Result<()> {
        if self.0.is_closed() { Err(Error::Abandoned) } else { Ok(()) }
    }
}

/// Takes every page; `take` gets each document.
pub(crate) fn drain(pages: &mut Pages, order: &Order, mut take: impl FnMut(Document) -> Result<()>) -> Result<Summary> {
    let (mut summary, mut bytes) = (Summary::default(), 0);
    while let Some(page) = pages.next()? {
        let items = page.len() as u64;
        for document in page {
            summary.add(&document);
            bytes += document.text.len() as u64;
            if let Some(most) = order.most_bytes.filter(|most| bytes > *most) {
                return Err(Error::TooLarge { allowed_mib: most >> 20 });
            }
            take(document)?;
        }
        order.progress.advance(items);
    }
    Ok(summary)
}

fn on_thread(mut pages: Pages, order: &Order) -> Result<Summary> {
    if order.form == Form::Parquet {
        return table::write(&mut pages, order);
    }
    let mut out = BufWriter::with_capacity(1 << 20, order.file.try_clone()?);
    let mut text = Text::new(order.form);
    let (mut buffer, mut size_bytes) = (Vec::new(), 0);
    let mut write = |buffer: &mut Vec<u8>| {
        size_bytes += buffer.len() as u64;
        out.write_all(buffer)?;
        buffer.clear();
        Ok::<_, Error>(())
    };
    text.begin(&mut buffer);
    let summary = drain(&mut pages, order, |document| {
        text.push(&document.text, &mut buffer);
        write(&mut buffer)
    })?;
    text.end(&mut buffer);
    write(&mut buffer)?;
    out.flush()?;
    Ok(Summary { size_bytes, ..summary })
}
