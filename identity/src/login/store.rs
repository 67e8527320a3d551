//! Where sessions are kept: a file that its owner alone can read.

use std::{
    collections::BTreeMap,
    fs::{self, DirBuilder, File, OpenOptions},
    io::{self, ErrorKind, Write},
    os::unix::fs::{DirBuilderExt, OpenOptionsExt},
    path::{Path, PathBuf},
};

use super::{Session, session::Kept};
use crate::{Error, Result};

/// The sessions of a user, by server. While it is held no other process changes them: of two that renew the same
/// session one would have its refresh token used up by the other.
#[derive(Debug)]
pub struct SessionStore {
    path: PathBuf,
    _lock: File,
}

type Sessions = BTreeMap<String, Kept>;

impl SessionStore {
    /// The one in this folder, which is made (mode 0700) if it is not there. Waits while another process holds it.
    ///
    /// # Errors
    /// If the folder cannot be made or written.
    pub fn open(folder: &Path) -> Result<Self> {
        let fault = |source| Error::Sessions { path: folder.to_owned(), source };
        DirBuilder::new().recursive(true).mode(0o700).create(folder).map_err(fault)?;
        let lock = OpenOptions::new()
            .write(true)
            .create(true)
            .truncate(false)
            .mode(0o600)
            .open(folder.join("sessions.lock"))
            .map_err(fault)?;
        lock.lock().map_err(fault)?;
        Ok(Self { path: folder.join("sessions.json"), _lock: lock })
    }

    /// The session at a server.
    ///
    /// # Errors
    /// If the file cannot be read.
    pub fn get(&self, server: &str) -> Result<Option<Session>> {
        Ok(self.read()?.remove(key(server)).map(Into::into))
    }

    /// Keeps a session, in place of an earlier one at the same server.
    ///
    /// # Errors
    /// If the file cannot be written.
    pub fn put(&self, session: &Session) -> Result<()> {
        let mut sessions = self.read()?;
        sessions.insert(key(&session.server).to_owned(), session.into());
        self.write(&sessions)
    }

    /// Forgets the session at a server. False if there was none.
    ///
    /// # Errors
    /// If the file cannot be written.
    pub fn remove(&self, server: &str) -> Result<bool> {
        let mut sessions = self.read()?;
        let was_there = sessions.remove(key(server)).is_some();
        self.write(&sessions)?;
        Ok(was_there)
    }

    fn read(&self) -> Result<Sessions> {
        match fs::read(&self.path) {
            Ok(bytes) => serde_json::from_slice(&bytes).map_err(|error| self.fault(io::Error::other(error))),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(Sessions::new()),
            Err(error) => Err(self.fault(error)),
        }
    }

    /// Beside it first: the file is whole or as it was, and never readable by others.
    fn write(&self, sessions: &Sessions) -> Result<()> {
        let new = self.path.with_extension("new");
        let text = serde_json::to_vec_pretty(sessions).map_err(|error| self.fault(io::Error::other(error)))?;
        let write = || {
            // What a run that was cut off left may have any mode.
            fs::remove_file(&new)
                .or_else(|error| if error.kind() == ErrorKind::NotFound { Ok(()) } else { Err(error) })?;
            let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&new)?;
            file.write_all(&text)?;
            file.sync_all()?;
            fs::rename(&new, &self.path)
        };
        write().map_err(|error| self.fault(error))
    }

    fn fault(&self, source: io::Error) -> Error {
        Error::Sessions { path: self.path.clone(), source }
    }
}

/// The same server with and without a slash at its end.
fn key(server: &str) -> &str {
    server.trim_end_matches('/')
}
