//! Tables as an Arrow reader sees them.

#![expect(clippy::unwrap_used, reason = "helpers of tests fail the test")]

use std::{
    fs::File,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering::SeqCst},
    },
};

use ardent_export::{Document, Error, Form, Order, Summary, write};
use ardent_model::{Progress, progress::Silent};
use arrow_array::{Array, RecordBatch, cast::AsArray, types};
use arrow_schema::{DataType, Schema, TimeUnit};
use futures::{StreamExt, stream};
use parquet::{arrow::arrow_reader::ParquetRecordBatchReaderBuilder, file::metadata::ParquetMetaData};
use serde_json::{Value, json};

struct Table {
    schema: Arc<Schema>,
    metadata: Arc<ParquetMetaData>,
    rows: RecordBatch,
    summary: Summary,
}

impl Table {
    fn named(&self, key: &str) -> Value {
        let pairs = self.metadata.file_metadata().key_value_metadata().unwrap();
        serde_json::from_str(pairs.iter().find(|pair| pair.key == key).unwrap().value.as_ref().unwrap()).unwrap()
    }

    fn data_type(&self, name: &str) -> &DataType {
        self.schema.field_with_name(name).unwrap().data_type()
    }
}

fn item(id: &str, properties: &Value, assets: &Value) -> Value {
    json!({
        "type": "Feature", "stac_version": "1.1.0", "id": id, "collection": "c", "properties": properties,
        "geometry": {"type": "Point", "coordinates": [1, 2]}, "bbox": [1, 2, 1, 2], "links": [], "assets": assets,
    })
}

fn pages(items: &[Value]) -> impl futures::Stream<Item = ardent_export::Result<Vec<Document>>> + use<> {
    let documents: Vec<Document> = items
        .iter()
        .map(|item| Document { collection: item["collection"].as_str().unwrap().to_owned(), text: item.to_string() })
        .collect();
    let pages: Vec<_> = documents.chunks(2).map(|page| Ok(page.to_vec())).collect();
    stream::iter(pages)
}

fn order(file: &File) -> Order {
    Order {
        form: Form::Parquet,
        file: file.try_clone().unwrap(),
        collections: vec![json!({"id": "c", "type": "Collection"}), json!({"id": "other", "type": "Collection"})],
        most_bytes: None,
        progress: Arc::new(Silent),
    }
}

async fn table(items: &[Value]) -> Table {
    let file = tempfile::tempfile().unwrap();
    let summary = write(pages(items), order(&file)).await.unwrap();
    let builder = ParquetRecordBatchReaderBuilder::try_new(file).unwrap().with_batch_size(10_000);
    let (schema, metadata) = (builder.schema().clone(), builder.metadata().clone());
    let rows = builder.build().unwrap().next().transpose().unwrap().unwrap_or(RecordBatch::new_empty(schema.clone()));
    Table { schema, metadata, rows, summary }
}

#[tokio::test]
async fn the_schema_is_the_union_of_all_items() {
    let assets = json!({"red": {"href": "r", "bands": [{"name": "B04"}]}});
    let items = [
        item("1", &json!({"datetime": "2019-06-27T11:21:21Z", "n": 1, "mixed": 1, "gone": null}), &json!({})),
        item(
            "2",
            &json!({"datetime": null, "start_datetime": "2019-06-27T11:21:21.5Z", "n": 1.5, "mixed": "a"}),
            &assets,
        ),
        item("3", &json!({"datetime": "2019-06-27T12:21:21+01:00", "whole": 9_007_199_254_740_993_i64}), &json!({})),
    ];
    let table = table(&items).await;
    let micro = DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into()));
    assert_eq!(table.data_type("datetime"), &micro);
    assert_eq!(table.data_type("start_datetime"), &micro);
    assert_eq!(table.data_type("n"), &DataType::Float64);
    assert_eq!(table.data_type("whole"), &DataType::Int64);
    assert_eq!(table.data_type("gone"), &DataType::Utf8);
    assert_eq!(table.data_type("geometry"), &DataType::Binary);
    let DataType::Struct(corners) = table.data_type("bbox") else { panic!("{:?}", table.data_type("bbox")) };
    assert_eq!(corners.iter().map(|field| field.name().as_str()).collect::<Vec<_>>(), ["xmin", "ymin", "xmax", "ymax"]);
    assert!(table.schema.field_with_name("type").is_err() && table.schema.field_with_name("properties").is_err());
    let mixed = table.schema.field_with_name("mixed").unwrap();
    assert_eq!(mixed.metadata()["ARROW:extension:name"], "arrow.json", "values of no common kind are JSON");
    let column = |name: &str| table.rows.column_by_name(name).unwrap();
    let values: Vec<_> = column("mixed").as_string::<i32>().iter().collect();
    assert_eq!(values, [Some("1"), Some("\"a\""), None]);
    let times = column("datetime").as_primitive::<types::TimestampMicrosecondType>();
    assert!(times.is_null(1));
    assert_eq!(times.value(0), times.value(2), "an offset is the same instant");
    assert_eq!(times.value(0), 1_561_634_481_000_000);
    assert_eq!(column("whole").as_primitive::<types::Int64Type>().value(2), 9_007_199_254_740_993);
    let red = column("assets").as_struct().column_by_name("red").unwrap();
    assert_eq!((red.is_null(0), red.is_null(1), column("assets").is_null(0)), (true, false, false));
    assert_eq!((table.summary.items, table.summary.collections["c"]), (3, 3));
}

#[tokio::test]
async fn the_file_says_what_it_is() {
    let mut other = item("2", &json!({"datetime": "2019-06-27T11:21:21Z"}), &json!({"a": {"href": "x"}}));
    other["geometry"] = json!({"type": "Polygon", "coordinates": [[[0, 0, 5], [3, 0, 5], [3, 4, 5], [0, 0, 5]]]});
    other["bbox"] = json!([0, 0, 5, 3, 4, 5]);
    other["properties"]["proj:geometry"] = json!({"type": "Point", "coordinates": [500_000, 0]});
    let table = table(&[item("1", &json!({"datetime": "2019-06-27T11:21:21Z"}), &json!({})), other]).await;
    let geo = table.named("geo");
    assert_eq!((&geo["version"], &geo["primary_column"]), (&json!("1.1.0"), &json!("geometry")));
    let geometry = &geo["columns"]["geometry"];
    assert_eq!(geometry["encoding"], "WKB");
    assert_eq!(geometry["geometry_types"], json!(["Point", "Polygon Z"]));
    assert_eq!(geometry["bbox"], json!([0.0, 0.0, 3.0, 4.0]));
    assert_eq!(geometry["covering"]["bbox"]["ymax"], json!(["bbox", "ymax"]));
    assert!(geometry.get("crs").is_none(), "CRS84 is what a file is in that does not say");
    assert_eq!(geo["columns"]["proj:geometry"]["crs"], Value::Null);
    assert_eq!(table.data_type("proj:geometry"), &DataType::Binary);
    let stac = table.named("stac-geoparquet");
    assert_eq!(stac, json!({"version": "1.1.0", "collections": {"c": {"id": "c", "type": "Collection"}}}));
}

#[tokio::test]
async fn no_items_are_a_table_without_rows() {
    let table = table(&[]).await;
    assert_eq!((table.rows.num_rows(), table.summary.items), (0, 0));
    for name in ["id", "geometry", "bbox", "links", "stac_extensions", "datetime"] {
        table.data_type(name);
    }
    assert_eq!(table.named("geo")["columns"]["geometry"]["geometry_types"], json!([]));
}

#[tokio::test]
async fn assets_that_are_all_empty_have_no_column() {
    let table = table(&[item("1", &json!({"datetime": "2019-06-27T11:21:21Z", "none": {}}), &json!({}))]).await;
    assert!(table.schema.field_with_name("assets").is_err());
    assert_eq!(table.rows.column_by_name("none").unwrap().as_string::<i32>().value(0), "{}");
}

#[tokio::test]
async fn what_goes_wrong_is_told_and_ends_the_work() {
    let good = item("1", &json!({}), &json!({}));
    let file = tempfile::tempfile().unwrap();
    let error =
        write(pages(&[good.clone(), item("bad", &json!({"bbox": 1}), &json!({}))]), order(&file)).await.unwrap_err();
    assert!(error.to_string().contains("item `bad`") && error.to_string().contains("`bbox`"), "{error}");
    let bounded = Order { most_bytes: Some(10), ..order(&file) };
    let error = write(pages(std::slice::from_ref(&good)), bounded).await.unwrap_err();
    assert!(matches!(error, Error::TooLarge { .. }), "{error}");
    let failing = pages(std::slice::from_ref(&good)).chain(stream::iter([Err(Error::Abandoned)]));
    assert!(matches!(write(failing, order(&file)).await.unwrap_err(), Error::Abandoned));
}

/// Counts what is held: pages that were taken from the stream, less those that were dealt with.
#[derive(Default)]
struct Held {
    dealt: AtomicU64,
}

impl Progress for Held {
    fn begin(&self, _: &str, _: u64) {}

    fn advance(&self, steps: u64) {
        self.dealt.fetch_add(steps, SeqCst);
    }

    fn note(&self, _: &str) {}
}

/// However many there are, few pages are taken ahead of the file; and rows come back in order over batches.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn many_items_are_written_with_few_held() {
    const ITEMS: u64 = 5000;
    for form in [Form::Ndjson, Form::Parquet] {
        let held = Arc::new(Held::default());
        let seen = Arc::clone(&held);
        let most = Arc::new(AtomicU64::new(0));
        let mark = Arc::clone(&most);
        let documents = stream::iter(0..ITEMS / 10).map(move |page| {
            let taken = (page + 1) * 10;
            mark.fetch_max(taken - seen.dealt.load(SeqCst), SeqCst);
            let page = (page * 10..taken).map(|index| {
                let item =
                    item(&format!("{index:05}"), &json!({"datetime": "2019-06-27T11:21:21Z", "n": index}), &json!({}));
                Document { collection: "c".to_owned(), text: item.to_string() }
            });
            Ok(page.collect())
        });
        let file = tempfile::NamedTempFile::new().unwrap();
        let order = Order { form, progress: Arc::clone(&held) as Arc<dyn Progress>, ..order(file.as_file()) };
        let summary = write(documents, order).await.unwrap();
        assert_eq!(summary.items, ITEMS);
        assert!(most.load(SeqCst) <= 40, "{} items were held", most.load(SeqCst));
        if form == Form::Parquet {
            let reader = ParquetRecordBatchReaderBuilder::try_new(file.reopen().unwrap()).unwrap().build().unwrap();
            let numbers: Vec<i64> = reader
                .flat_map(|batch| {
                    let batch = batch.unwrap();
                    let numbers = batch.column_by_name("n").unwrap().as_primitive::<types::Int64Type>();
                    numbers.values().to_vec()
                })
                .collect();
            assert_eq!(numbers, (0..ITEMS as i64).collect::<Vec<_>>());
        } else {
            assert_eq!(std::fs::read_to_string(file.path()).unwrap().lines().count() as u64, ITEMS);
        }
    }
}
