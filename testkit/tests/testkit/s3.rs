//! The S3 server against object_store's client.

use ardent_testkit::s3::{self, ACCESS_KEY, S3, SECRET_KEY};
use futures::{StreamExt as _, stream};
use object_store::{
    Error, ObjectStoreExt as _, RetryConfig,
    aws::{AmazonS3, AmazonS3Builder},
    path::Path,
};

fn client(server: &S3, secret: &str, retries: usize) -> AmazonS3 {
    AmazonS3Builder::new()
        .with_bucket_name("bucket")
        .with_region("us-east-1")
        .with_endpoint(server.endpoint())
        .with_allow_http(true)
        .with_access_key_id(ACCESS_KEY)
        .with_secret_access_key(secret)
        .with_retry(RetryConfig { max_retries: retries, ..RetryConfig::default() })
        .build()
        .unwrap()
}

async fn server_with(bytes: &[u8]) -> S3 {
    let server = s3::start().await;
    server.create_bucket("bucket");
    client(&server, SECRET_KEY, 0).put(&Path::from("folder/object"), bytes.to_vec().into()).await.unwrap();
    server
}

#[tokio::test]
async fn a_wrong_secret_is_403() {
    let server = server_with(b"bytes").await;
    let error = client(&server, "wrong", 0).get(&Path::from("folder/object")).await.unwrap_err();
    assert!(matches!(error, Error::PermissionDenied { .. }), "{error:?}");
    let unsigned = reqwest::get(format!("{}/bucket/folder/object", server.endpoint())).await.unwrap();
    assert_eq!(unsigned.status(), 403);
}

#[tokio::test]
async fn many_ranges_at_once_are_answered() {
    let bytes: Vec<u8> = (0..2_000_000_u32).map(|index| (index.wrapping_mul(2_654_435_761) >> 24) as u8).collect();
    let server = server_with(&bytes).await;
    let store = client(&server, SECRET_KEY, 0);
    let path = Path::from("folder/object");
    let ranges: Vec<_> = (0..400_u64).map(|index| index * 4999..index * 4999 + 1 + index * 13).collect();
    let parts: Vec<_> = stream::iter(&ranges)
        .map(|range| store.get_range(&path, range.clone()))
        .buffered(64)
        .map(Result::unwrap)
        .collect()
        .await;
    for (range, part) in ranges.iter().zip(parts) {
        assert_eq!(part, bytes[range.start as usize..range.end as usize], "{range:?}");
    }
    assert_eq!((server.requests("GET"), server.requests("PUT")), (400, 1));
}

#[tokio::test]
async fn a_missing_object_is_404_and_a_failure_on_demand_is_retried() {
    let server = server_with(b"bytes").await;
    let error = client(&server, SECRET_KEY, 0).get(&Path::from("nothing")).await.unwrap_err();
    assert!(matches!(error, Error::NotFound { .. }), "{error:?}");

    server.fail_next(1);
    let path = Path::from("folder/object");
    assert!(client(&server, SECRET_KEY, 0).get(&path).await.is_err());
    server.fail_next(1);
    let got = client(&server, SECRET_KEY, 2).get(&path).await.unwrap().bytes().await.unwrap();
    assert_eq!(got, b"bytes".as_slice());
}

#[tokio::test]
async fn the_same_folder_can_be_served_again_and_the_port_is_free_at_once() {
    let folder = tempfile::tempdir().unwrap();
    let first = s3::start_in(folder.path(), 0).await.unwrap();
    first.create_bucket("bucket");
    let path = Path::from("kept");
    client(&first, SECRET_KEY, 0).put(&path, "bytes".into()).await.unwrap();
    let port = first.endpoint().rsplit_once(':').unwrap().1.parse().unwrap();
    assert!(s3::start_in(folder.path(), port).await.is_err(), "the port is taken");
    drop(first);
    let second = s3::start_in(folder.path(), port).await.unwrap();
    assert!(second.profile_toml().contains(&second.endpoint()));
    client(&second, SECRET_KEY, 0).get(&path).await.unwrap();
}
