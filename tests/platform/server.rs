//! Starting and stopping: Ctrl-C, a second run, another user.

use std::{os::unix::fs::chown, path::Path};

use ardent_testkit::ardent::Ardent;

use crate::world::{get, open_folder};

/// Whether the private PostgreSQL of a data folder runs.
fn has_database(data: &Path) -> bool {
    data.join("data/postmaster.pid").exists()
}

#[tokio::test(flavor = "multi_thread")]
async fn ctrl_c_stops_server_and_database_and_a_second_run_works() {
    let folder = open_folder();
    let data = folder.path().join("data");
    let ardent = Ardent::of_this_build().unwrap().with("--data-folder", &data);
    for run in ["first", "second"] {
        let server = ardent.serve(["--listen", "127.0.0.1:0"], &folder.path().join("log")).await.unwrap();
        assert!(has_database(&data));
        get(&server, "/health/ready").await;
        assert_eq!(get(&server, "/").await["type"], "Catalog");
        server.stop().await.unwrap_or_else(|error| panic!("the {run} run: {error}"));
        assert!(!has_database(&data), "the database runs on after the {run} run");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn sigterm_stops_it_too() {
    let folder = open_folder();
    let data = folder.path().join("data");
    let ardent = Ardent::of_this_build().unwrap().with("--data-folder", &data);
    drop(ardent.serve(["--listen", "127.0.0.1:0"], &folder.path().join("log")).await.unwrap());
    assert!(!has_database(&data), "the database runs on");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_server_on_the_same_folder_is_refused_and_commands_share_its_database() {
    let folder = open_folder();
    let ardent = Ardent::of_this_build().unwrap().with("--data-folder", folder.path().join("data"));
    let server = ardent.serve(["--listen", "127.0.0.1:0"], &folder.path().join("log")).await.unwrap();
    let second = ardent.run(["serve", "--listen", "127.0.0.1:0"]).await.unwrap();
    let said = String::from_utf8_lossy(&second.stderr);
    let process = server.process_id().unwrap().to_string();
    assert!(second.status.code() == Some(1) && said.contains("in use") && said.contains(&process), "{said}");
    let listed = ardent.succeed(["product", "list"]).await.unwrap();
    assert!(listed.contains("no products yet"), "{listed}");
    get(&server, "/health/ready").await;
    server.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn an_address_that_is_taken_is_named() {
    let folder = open_folder();
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let data = folder.path().join("data");
    let ardent = Ardent::of_this_build().unwrap().with("--data-folder", &data);
    let refused = ardent.run(["serve", "--listen", &address]).await.unwrap();
    let said = String::from_utf8_lossy(&refused.stderr);
    assert!(refused.status.code() == Some(1) && said.contains(&address) && said.contains("--listen"), "{said}");
    assert!(!has_database(&data), "the database runs on");
}

/// Root becomes `nobody`; anybody else is another user already.
#[tokio::test(flavor = "multi_thread")]
async fn another_user_than_root_can_serve() {
    const NOBODY: u32 = 65534;
    let folder = open_folder();
    let data = folder.path().join("data");
    let mut ardent = Ardent::of_this_build().unwrap();
    if folder.path().metadata().is_ok_and(|metadata| std::os::unix::fs::MetadataExt::uid(&metadata) == 0) {
        // The build may lie in a home that others cannot enter.
        let copy = folder.path().join("ardent");
        std::fs::copy(ardent.binary(), &copy).unwrap();
        std::fs::create_dir(&data).unwrap();
        chown(&data, Some(NOBODY), Some(NOBODY)).unwrap();
        ardent = Ardent::new(copy).as_user(NOBODY, NOBODY);
    }
    let ardent = ardent.with("--data-folder", &data);
    let server = ardent.serve(["--listen", "127.0.0.1:0"], &folder.path().join("log")).await.unwrap();
    get(&server, "/health/ready").await;
    let listed = ardent.succeed(["product", "list"]).await.unwrap();
    assert!(listed.contains("no products yet"), "{listed}");
    server.stop().await.unwrap();
    assert!(!has_database(&data), "the database runs on");
}
