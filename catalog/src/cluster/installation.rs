//! The PostgreSQL that is installed.

use std::path::{Path, PathBuf};
use std::process::Command;

use super::ClusterError;

/// Where Debian and its like keep each major version.
const VERSIONS: &str = "/usr/lib/postgresql";

/// The programs of one version of the server.
#[derive(Debug, Clone)]
pub(super) struct Installation {
    /// Its major version.
    pub(super) version: u32,
    /// Folder of `initdb`, `pg_ctl` and `postgres`.
    programs: PathBuf,
}

impl Installation {
    /// The version that made the cluster in `data`, or the newest with PostGIS if there is none yet.
    pub(super) fn find(data: &Path) -> Result<Self, ClusterError> {
        let installed = Self::all();
        if installed.is_empty() {
            return Err(ClusterError::NoPostgres);
        }
        if let Ok(version) = std::fs::read_to_string(data.join("PG_VERSION")) {
            let version = version.trim();
            let made_by = installed.into_iter().find(|one| one.version.to_string() == version);
            let missing = || ClusterError::OtherVersion { folder: data.to_owned(), version: version.to_owned() };
            return made_by.ok_or_else(missing);
        }
        let newest = installed[0].version;
        installed.into_iter().find(Self::has_postgis).ok_or(ClusterError::NoPostgis { version: newest })
    }

    /// Path of one of its programs.
    pub(super) fn program(&self, name: &str) -> PathBuf {
        self.programs.join(name)
    }

    /// Every version: those of Debian, newest first, then the one in `PATH`.
    fn all() -> Vec<Self> {
        let folders = std::fs::read_dir(VERSIONS).into_iter().flatten().flatten();
        let mut found: Vec<_> = folders.filter_map(|version| Self::in_folder(version.path().join("bin"))).collect();
        found.sort_by_key(|one| std::cmp::Reverse(one.version));
        let path = std::env::var_os("PATH").unwrap_or_default();
        found.extend(std::env::split_paths(&path).find_map(Self::in_folder));
        found
    }

    fn in_folder(programs: PathBuf) -> Option<Self> {
        let complete = ["initdb", "pg_ctl", "postgres"].iter().all(|name| programs.join(name).is_file());
        if !complete {
            return None;
        }
        let said = Command::new(programs.join("postgres")).arg("--version").output().ok()?;
        Some(Self { version: major_version(&String::from_utf8_lossy(&said.stdout))?, programs })
    }

    /// Whether the extension's control file is among the version's shared files. One whose place we cannot find out
    /// is given the benefit of the doubt: making the extension will tell.
    fn has_postgis(&self) -> bool {
        let debian = PathBuf::from(format!("/usr/share/postgresql/{}", self.version));
        let shared = if self.programs.starts_with(VERSIONS) && debian.is_dir() {
            Some(debian)
        } else {
            let said = Command::new(self.program("pg_config")).arg("--sharedir").output().ok();
            said.map(|said| PathBuf::from(String::from_utf8_lossy(&said.stdout).trim()))
        };
        shared.is_none_or(|shared| shared.join("extension/postgis.control").is_file())
    }
}

/// The first number of `postgres (PostgreSQL) 15.8 (Debian …)`.
fn major_version(text: &str) -> Option<u32> {
    let number = text.split_whitespace().find(|word| word.starts_with(|c: char| c.is_ascii_digit()))?;
    number.split(|c: char| !c.is_ascii_digit()).next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_versions_as_they_are_printed() {
        assert_eq!(major_version("postgres (PostgreSQL) 15.8 (Debian 15.8-0+deb12u1)\n"), Some(15));
        assert_eq!(major_version("postgres (PostgreSQL) 18beta1"), Some(18));
        assert_eq!(major_version("no version"), None);
    }

    #[test]
    fn a_cluster_of_a_version_that_is_gone_names_its_packages() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("PG_VERSION"), "9\n").unwrap();
        let error = Installation::find(folder.path()).unwrap_err().to_string();
        assert!(error.contains("PostgreSQL 9,") && error.contains("postgresql-9-postgis-3"), "{error}");
    }
}
