//! PostgreSQL is stopped and started in the middle of load.

use std::{
    fs::Permissions,
    os::unix::fs::PermissionsExt,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering::SeqCst},
    },
    time::{Duration, Instant},
};

use ardent_api::Settings;
use ardent_catalog::{Counts, Error, cluster::Cluster};
use nix::{
    sys::signal::{Signal, kill},
    unistd::Pid,
};
use serde_json::json;

use crate::site::{Got, SCENES, Site, item};

/// Answers so far.
#[derive(Default)]
struct Tally {
    given: AtomicU64,
    refused: AtomicU64,
    /// Sequences that were broken off, so that one sees it.
    broken: AtomicU64,
    stop: AtomicBool,
}

/// Asks until told to stop: every answer is right, or says when to come back, or breaks off visibly.
async fn ask(site: Arc<Site>, path: &'static str, tally: Arc<Tally>) {
    while !tally.stop.load(SeqCst) {
        let answer = site.client.get(site.url(path)).send().await.expect("the server itself is there");
        let status = answer.status().as_u16();
        if status == 503 {
            let refusal = Got::from(answer).await;
            refusal.assert_problem(503, &["try again"]);
            assert_eq!(refusal.header("retry-after"), "5", "{path}");
            tally.refused.fetch_add(1, SeqCst);
        } else {
            assert_eq!(status, 200, "{path}");
            if let Ok(bytes) = answer.bytes().await {
                let text = String::from_utf8_lossy(&bytes);
                assert!(text.matches("\"s0").count() >= 10 || path == "/collections", "{path}: {text}");
                tally.given.fetch_add(1, SeqCst);
            } else {
                assert!(path.contains("f=ndjson"), "{path}");
                tally.broken.fetch_add(1, SeqCst);
            }
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

/// Adds items one by one; how many were surely stored, and how many perhaps.
async fn add(site: Arc<Site>, tally: Arc<Tally>) -> (u64, u64) {
    let (mut stored, mut unknown) = (0, 0);
    for index in 0_u64.. {
        if tally.stop.load(SeqCst) {
            break;
        }
        let place = json!({"type": "Point", "coordinates": [1, 2]});
        let new = item("fiji", &format!("added{index}"), &place, "2018-01-01T00:00:00Z");
        match site.catalog.put_items(vec![new]).await {
            Ok(counts) => {
                assert_eq!(counts, Counts { inserted: 1, ..Counts::default() });
                stored += 1;
            }
            // A commit whose answer was lost may have been made.
            Err(Error::Unavailable { .. }) => unknown += 1,
            Err(other) => panic!("{other:?}"),
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    (stored, unknown)
}

async fn until_ready(site: &Site) -> Duration {
    let began = Instant::now();
    while site.get("/health/ready").await.status != 200 {
        assert!(began.elapsed() < Duration::from_secs(30), "it does not recover");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    began.elapsed()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn while_the_database_is_away_one_is_told_so_and_afterwards_served() {
    let folder = tempfile::Builder::new().permissions(Permissions::from_mode(0o755)).tempdir().unwrap();
    let cluster = Cluster::start(folder.path()).await.unwrap();
    let site = Arc::new(Site::on(&cluster.url(), (Settings::default(), None), None).await);
    let tally = Arc::new(Tally::default());
    let paths = ["/search?limit=100", "/collections", "/search?f=ndjson"];
    let asking = paths.into_iter().map(|path| tokio::spawn(ask(Arc::clone(&site), path, Arc::clone(&tally))));
    let asking: Vec<_> = asking.collect();
    let adding = tokio::spawn(add(Arc::clone(&site), Arc::clone(&tally)));
    // Stopped in an orderly way, then killed: requests are under way each time.
    for (round, signal) in [Signal::SIGINT, Signal::SIGQUIT].into_iter().enumerate() {
        tokio::time::sleep(Duration::from_millis(700)).await;
        let (given, refused) = (tally.given.load(SeqCst), tally.refused.load(SeqCst));
        assert!(given > 0, "round {round}: nothing was answered");
        kill(Pid::from_raw(cluster.process_id().unwrap().cast_signed()), signal).unwrap();
        while cluster.process_id().is_some() {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        let away = site.get("/health/ready").await;
        away.assert_problem(503, &["try again"]);
        assert_eq!(site.get("/health/live").await.status, 200);
        tokio::time::sleep(Duration::from_millis(500)).await;
        assert!(tally.refused.load(SeqCst) > refused, "round {round}: nobody was told");
        cluster.restart().await.unwrap();
        until_ready(&site).await;
    }
    let given = tally.given.load(SeqCst);
    tokio::time::sleep(Duration::from_millis(700)).await;
    tally.stop.store(true, SeqCst);
    for task in asking {
        task.await.unwrap();
    }
    let (stored, unknown) = adding.await.unwrap();
    assert!(tally.given.load(SeqCst) > given, "served again");
    let all = site.get("/search?f=ndjson").await.text;
    let added = all.matches("\"id\":\"added").count() as u64;
    assert!((stored..=stored + unknown).contains(&added), "{stored} stored, {unknown} perhaps, {added} there");
    assert_eq!(all.lines().count() as u64, added + SCENES as u64 + 2);
    println!(
        "{} answers, {} refusals, {} broken off",
        tally.given.load(SeqCst),
        tally.refused.load(SeqCst),
        tally.broken.load(SeqCst)
    );
    site.catalog.close().await;
    cluster.stop().await.unwrap();
}
