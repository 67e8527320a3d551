//! The services tests need, around a command.

use std::fs::Permissions;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::process::ExitStatusExt;
use std::process::{ExitCode, ExitStatus};
use std::time::Duration;

use anyhow::{Context, bail};
use ardent_catalog::cluster::{Cluster, Durability};
use nix::sys::signal::{Signal, killpg};
use nix::unistd::Pid;
use secrecy::ExposeSecret;
use tokio::process::{Child, Command};
use tokio::signal::unix::{SignalKind, signal};

/// The variable that holds the URL of the test database's server.
pub const DATABASE_VARIABLE: &str = "ARDENT_TEST_DATABASE_URL";
/// How long a command that was asked to stop is waited for.
const GRACE: Duration = Duration::from_secs(15);

/// Starts a private PostGIS that survives nothing, runs `command` with its URL, stops it, and returns the command's
/// exit code (128 + the signal's number if it died of one). SIGINT and SIGTERM go to the command's whole process group.
pub async fn run(command: &[String]) -> anyhow::Result<ExitCode> {
    let Some((program, arguments)) = command.split_first() else { bail!("there is no command to run") };
    let mut interrupted = signal(SignalKind::interrupt())?;
    let mut terminated = signal(SignalKind::terminate())?;
    let mut folder = tempfile::Builder::new();
    // As root, the server's user must be able to enter.
    let folder = folder.prefix("ardent-test-").permissions(Permissions::from_mode(0o755)).tempdir()?;
    let cluster = tokio::select! {
        started = Cluster::start_with(folder.path(), Durability::Disposable) => started.context("the test database")?,
        _ = interrupted.recv() => return Ok(ExitCode::from(130)),
        _ = terminated.recv() => return Ok(ExitCode::from(143)),
    };
    let mut to_run = Command::new(program);
    to_run.args(arguments).env(DATABASE_VARIABLE, cluster.url().expose_secret()).process_group(0);
    let outcome = match to_run.spawn().with_context(|| format!("`{program}` cannot be run")) {
        Ok(mut child) => tokio::select! {
            status = child.wait() => status.map_err(Into::into),
            _ = interrupted.recv() => end(&mut child, Signal::SIGINT).await,
            _ = terminated.recv() => end(&mut child, Signal::SIGTERM).await,
        },
        Err(error) => Err(error),
    };
    cluster.stop().await.context("the test database did not stop")?;
    Ok(exit_code(outcome?))
}

/// Asks the command and all it started to stop; insists after a while.
async fn end(child: &mut Child, signal: Signal) -> anyhow::Result<ExitStatus> {
    let group = child.id().map(|id| Pid::from_raw(id.cast_signed()));
    let send = |signal| group.map(|group| killpg(group, signal));
    send(signal);
    let ended = tokio::time::timeout(GRACE, child.wait()).await;
    if ended.is_err() {
        send(Signal::SIGKILL);
    }
    Ok(child.wait().await?)
}

fn exit_code(status: ExitStatus) -> ExitCode {
    let code = status.code().or_else(|| status.signal().map(|signal| 128 + signal)).unwrap_or(1);
    ExitCode::from(u8::try_from(code).unwrap_or(1))
}
