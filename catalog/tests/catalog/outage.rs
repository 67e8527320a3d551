//! PostgreSQL goes away and comes back.

use std::fs::Permissions;
use std::os::unix::fs::PermissionsExt;
use std::time::Duration;

use ardent_catalog::cluster::{Cluster, Durability};
use ardent_catalog::{Access, Catalog, Error};
use ardent_model::Search;

use crate::fixture::{collection, new, plain};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stopped_database_is_unavailable_and_recovers_without_us() {
    let folder = tempfile::Builder::new().permissions(Permissions::from_mode(0o755)).tempdir().unwrap();
    let cluster = Cluster::start_with(folder.path(), Durability::Disposable).await.unwrap();
    let catalog = Catalog::connect(&cluster.url()).await.unwrap();
    catalog.migrate().await.unwrap();
    catalog.put_collection(&collection("a")).await.unwrap();
    catalog.put_items(vec![new(plain("a", "1"))]).await.unwrap();

    // Requests all the while, over a server that is stopped, started and killed.
    let asking = tokio::spawn({
        let catalog = catalog.clone();
        async move {
            let mut answers = (0, 0);
            let start = std::time::Instant::now();
            while start.elapsed() < Duration::from_secs(6) {
                match catalog.search(&Search::default(), &Access::Public).await {
                    Ok(page) => {
                        assert_eq!(page.items.len(), 1);
                        answers.0 += 1;
                    }
                    Err(Error::Unavailable { .. }) => answers.1 += 1,
                    Err(other) => panic!("neither an answer nor unavailable: {other:?}"),
                }
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
            answers
        }
    });
    let server = nix::unistd::Pid::from_raw(cluster.process_id().unwrap().cast_signed());
    tokio::time::sleep(Duration::from_millis(500)).await;
    nix::sys::signal::kill(server, nix::sys::signal::Signal::SIGINT).unwrap();
    while cluster.process_id().is_some() {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    let error = catalog.ping().await.unwrap_err();
    assert!(matches!(error, Error::Unavailable { .. }), "{error:?}");
    let error = catalog.put_items(vec![new(plain("a", "2"))]).await.unwrap_err();
    assert!(matches!(error, Error::Unavailable { .. }), "{error:?}");
    cluster.restart().await.unwrap();
    let (answered, refused) = asking.await.unwrap();
    assert!(answered > 10 && refused > 0, "{answered} answers, {refused} refusals");
    catalog.ping().await.unwrap();
    catalog.put_items(vec![new(plain("a", "2"))]).await.unwrap();
    assert_eq!(catalog.search(&Search::default(), &Access::Public).await.unwrap().items.len(), 2);
    catalog.close().await;
    let error = catalog.ping().await.unwrap_err();
    assert!(matches!(error, Error::Unavailable { .. }), "{error:?}");
    cluster.stop().await.unwrap();
}
