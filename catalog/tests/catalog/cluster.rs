//! A private cluster: started, stopped, killed, refused.

use std::fs::Permissions;
use std::io::{BufRead, BufReader};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use ardent_catalog::cluster::{Cluster, ClusterError, Durability};
use secrecy::ExposeSecret;
use sqlx::{Connection, PgConnection};

/// Names the folder in which [`owner_in_a_process_of_its_own`] starts a cluster.
const OWNER_FOLDER: &str = "ARDENT_TEST_OWNER_FOLDER";

fn folder() -> tempfile::TempDir {
    let mut builder = tempfile::Builder::new();
    builder.prefix("ardent-cluster-").permissions(Permissions::from_mode(0o755)).tempdir().unwrap()
}

async fn start(folder: &Path) -> ardent_catalog::Result<Cluster> {
    Cluster::start_with(folder, Durability::Disposable).await
}

async fn query(cluster: &Cluster, statement: &'static str) -> String {
    let mut connection = PgConnection::connect(cluster.url().expose_secret()).await.unwrap();
    sqlx::query_scalar(statement).fetch_one(&mut connection).await.unwrap()
}

async fn keep(cluster: &Cluster) {
    let mut connection = PgConnection::connect(cluster.url().expose_secret()).await.unwrap();
    let statement = "CREATE TABLE kept AS SELECT 'still there'::text AS value";
    sqlx::raw_sql(statement).execute(&mut connection).await.unwrap();
}

/// Process ids of every process whose command line mentions `text`.
fn processes_of(text: &str) -> Vec<u32> {
    let entries = std::fs::read_dir("/proc").unwrap().flatten();
    let processes = entries.filter_map(|entry| entry.file_name().to_str()?.parse::<u32>().ok());
    let mentions = |process: &u32| {
        std::fs::read(format!("/proc/{process}/cmdline"))
            .is_ok_and(|line| String::from_utf8_lossy(&line).contains(text))
    };
    processes.filter(mentions).collect()
}

fn kill(process: u32) {
    assert!(Command::new("kill").args(["-9", &process.to_string()]).status().unwrap().success());
}

#[tokio::test]
async fn keeps_its_data_over_a_restart_and_leaves_nothing_running() {
    let folder = folder();
    let data = folder.path().join("deep/er");
    let cluster = start(&data).await.unwrap();
    let socket = cluster.socket_folder().to_owned();
    assert!(query(&cluster, "SELECT postgis_version()").await.starts_with('3'));
    let settings = "SELECT concat_ws(' ', current_setting('server_encoding'), datcollate, \
                    current_setting('listen_addresses') = '') FROM pg_database WHERE datname = current_database()";
    assert_eq!(query(&cluster, settings).await, "UTF8 C t");
    keep(&cluster).await;
    cluster.stop().await.unwrap();
    assert!(!socket.exists(), "the socket's folder goes with it");
    assert_eq!(processes_of(data.to_str().unwrap()), [0_u32; 0], "no process is left");

    let again = start(&data).await.unwrap();
    assert_eq!(query(&again, "SELECT value FROM kept").await, "still there");
    drop(again);
    assert_eq!(processes_of(data.to_str().unwrap()), [0_u32; 0], "dropping it stops it too");
}

#[tokio::test]
async fn nobody_else_gets_in_and_the_terminal_does_not_reach_it() {
    let folder = folder();
    let cluster = start(folder.path()).await.unwrap();
    let mode = |path: &Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o007;
    assert_eq!(mode(cluster.socket_folder()), 0, "others may not enter the socket's folder");
    assert_eq!(mode(&folder.path().join("data")), 0, "nor that of the data");
    assert!(cluster.socket_folder().join(".s.PGSQL.5432").as_os_str().len() <= 107);
    let server = nix::unistd::Pid::from_raw(cluster.process_id().unwrap().cast_signed());
    assert_ne!(nix::unistd::getpgid(Some(server)).unwrap(), nix::unistd::getpgrp(), "a process group of its own");
    cluster.stop().await.unwrap();
}

#[tokio::test]
async fn a_second_owner_is_refused_and_told_who_has_it() {
    let folder = folder();
    let cluster = start(folder.path()).await.unwrap();
    let error = start(folder.path()).await.unwrap_err();
    let text = error.to_string();
    assert!(matches!(error, ardent_catalog::Error::Cluster(ClusterError::InUse { .. })), "{text}");
    assert!(text.contains(&std::process::id().to_string()) && text.contains(folder.path().to_str().unwrap()), "{text}");
    assert_eq!(query(&cluster, "SELECT 'alive'").await, "alive", "the first is not disturbed");
    cluster.stop().await.unwrap();
}

/// Not a test by itself: the owner that the next tests kill.
#[tokio::test]
async fn owner_in_a_process_of_its_own() {
    let Some(folder) = std::env::var_os(OWNER_FOLDER) else { return };
    let cluster = start(&PathBuf::from(folder)).await.unwrap();
    keep(&cluster).await;
    println!("\nserver {} {}", cluster.process_id().unwrap(), cluster.socket_folder().display());
    std::future::pending::<()>().await;
}

/// An owner in another process, the process id of its server, and its socket's folder.
fn owner(folder: &Path) -> (Child, u32, PathBuf) {
    let mut owner = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "cluster::owner_in_a_process_of_its_own", "--nocapture"])
        .env(OWNER_FOLDER, folder)
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let lines = BufReader::new(owner.stdout.take().unwrap()).lines().map_while(Result::ok);
    let line = lines.into_iter().find_map(|line| Some(line.strip_prefix("server ")?.to_owned())).unwrap();
    let (process, socket) = line.split_once(' ').unwrap();
    (owner, process.parse().unwrap(), PathBuf::from(socket))
}

#[tokio::test]
async fn a_killed_owner_leaves_a_server_that_the_next_takes_over() {
    let folder = folder();
    let (mut first, orphan, socket) = owner(folder.path());
    first.kill().unwrap();
    first.wait().unwrap();
    assert!(Path::new(&format!("/proc/{orphan}")).exists(), "the server outlives its owner");
    let cluster = start(folder.path()).await.unwrap();
    assert_ne!(cluster.process_id(), Some(orphan));
    assert!(!socket.exists(), "the old socket's folder is tidied away");
    assert_eq!(query(&cluster, "SELECT value FROM kept").await, "still there");
    cluster.stop().await.unwrap();
}

#[tokio::test]
async fn a_crash_of_owner_and_server_is_recovered_from() {
    let folder = folder();
    let (mut first, server, _) = owner(folder.path());
    kill(server);
    first.kill().unwrap();
    first.wait().unwrap();
    let cluster = start(folder.path()).await.unwrap();
    query(&cluster, "SELECT 'answers'").await;
    kill(cluster.process_id().unwrap());
    cluster.stop().await.unwrap();
    let pid_file = folder.path().join("data/postmaster.pid");
    let text = std::fs::read_to_string(&pid_file).unwrap();
    // After a restart of the machine the number may belong to something else: here, to this test.
    let (_, rest) = text.split_once('\n').unwrap();
    std::fs::write(&pid_file, format!("{}\n{rest}", std::process::id())).unwrap();
    start(folder.path()).await.unwrap().stop().await.unwrap();
}

#[tokio::test]
async fn a_server_that_was_started_by_hand_is_left_alone() {
    let folder = folder();
    let cluster = start(folder.path()).await.unwrap();
    let socket = cluster.socket_folder().to_owned();
    // As if another socket folder had been given: the server is not the one we remember.
    std::fs::write(folder.path().join("socket"), "/elsewhere").unwrap();
    let lock = folder.path().join("lock");
    std::fs::rename(&lock, folder.path().join("lock.away")).unwrap();
    let error = start(folder.path()).await.unwrap_err().to_string();
    assert!(error.contains("started by hand") && error.contains(&cluster.process_id().unwrap().to_string()), "{error}");
    assert_eq!(query(&cluster, "SELECT 'alive'").await, "alive");
    assert!(socket.exists());
    cluster.stop().await.unwrap();
}

#[tokio::test]
async fn a_folder_that_the_server_cannot_enter_is_named() {
    if !nix::unistd::geteuid().is_root() {
        eprintln!("skipped: only root runs the server as another user");
        return;
    }
    let folder = folder();
    let closed = folder.path().join("closed");
    std::fs::create_dir(&closed).unwrap();
    std::fs::set_permissions(&closed, Permissions::from_mode(0o700)).unwrap();
    let error = start(&closed.join("inside")).await.unwrap_err().to_string();
    assert!(error.contains(&format!("chmod o+x {}", closed.display())) && error.contains("postgres"), "{error}");
}

#[tokio::test]
async fn a_server_that_does_not_start_says_why() {
    let folder = folder();
    start(folder.path()).await.unwrap().stop().await.unwrap();
    let main = folder.path().join("data/postgresql.conf");
    let text = std::fs::read_to_string(&main).unwrap();
    std::fs::write(&main, format!("{text}\nno_such_setting = 1\n")).unwrap();
    let error = start(folder.path()).await.unwrap_err().to_string();
    assert!(error.contains("no_such_setting"), "{error}");
}
