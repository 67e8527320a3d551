//! Items as a table, a file that is made whole before it is sent.

use std::{
    fs::File,
    io::{Seek, SeekFrom},
    sync::Arc,
    time::Duration,
};

use actix_web::{
    HttpResponseBuilder,
    body::SizedStream,
    http::header::{self, ContentDisposition, ContentEncoding, DispositionParam, DispositionType},
};
use ardent_export::{Error, Form, Order, Summary};
use ardent_model::progress::Silent;
use bytes::Bytes;
use futures::{Stream, StreamExt};
use serde_json::Value;
use tokio::sync::OwnedSemaphorePermit;
use tokio_util::{io::ReaderStream, task::AbortOnDropHandle};
use tracing::Instrument;

use super::export::Pages;
use crate::{context::Context, problem::Problem, routes::Answer, stac};

/// Bytes read from the file at a time.
const PART_BYTES: usize = 256 * 1024;
/// How long one waits for other tables to be done.
const PATIENCE: Duration = Duration::from_secs(20);

/// The pages as stac-geoparquet; `collections` are those that were asked for, none if it may be any.
pub(crate) async fn answer(
    mut response: HttpResponseBuilder,
    context: &Context,
    pages: Pages,
    collections: &[String],
) -> Answer {
    let turn = turn(context).await?;
    let mut file = tempfile::tempfile().map_err(Problem::internal)?;
    let order = Order {
        form: Form::Parquet,
        file: file.try_clone().map_err(Problem::internal)?,
        collections: documents(context, collections).await?,
        most_bytes: Some(context.state.settings.table_bytes),
        progress: Arc::new(Silent),
    };
    let work = ardent_export::write(pages, order);
    // When the client goes, this future is dropped, and the work with it.
    let work = AbortOnDropHandle::new(context.state.runtime.spawn(work.in_current_span()));
    let Summary { items, .. } = work.await.map_err(Problem::internal)??;
    let size_bytes = size(&mut file).map_err(|error| Problem::from(Error::Disk(error)))?;
    let disposition = ContentDisposition {
        disposition: DispositionType::Attachment,
        parameters: vec![DispositionParam::Filename("items.parquet".to_owned())],
    };
    response.insert_header((header::CONTENT_DISPOSITION, disposition)).insert_header(("ardent-items", items));
    // It is compressed already.
    response.insert_header(ContentEncoding::Identity);
    Ok(response.body(SizedStream::new(size_bytes, parts(file, turn))))
}

/// The file, part by part. Its turn ends with it: until then it takes room on the disk.
fn parts(file: File, turn: OwnedSemaphorePermit) -> impl Stream<Item = std::io::Result<Bytes>> {
    let parts = ReaderStream::with_capacity(tokio::fs::File::from_std(file), PART_BYTES);
    parts.inspect(move |_| {
        let _held = &turn;
    })
}

/// Waits until there is room for another table: each takes a core, and room on the disk.
async fn turn(context: &Context) -> Result<OwnedSemaphorePermit, Problem> {
    let turn = Arc::clone(&context.state.tables).acquire_owned();
    let turn = tokio::time::timeout(PATIENCE, turn).await;
    turn.map_err(|_| Problem::unavailable("other tables are being made"))?.map_err(Problem::internal)
}

/// The collections that there may be items of.
async fn documents(context: &Context, ids: &[String]) -> Result<Vec<Value>, Problem> {
    let known = context.state.catalog.collections(&context.caller.access()).await?;
    let known = known.iter().filter(|known| ids.is_empty() || ids.contains(&known.collection.id));
    Ok(known.map(|known| stac::collection(&context.links, known)).collect())
}

/// The size of a file that is written; it is then read from its beginning.
fn size(file: &mut File) -> std::io::Result<u64> {
    let size_bytes = file.seek(SeekFrom::End(0))?;
    file.rewind()?;
    Ok(size_bytes)
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use tokio::sync::Semaphore;

    use super::*;

    #[tokio::test]
    async fn a_turn_ends_when_the_file_is_sent_or_given_up() {
        let room = Arc::new(Semaphore::new(1));
        for is_read in [true, false] {
            let mut file = tempfile::tempfile().unwrap();
            file.write_all(&vec![7; PART_BYTES + 1]).unwrap();
            let size_bytes = size(&mut file).unwrap();
            let mut parts = Box::pin(parts(file, Arc::clone(&room).try_acquire_owned().unwrap()));
            let first = parts.next().await.unwrap().unwrap();
            assert_eq!(room.available_permits(), 0, "the file is still there");
            if is_read {
                let rest: usize = parts.by_ref().map(|part| part.unwrap().len()).collect::<Vec<_>>().await.iter().sum();
                assert_eq!((first.len() + rest) as u64, size_bytes);
            }
            drop(parts);
            assert_eq!(room.available_permits(), 1);
        }
    }
}
