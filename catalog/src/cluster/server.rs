//! Making, starting and stopping the server with `initdb` and `pg_ctl`.

use std::fmt::Write as _;
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use tokio::process::Command;

use super::account::Account;
use super::installation::Installation;
use super::{ClusterError, Durability, SOCKET_FOLDER_PREFIX};

/// How often a start that the leftovers of a crash got in the way of is tried.
const START_ATTEMPTS: u32 = 6;

#[derive(Debug)]
pub(super) struct Server {
    pub(super) installation: Installation,
    pub(super) account: Account,
    /// The cluster's own folder.
    pub(super) data: PathBuf,
    /// The file that remembers which socket folder our server was given.
    pub(super) record: PathBuf,
}

impl Server {
    /// Makes the cluster if it is not there: elsewhere at first, so that an interrupted attempt leaves nothing half.
    pub(super) async fn create(&self, folder: &Path) -> Result<(), ClusterError> {
        if self.data.join("PG_VERSION").exists() {
            return Ok(());
        }
        let unfinished = folder.join("data.unfinished");
        if unfinished.exists() {
            std::fs::remove_dir_all(&unfinished).map_err(fault("remove", &unfinished))?;
        }
        std::fs::create_dir(&unfinished).map_err(fault("make the folder", &unfinished))?;
        self.account.own(&unfinished).map_err(fault("change the owner of", &unfinished))?;
        let mut initdb = self.account.command(self.installation.program("initdb"));
        // Ids sort by bytes, as they do everywhere else in this program; letters still have their case in Unicode.
        initdb.args(["--username=ardent", "--encoding=UTF8", "--lc-collate=C", "--lc-ctype=C.UTF-8"]);
        initdb.args(["--auth-local=peer", "--auth-host=reject", "--no-instructions", "-D"]).arg(&unfinished);
        self.run("initdb", initdb).await?;
        std::fs::rename(&unfinished, &self.data).map_err(fault("move into place", &self.data))
    }

    /// Writes the settings, which are ours; `postgresql.conf` is left to the user except for the line that reads them.
    pub(super) fn configure(&self, socket_folder: &Path, durability: Durability) -> Result<(), ClusterError> {
        self.write("ardent.conf", &settings(socket_folder, durability))?;
        let mut map = format!("ardent {} ardent\n", self.account.own_name);
        if self.account.name != self.account.own_name {
            let _ = writeln!(map, "ardent {} ardent", self.account.name);
        }
        self.write("pg_ident.conf", &map)?;
        self.write("pg_hba.conf", "local all all peer map=ardent\n")?;
        let main = self.data.join("postgresql.conf");
        let text = std::fs::read_to_string(&main).map_err(fault("read", &main))?;
        let include = "include 'ardent.conf'";
        if !text.lines().any(|line| line.trim() == include) {
            self.write("postgresql.conf", &format!("{include}\n{text}"))?;
        }
        std::fs::write(&self.record, socket_folder.as_os_str().as_encoded_bytes()).map_err(fault("write", &self.record))
    }

    fn write(&self, name: &str, text: &str) -> Result<(), ClusterError> {
        let path = self.data.join(name);
        std::fs::write(&path, text).and_then(|()| self.account.own(&path)).map_err(fault("write", &path))
    }

    /// Starts the server and waits until it answers.
    pub(super) async fn start(&self) -> Result<(), ClusterError> {
        let log = self.data.join("server.log");
        let mut attempt = 1;
        loop {
            let _ = std::fs::remove_file(&log);
            let mut start = self.control("start");
            start.args(["--wait", "--timeout=120", "--log"]).arg(&log);
            let Err(refused) = self.run("pg_ctl start", start).await else { return Ok(()) };
            let said = std::fs::read_to_string(&log).unwrap_or_default();
            // The processes of a server that was killed take a moment to notice.
            let is_leftover = said.contains("shared memory block") || said.contains("lock file");
            if !is_leftover || attempt == START_ATTEMPTS {
                return Err(match refused {
                    ClusterError::Program { program, folder, output } if said.is_empty() => {
                        ClusterError::Program { program, folder, output }
                    }
                    ClusterError::Program { program, folder, .. } => {
                        ClusterError::Program { program, folder, output: last_lines(&said) }
                    }
                    other => other,
                });
            }
            tracing::warn!(attempt, "leftovers of a crash are in the way of PostgreSQL; trying again");
            tokio::time::sleep(Duration::from_millis(250 << attempt)).await;
            attempt += 1;
        }
    }

    /// Ends the sessions, stops the server and waits; is content if it does not run.
    pub(super) async fn stop(&self) -> Result<(), ClusterError> {
        if self.process_id().is_none() {
            return Ok(());
        }
        let mut stop = self.control("stop");
        stop.args(["--mode=fast", "--wait", "--timeout=60"]);
        let stopped = self.run("pg_ctl stop", stop).await;
        let mut kill = self.control("stop");
        kill.args(["--mode=immediate", "--wait", "--timeout=20"]);
        match stopped {
            Err(_) if self.process_id().is_some() => self.run("pg_ctl stop", kill).await,
            _ => Ok(()),
        }
    }

    /// As [`Server::stop`], for want of a better moment.
    pub(super) fn stop_blocking(&self) {
        let mut stop = self.account.blocking_command(self.installation.program("pg_ctl"));
        stop.arg("stop").arg("-D").arg(&self.data).args(["--silent", "--mode=fast", "--wait", "--timeout=20"]);
        stop.stdout(std::process::Stdio::null()).stderr(std::process::Stdio::null());
        if let Err(error) = stop.status() {
            tracing::warn!(%error, "the private PostgreSQL could not be stopped");
        }
    }

    /// Deals with what is left of an owner that was killed. We hold the lock, so a server that runs on our data is
    /// either an orphan of ours, and is stopped, or somebody else's, and is left alone.
    pub(super) async fn stop_orphan(&self) -> Result<(), ClusterError> {
        let recorded = std::fs::read_to_string(&self.record).unwrap_or_default();
        let Some(left) = Leftover::read(&self.data) else {
            remove_socket_folder(&recorded);
            return Ok(());
        };
        if left.is_alive {
            if left.socket_folder != recorded || recorded.is_empty() {
                let process = format!("{} (a PostgreSQL server that was started by hand)", left.process);
                return Err(ClusterError::InUse { folder: self.data.clone(), process });
            }
            tracing::warn!(process = left.process, "stopping the PostgreSQL that a killed process has left behind");
            self.stop().await?;
        } else {
            // The number may meanwhile be that of another process, which the server would take for its own.
            let _ = std::fs::remove_file(self.data.join("postmaster.pid"));
        }
        remove_socket_folder(&recorded);
        Ok(())
    }

    /// Process id of the server, if it runs.
    pub(super) fn process_id(&self) -> Option<u32> {
        Leftover::read(&self.data).filter(|left| left.is_alive).map(|left| left.process)
    }

    fn control(&self, action: &str) -> Command {
        let mut command = self.account.command(self.installation.program("pg_ctl"));
        command.arg(action).arg("-D").arg(&self.data).arg("--silent");
        command
    }

    async fn run(&self, program: &'static str, mut command: Command) -> Result<(), ClusterError> {
        // A file rather than a pipe: the server inherits it, and a pipe would not end before the server does.
        let mut output = tempfile::tempfile().map_err(fault("make a temporary file in", &std::env::temp_dir()))?;
        let handle = |file: &std::fs::File| file.try_clone().map_err(fault("read", &std::env::temp_dir()));
        command.stdout(handle(&output)?).stderr(handle(&output)?);
        let path = PathBuf::from(command.as_std().get_program());
        let status = command.status().await.map_err(fault("run", &path))?;
        if status.success() {
            return Ok(());
        }
        let mut said = String::new();
        let _ = io::Seek::rewind(&mut output).and_then(|()| io::Read::read_to_string(&mut output, &mut said));
        Err(ClusterError::Program { program, folder: self.data.clone(), output: last_lines(&said) })
    }
}

/// The socket's folder of a server that we (or another process of ours) run on the cluster in `folder`.
pub(super) fn running(folder: &Path) -> Option<PathBuf> {
    let recorded = std::fs::read_to_string(folder.join("socket")).ok()?;
    let left = Leftover::read(&folder.join("data"))?;
    (left.is_alive && left.socket_folder == recorded).then(|| PathBuf::from(recorded))
}

/// What `postmaster.pid` tells (lines: process, data, start, port, socket folder, …).
struct Leftover {
    process: u32,
    socket_folder: String,
    is_alive: bool,
}

impl Leftover {
    fn read(data: &Path) -> Option<Self> {
        let text = std::fs::read_to_string(data.join("postmaster.pid")).ok()?;
        let mut lines = text.lines();
        let process: u32 = lines.next()?.trim().parse().ok()?;
        let socket_folder = lines.nth(3).unwrap_or_default().trim().to_owned();
        Some(Self { process, socket_folder, is_alive: is_postgres(process) })
    }
}

/// Whether a process runs and, where that can be told, is a PostgreSQL server.
fn is_postgres(process: u32) -> bool {
    let id = nix::unistd::Pid::from_raw(process.cast_signed());
    let runs = !matches!(nix::sys::signal::kill(id, None), Err(nix::errno::Errno::ESRCH));
    let name = std::fs::read_to_string(format!("/proc/{process}/comm"));
    let status = std::fs::read_to_string(format!("/proc/{process}/stat")).unwrap_or_default();
    let is_zombie = status.rsplit_once(')').is_some_and(|(_, rest)| rest.trim_start().starts_with('Z'));
    runs && !is_zombie && name.map_or(true, |name| name.trim().starts_with("postgres"))
}

fn remove_socket_folder(path: &str) {
    let path = Path::new(path);
    let is_ours =
        path.file_name().is_some_and(|name| name.as_encoded_bytes().starts_with(SOCKET_FOLDER_PREFIX.as_bytes()));
    if is_ours {
        let _ = std::fs::remove_dir_all(path);
    }
}

/// Settings for a small machine that does other work too.
fn settings(socket_folder: &Path, durability: Durability) -> String {
    let folder = socket_folder.display().to_string().replace('\'', "''");
    let mut text = format!(
        "# Written at every start; put your own settings into postgresql.conf.\n\
         listen_addresses = ''\nunix_socket_directories = '{folder}'\nport = 5432\nunix_socket_permissions = 0777\n\
         max_connections = 200\nshared_buffers = 256MB\neffective_cache_size = 1GB\nwork_mem = 16MB\n\
         maintenance_work_mem = 128MB\nrandom_page_cost = 1.1\njit = off\nmax_parallel_workers_per_gather = 0\n\
         wal_level = minimal\nmax_wal_senders = 0\nmax_wal_size = 2GB\ncheckpoint_timeout = 15min\n\
         timezone = 'UTC'\nlog_timezone = 'UTC'\nlc_messages = 'C'\n\
         log_min_messages = log\nlog_checkpoints = off\nlog_autovacuum_min_duration = -1\n"
    );
    if durability == Durability::Disposable {
        text.push_str("fsync = off\nsynchronous_commit = off\nfull_page_writes = off\n");
    }
    text
}

fn last_lines(text: &str) -> String {
    let lines: Vec<_> = text.lines().filter(|line| !line.trim().is_empty()).collect();
    lines[lines.len().saturating_sub(6)..].join("; ")
}

fn fault(doing: &'static str, path: &Path) -> impl FnOnce(io::Error) -> ClusterError + use<> {
    let path = path.to_owned();
    move |source| ClusterError::Io { doing, path, source }
}
