//! Work that nobody waits for any more.

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

use ardent_datacube::Engine;
use ardent_testkit::s3::Fault;
use serde_json::json;

use crate::archive::{Archive, SceneSpec, british, recipe};

/// How often memory was given back.
static GIVEN_BACK: AtomicUsize = AtomicUsize::new(0);

fn give_back() {
    GIVEN_BACK.fetch_add(1, Ordering::SeqCst);
}

/// Waits until memory was given back so often: whether there is a file or not.
fn given_back(times: usize) {
    let begin = Instant::now();
    while GIVEN_BACK.load(Ordering::SeqCst) < times {
        assert!(begin.elapsed() < Duration::from_secs(20), "not given back {times} times");
        std::thread::sleep(Duration::from_millis(2));
    }
}

#[test]
fn when_the_client_goes_nothing_more_is_fetched() {
    let mut archive = Archive::served();
    archive.memory_bytes = 9 << 20;
    for date in 1..9 {
        archive.add(&SceneSpec {
            id: &format!("scene{date}"),
            datetime: &format!("2019-06-0{date}T11:20:00Z"),
            spec: british(450_000.0, 110_000.0, 640),
            values: &|x, y| (1 + (x * 37 + y * 91) % 5000) as f64,
            mask: &|_, _| 0.0,
        });
    }
    let server = archive.server();
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let plan = |rest| Arc::new(runtime.block_on(archive.plan(&recipe(&rest).unwrap())).unwrap());
    let before = server.requests("GET");
    let whole = runtime.block_on(Engine::new(archive.memory_bytes, 4).run(plan(json!({}))));
    drop(whole.unwrap());
    let all = server.requests("GET") - before;
    // Every answer takes its time from here on, so that the work is under way for long.
    for date in 1..9 {
        server.break_object(&format!("scene{date}_red.tif"), Fault::Late(Duration::from_millis(25)));
    }
    let engine = Engine::new(archive.memory_bytes, 4).with_give_back(Duration::ZERO, give_back);
    let (all_dates, before) = (plan(json!({})), server.requests("GET"));
    let work = {
        let engine = engine.clone();
        runtime.spawn(async move { engine.run(all_dates).await.map(drop) })
    };
    let begin = Instant::now();
    while server.requests("GET") < before + 5 {
        assert!(begin.elapsed() < Duration::from_secs(20), "nothing is fetched");
        std::thread::sleep(Duration::from_millis(2));
    }
    work.abort();
    assert!(runtime.block_on(work).unwrap_err().is_cancelled());
    // What was on its way has arrived by then.
    std::thread::sleep(Duration::from_millis(100));
    let after = server.requests("GET");
    std::thread::sleep(Duration::from_millis(400));
    assert_eq!(server.requests("GET"), after, "fetching went on");
    given_back(1);
    // Nor does it stay if the pass that chooses the dates fails.
    let chosen = plan(json!({"mask": {"fmask": [0]}, "valid": {"fmask": [0, 1]}, "select": {"max_cloud": 0.5}}));
    server.break_object("scene3_clouds.tif", Fault::Short);
    assert!(runtime.block_on(engine.run(chosen)).is_err());
    given_back(2);
    assert!((after - before) * 4 < all, "{} of {all} requests were made before it stopped", after - before);
}
