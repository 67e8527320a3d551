//! The built `ardent` binary, as a command and as a server, for the demo and the tests.

use std::{
    ffi::{OsStr, OsString},
    path::{Path, PathBuf},
    process::{Output, Stdio},
    time::{Duration, Instant},
};

use anyhow::{Context, Result, bail};
use nix::{
    sys::signal::{Signal, kill},
    unistd::Pid,
};
use tokio::{
    io::{AsyncBufReadExt, BufReader, Lines},
    process::{Child, ChildStdout, Command},
};

/// How long a server may take until it listens.
const START: Duration = Duration::from_mins(3);
/// How long a server may take until it has stopped.
const STOP: Duration = Duration::from_secs(90);

/// A binary, and the settings that every one of its commands gets.
#[derive(Debug, Clone)]
pub struct Ardent {
    binary: PathBuf,
    settings: Vec<OsString>,
    user: Option<(u32, u32)>,
}

impl Ardent {
    /// The binary at this path.
    pub fn new(binary: impl Into<PathBuf>) -> Self {
        Self { binary: binary.into(), settings: Vec::new(), user: None }
    }

    /// The one that was built together with the running test.
    pub fn of_this_build() -> Result<Self> {
        let test = std::env::current_exe()?;
        let folder = test.parent().and_then(Path::parent).context("the test lies in no folder")?;
        let binary = folder.join("ardent");
        if !binary.is_file() {
            bail!("{} is missing; build it with `make build`", binary.display());
        }
        Ok(Self::new(binary))
    }

    /// The binary.
    pub fn binary(&self) -> &Path {
        &self.binary
    }

    /// The same, run as this user and group, which only root can.
    #[must_use]
    pub fn as_user(mut self, user: u32, group: u32) -> Self {
        self.user = Some((user, group));
        self
    }

    /// The same with one more setting, such as `--data-folder`.
    #[must_use]
    pub fn with(mut self, flag: &str, value: impl AsRef<OsStr>) -> Self {
        self.settings.push(flag.into());
        self.settings.push(value.as_ref().to_owned());
        self
    }

    /// A command, without the settings of the caller's environment. It is a process group of its own, since Ctrl-C is
    /// the caller's to deal with, and it is killed if it is dropped.
    pub fn command<A: AsRef<OsStr>>(&self, arguments: impl IntoIterator<Item = A>) -> Command {
        let mut command = Command::new(&self.binary);
        command.args(arguments).args(&self.settings).process_group(0).kill_on_drop(true).stdin(Stdio::null());
        for (name, _) in std::env::vars_os().filter(|(name, _)| name.as_encoded_bytes().starts_with(b"ARDENT_")) {
            command.env_remove(name);
        }
        if let Some((user, group)) = self.user {
            command.uid(user).gid(group).current_dir("/");
        }
        command
    }

    /// Runs a command to its end, whatever that is.
    pub async fn run<A: AsRef<OsStr>>(&self, arguments: impl IntoIterator<Item = A>) -> Result<Output> {
        let output = self.command(arguments).output().await;
        output.with_context(|| format!("{} cannot be run", self.binary.display()))
    }

    /// Runs a command that must succeed; returns what it prints.
    pub async fn succeed<A: AsRef<OsStr>>(&self, arguments: impl IntoIterator<Item = A>) -> Result<String> {
        let mut command = self.command(arguments);
        let shown = format!("{:?}", command.as_std());
        let output = command.output().await.with_context(|| format!("{shown} cannot be run"))?;
        if !output.status.success() {
            let said = String::from_utf8_lossy(&output.stderr);
            bail!("{shown} failed ({}):\n{}{said}", output.status, String::from_utf8_lossy(&output.stdout));
        }
        String::from_utf8(output.stdout).context("it printed something that is not text")
    }

    /// Starts `ardent serve` and waits until it listens.
    pub async fn serve<A: AsRef<OsStr>>(&self, arguments: impl IntoIterator<Item = A>, log: &Path) -> Result<Server> {
        let file = std::fs::File::create(log).with_context(|| format!("{} cannot be written", log.display()))?;
        let mut command = self.command(["serve"]);
        command.args(arguments).stdout(Stdio::piped()).stderr(file).kill_on_drop(false);
        let mut child = command.spawn().with_context(|| format!("{} cannot be run", self.binary.display()))?;
        let output = child.stdout.take().context("a process without stdout")?;
        let mut server = Server { child, url: String::new(), lines: BufReader::new(output).lines() };
        let line = tokio::time::timeout(START, server.lines.next_line()).await;
        let line = line.with_context(|| format!("ardent serve does not listen; see {}", log.display()))??;
        let Some(url) = line.as_deref().and_then(|line| line.split("listens on ").nth(1)) else {
            let said = std::fs::read_to_string(log).unwrap_or_default();
            bail!("ardent serve does not say where it listens, but {line:?}:\n{said}");
        };
        url.trim().clone_into(&mut server.url);
        Ok(server)
    }
}

/// A running `ardent serve`; stopped when it is dropped.
#[derive(Debug)]
pub struct Server {
    child: Child,
    url: String,
    // Kept, since a server whose stdout is closed could fail to write to it.
    lines: Lines<BufReader<ChildStdout>>,
}

impl Server {
    /// Where it listens, such as `http://127.0.0.1:41234`.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Its process id.
    pub fn process_id(&self) -> Option<u32> {
        self.child.id()
    }

    /// The most memory it has had so far (`VmHWM`).
    pub fn peak_memory_bytes(&self) -> Option<u64> {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id()?)).ok()?;
        let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
        line.trim().strip_suffix(" kB")?.trim().parse::<u64>().ok().map(|kib| kib << 10)
    }

    /// Asks it to stop as Ctrl-C does, and waits until it and its database have.
    pub async fn stop(mut self) -> Result<()> {
        self.signal(Signal::SIGINT);
        let Ok(status) = tokio::time::timeout(STOP, self.child.wait()).await else {
            self.child.kill().await?;
            bail!("ardent serve did not stop within {} seconds and was killed", STOP.as_secs());
        };
        match status? {
            status if status.success() => Ok(()),
            status => bail!("ardent serve ended with {status}"),
        }
    }

    /// Until it ends by itself.
    pub async fn ended(&mut self) -> Result<std::process::ExitStatus> {
        Ok(self.child.wait().await?)
    }

    fn signal(&self, signal: Signal) {
        if let Some(process) = self.child.id() {
            // It may have ended by itself.
            let _ = kill(Pid::from_raw(process.cast_signed()), signal);
        }
    }
}

impl Drop for Server {
    /// Waits too, since what it writes to may go next.
    fn drop(&mut self) {
        self.signal(Signal::SIGTERM);
        let since = Instant::now();
        while matches!(self.child.try_wait(), Ok(None)) && since.elapsed() < STOP {
            std::thread::sleep(Duration::from_millis(50));
        }
    }
}
