//! The user who runs the server.

use std::ffi::OsStr;
use std::io;
use std::os::unix::fs::{PermissionsExt, chown};
use std::path::{Path, PathBuf};

use nix::unistd::{Gid, Uid, User, getegid, geteuid};
use tokio::process::Command;

use super::ClusterError;

/// Ourselves, or `postgres` if we are root, since PostgreSQL refuses to run as root.
#[derive(Debug, Clone)]
pub(super) struct Account {
    /// Its name.
    pub(super) name: String,
    /// Our own name, to which the server must open.
    pub(super) own_name: String,
    /// Its ids, if they are not ours.
    other: Option<(Uid, Gid)>,
}

impl Account {
    pub(super) fn choose() -> Result<Self, ClusterError> {
        let own = User::from_uid(geteuid()).ok().flatten();
        let own_name = own.map_or_else(|| geteuid().to_string(), |user| user.name);
        if !geteuid().is_root() {
            return Ok(Self { name: own_name.clone(), own_name, other: None });
        }
        let postgres = User::from_name("postgres").ok().flatten().ok_or(ClusterError::NoAccount)?;
        Ok(Self { name: postgres.name, own_name, other: Some((postgres.uid, postgres.gid)) })
    }

    /// A command run as this user, apart from our terminal: Ctrl-C there is ours, not the server's.
    pub(super) fn command(&self, program: impl AsRef<OsStr>) -> Command {
        Command::from(self.blocking_command(program))
    }

    pub(super) fn blocking_command(&self, program: impl AsRef<OsStr>) -> std::process::Command {
        use std::os::unix::process::CommandExt;
        let mut command = std::process::Command::new(program);
        command.current_dir("/").process_group(0).env("LC_ALL", "C").stdin(std::process::Stdio::null());
        for (variable, _) in std::env::vars_os().filter(|(name, _)| name.as_encoded_bytes().starts_with(b"PG")) {
            command.env_remove(variable);
        }
        if let Some((user, group)) = self.other {
            command.uid(user.as_raw()).gid(group.as_raw());
        }
        command
    }

    /// Hands a folder over: the user may do everything in it, and so may we; others nothing.
    pub(super) fn give(&self, folder: &Path) -> io::Result<()> {
        if let Some((user, _)) = self.other {
            chown(folder, Some(user.as_raw()), Some(getegid().as_raw()))?;
            std::fs::set_permissions(folder, std::fs::Permissions::from_mode(0o770))?;
        }
        Ok(())
    }

    /// Makes a file the user's own.
    pub(super) fn own(&self, file: &Path) -> io::Result<()> {
        self.other.map_or(Ok(()), |(user, group)| chown(file, Some(user.as_raw()), Some(group.as_raw())))
    }

    /// The first folder on the way to `folder` that the user cannot enter. Tried rather than computed, since access
    /// lists and mounts have a say too.
    pub(super) fn cannot_enter(&self, folder: &Path) -> Option<PathBuf> {
        self.other?;
        let enters = |folder: &Path| {
            let mut command = self.blocking_command("true");
            command.current_dir(folder).status().is_ok_and(|status| status.success())
        };
        if enters(folder) {
            return None;
        }
        let mut way: Vec<_> = folder.ancestors().filter(|part| !part.as_os_str().is_empty()).collect();
        way.reverse();
        Some(way.into_iter().find(|part| !enters(part)).unwrap_or(folder).to_owned())
    }
}
