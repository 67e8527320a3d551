//! stac-geoparquet (version 1.1.0 of its specification, over GeoParquet 1.1.0).
//!
//! The columns of a table must be known before its first row. So the documents go to a temporary file first, while what
//! they have is noted; then they are read again and written, batch by batch, and a row group ends when it is heavy.

mod array;
mod kind;
mod metadata;
mod row;
mod shape;
mod spool;
mod time;
mod wkb;

use std::{
    fs::File,
    io::{BufWriter, Write},
    sync::Arc,
};

use arrow_array::RecordBatch;
use arrow_schema::{Schema, SchemaRef};
use parquet::{
    arrow::ArrowWriter,
    basic::{Compression, ZstdLevel},
    file::properties::WriterProperties,
};
use serde_json::{Map, Value};

use crate::{
    Order, Result, Summary,
    file::{Pages, drain},
};
use shape::{Column, Shape};
use spool::Spool;

/// Bytes of encoded columns that are held before a row group ends, and most rows of it.
const GROUP_BYTES: usize = 32 << 20;
const GROUP_ROWS: usize = 100_000;

/// An item, its properties beside its other members.
type Row = Map<String, Value>;

/// Writes the table.
pub(crate) fn write(pages: &mut Pages, order: &Order) -> Result<Summary> {
    let mut spool = Spool::create()?;
    let mut shape = Shape::new();
    let summary = drain(pages, order, |document| {
        shape.observe(&row::of(&document.text)?)?;
        spool.push(&document.text)
    })?;
    order.progress.begin("write", summary.items);
    let metadata = metadata::of(&shape, &order.collections, summary.collections.keys())?;
    let mut table = Table::create(order.file.try_clone()?, shape.columns(), metadata)?;
    let mut batches = spool.batches()?;
    while let Some(rows) = batches.next()? {
        pages.check()?;
        table.push(&rows)?;
        order.progress.advance(rows.len() as u64);
    }
    Ok(Summary { size_bytes: table.finish()?, ..summary })
}

struct Table {
    columns: Vec<Column>,
    schema: SchemaRef,
    writer: ArrowWriter<BufWriter<File>>,
}

impl Table {
    fn create(file: File, columns: Vec<Column>, metadata: Vec<parquet::file::metadata::KeyValue>) -> Result<Self> {
        let schema = Arc::new(Schema::new(columns.iter().map(Column::field).collect::<Vec<_>>()));
        let properties = WriterProperties::builder()
            .set_compression(Compression::ZSTD(ZstdLevel::try_new(3)?))
            .set_max_row_group_row_count(Some(GROUP_ROWS))
            .set_created_by(format!("ardent {}", env!("CARGO_PKG_VERSION")))
            .set_key_value_metadata(Some(metadata))
            .build();
        let out = BufWriter::with_capacity(1 << 20, file);
        let writer = ArrowWriter::try_new(out, Arc::clone(&schema), Some(properties))?;
        Ok(Self { columns, schema, writer })
    }

    fn push(&mut self, rows: &[Row]) -> Result<()> {
        let arrays = self.columns.iter().map(|column| column.array(rows)).collect::<Result<Vec<_>>>()?;
        self.writer.write(&RecordBatch::try_new(Arc::clone(&self.schema), arrays)?)?;
        if self.writer.memory_size() >= GROUP_BYTES {
            self.writer.flush()?;
        }
        Ok(())
    }

    /// Ends the file; how many bytes it has.
    fn finish(mut self) -> Result<u64> {
        self.writer.finish()?;
        self.writer.inner_mut().flush()?;
        Ok(self.writer.bytes_written() as u64)
    }
}
