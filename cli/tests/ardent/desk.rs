//! The command on a database of a test's own.

use ardent_catalog::Catalog;
use ardent_model::Collection;
use ardent_testkit::{
    ardent::Ardent,
    database::{self, Database},
};
use secrecy::ExposeSecret;
use serde_json::{Value, json};

use crate::Run;

pub(crate) struct Desk {
    pub(crate) catalog: Catalog,
    database: Database,
    folder: tempfile::TempDir,
}

impl Desk {
    /// With two products.
    pub(crate) async fn new() -> Self {
        let database = database::fresh().await;
        let catalog = Catalog::connect(&database.url()).await.unwrap();
        catalog.migrate().await.unwrap();
        for id in ["sentinel1", "sentinel2"] {
            let document = json!({
                "type": "Collection", "stac_version": "1.1.0", "id": id, "description": format!("The {id}"),
                "license": "other",
                "extent": {"spatial": {"bbox": [[-10, 48, 5, 62]]}, "temporal": {"interval": [[null, null]]}},
            });
            catalog.put_collection(&Collection::from_stac(document).unwrap()).await.unwrap();
        }
        Self { catalog, database, folder: tempfile::tempdir().unwrap() }
    }

    /// The command with this database, for servers.
    pub(crate) fn ardent(&self) -> Ardent {
        let ardent = Ardent::of_this_build().unwrap().with("--database-url", self.database.url().expose_secret());
        ardent.with("--data-folder", self.folder.path())
    }

    fn run(&self, arguments: &[&str]) -> Run {
        let mut run = Run::new(arguments);
        run.command.args(["--database-url", self.database.url().expose_secret(), "--data-folder"]);
        run.command.arg(self.folder.path());
        run
    }

    /// Exit code, stdout and stderr.
    pub(crate) fn shown(&self, arguments: &[&str], replace: &[(&str, &str)]) -> String {
        self.run(arguments).shown(replace).unwrap()
    }

    /// What a command that must succeed writes to stdout.
    pub(crate) fn bytes(&self, arguments: &[&str]) -> Vec<u8> {
        let output = self.run(arguments).command.output().unwrap();
        assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
        output.stdout
    }

    /// What a command that must succeed prints on stdout and stderr.
    pub(crate) fn succeed(&self, arguments: &[&str]) -> (String, String) {
        let output = self.run(arguments).command.output().unwrap();
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
        let (out, said) = (text(output.stdout), text(output.stderr));
        assert!(output.status.success(), "{arguments:?}: {said}");
        (out, said)
    }

    /// What a command that must succeed prints as JSON.
    pub(crate) fn json(&self, arguments: &[&str]) -> Value {
        serde_json::from_str(&self.succeed(arguments).0).unwrap()
    }
}

/// Name of the user who runs the tests.
pub(crate) fn user() -> String {
    let output = std::process::Command::new("id").arg("-un").output().unwrap();
    String::from_utf8(output.stdout).unwrap().trim().to_owned()
}
