use std::{
    fmt,
    sync::{Arc, Mutex},
};

use futures::stream::BoxStream;
use object_store::{
    CopyOptions, GetOptions, GetResult, ListResult, MultipartUpload, ObjectStore, ObjectStoreExt, PutMultipartOptions,
    PutOptions, PutPayload, PutResult, Result, memory::InMemory,
};

use super::*;

/// A store in memory that notes what is listed.
#[derive(Debug, Default)]
struct Noting {
    inner: InMemory,
    listed: Mutex<Vec<String>>,
}

impl Noting {
    fn note(&self, prefix: Option<&Path>) {
        self.listed.lock().unwrap().push(prefix.map(ToString::to_string).unwrap_or_default());
    }
}

impl fmt::Display for Noting {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Noting")
    }
}

#[async_trait::async_trait]
impl ObjectStore for Noting {
    async fn put_opts(&self, at: &Path, payload: PutPayload, options: PutOptions) -> Result<PutResult> {
        self.inner.put_opts(at, payload, options).await
    }
    async fn put_multipart_opts(&self, at: &Path, options: PutMultipartOptions) -> Result<Box<dyn MultipartUpload>> {
        self.inner.put_multipart_opts(at, options).await
    }
    async fn get_opts(&self, at: &Path, options: GetOptions) -> Result<GetResult> {
        self.inner.get_opts(at, options).await
    }
    fn delete_stream(&self, paths: BoxStream<'static, Result<Path>>) -> BoxStream<'static, Result<Path>> {
        self.inner.delete_stream(paths)
    }
    fn list(&self, prefix: Option<&Path>) -> BoxStream<'static, Result<ObjectMeta>> {
        self.note(prefix);
        self.inner.list(prefix)
    }
    async fn list_with_delimiter(&self, prefix: Option<&Path>) -> Result<ListResult> {
        self.note(prefix);
        self.inner.list_with_delimiter(prefix).await
    }
    async fn copy_opts(&self, from: &Path, to: &Path, options: CopyOptions) -> Result<()> {
        self.inner.copy_opts(from, to, options).await
    }
}

/// What is found below `root` among `names`, with whether it is dated, and the prefixes that were listed.
async fn find(names: &[String], root: &str, from: &str, to: &str) -> (Vec<(String, bool)>, Vec<String>) {
    let store = Arc::new(Noting::default());
    for name in names {
        store.put(&Path::from(name.as_str()), PutPayload::from_static(b"{}")).await.unwrap();
    }
    let root = Object { href: "s3://ard".into(), store: store.clone(), path: Path::from(root) };
    let days = Days { from: from.parse().ok(), to: to.parse().ok() };
    let mut found = Vec::new();
    list(&root, days, &mut |meta, dated| found.push((meta.location.to_string(), dated))).await.unwrap();
    found.sort();
    let mut listed = store.listed.lock().unwrap().clone();
    listed.sort();
    (found, listed)
}

/// Ten years of a scene a day, and a product definition at the top.
fn archive(prefix: &str) -> Vec<String> {
    let first = NaiveDate::from_ymd_opt(2015, 1, 1).unwrap();
    let mut names: Vec<_> =
        first.iter_days().take(3650).map(|day| format!("{prefix}{}/scene.yaml", day.format("%Y/%m/%d"))).collect();
    names.push(format!("{prefix}sen2_prod_spec.yaml"));
    names
}

#[tokio::test]
async fn only_the_folders_of_the_days_are_listed() {
    let (found, listed) = find(&archive(""), "", "2019-05-30", "2019-06-02").await;
    let days = ["2019/05/30", "2019/05/31", "2019/06/01", "2019/06/02"];
    let mut expected: Vec<_> = days.iter().map(|day| (format!("{day}/scene.yaml"), true)).collect();
    expected.push(("sen2_prod_spec.yaml".to_owned(), false));
    assert_eq!(found, expected);
    let expected: Vec<_> = ["", "2019", "2019/05"]
        .into_iter()
        .chain(days[..2].iter().copied())
        .chain(["2019/06"])
        .chain(days[2..].iter().copied())
        .collect();
    assert_eq!(listed, expected);
}

#[tokio::test]
async fn whole_months_and_years_are_listed_at_once() {
    let (found, listed) = find(&archive(""), "", "2019-06-01", "2021-01-31").await;
    assert_eq!(found.len(), 214 + 366 + 31 + 1);
    assert_eq!(listed.len(), 1 + 1 + 7 + 1 + 1 + 1, "root, 2019, its months, 2020, 2021, January: {listed:?}");
}

#[tokio::test]
async fn a_date_layout_is_found_below_folders_and_prefixes() {
    let names = archive("sentinel_2/");
    for (root, from, to, documents, listings) in [
        ("", "2019-06-27", "2019-06-27", 2, 5),
        ("sentinel_2/2019/06", "2019-06-27", "2019-06-27", 1, 2),
        ("sentinel_2/2019", "2019-01-01", "", 365, 1),
        ("", "", "", 3651, 1),
    ] {
        let (found, listed) = find(&names, root, from, to).await;
        assert_eq!((found.len(), listed.len()), (documents, listings), "{root} {from} {to}: {listed:?}");
    }
}

#[tokio::test]
async fn without_a_date_layout_everything_is_found_once() {
    let mut names: Vec<_> = (0..40).map(|number| format!("S2A_{number}/item.json")).collect();
    names.push("collection.json".to_owned());
    let (found, listed) = find(&names, "", "2019-06-01", "2019-06-02").await;
    assert_eq!((found.len(), listed.len()), (41, 2));
    assert!(found.iter().all(|(_, dated)| !dated));
    let few = ["a/x/item.json", "a/b/c/item.json", "2019/06/01/extra/item.json", "2019/notes/item.json"];
    let (found, _) = find(&few.map(str::to_owned), "", "2019-06-01", "2019-06-02").await;
    assert_eq!(found.iter().filter(|(_, dated)| *dated).count(), 1);
    assert_eq!(found.len(), 4);
}
