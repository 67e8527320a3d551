//! The commands, a file each.

mod audit;
mod doctor;
mod export;
mod index;
mod ingest;
mod key;
mod load;
mod login;
mod migrate;
mod openapi;
mod operator;
mod policy;
mod product;
mod serve;
mod upload;

use anyhow::Result;
use ardent_catalog::Catalog;
use ardent_recipes::Limits;

use crate::{
    arguments::{Arguments, Command, Cube, Settings},
    database::Database,
    folder::DataFolder,
    signal::Stop,
};

/// How a command ended, if it did not fail.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// All that was asked for was done.
    Complete,
    /// Something was refused or left out.
    Partial,
    /// A signal came.
    Interrupted,
}

impl Outcome {
    const fn of(is_complete: bool) -> Self {
        if is_complete { Self::Complete } else { Self::Partial }
    }
}

/// What a command works with.
struct Context<'a> {
    settings: &'a Settings,
    folder: DataFolder,
}

/// Carries out the command.
pub(crate) async fn run(arguments: Arguments) -> Result<Outcome> {
    let settings = &arguments.settings;
    let context = Context { settings, folder: DataFolder::of(settings)? };
    let mut stop = Stop::listen()?;
    match &arguments.command {
        Command::Serve(options) => serve::run(&context, options, stop).await,
        Command::Upload(options) => interruptible(&mut stop, Box::pin(upload::run(&context, options))).await,
        Command::Index(options) => {
            with_catalog(&context, stop, async |catalog| index::run(&context, options, catalog).await).await
        }
        Command::Ingest(options) => {
            with_catalog(&context, stop, async |catalog| ingest::run(&context, options, catalog).await).await
        }
        Command::Product(command) => {
            with_catalog(&context, stop, async |catalog| product::run(command, catalog).await).await
        }
        Command::Policy(command) => {
            with_catalog(&context, stop, async |catalog| policy::run(command, catalog).await).await
        }
        Command::Key(command) => with_catalog(&context, stop, async |catalog| key::run(command, catalog).await).await,
        Command::Audit(options) => {
            with_catalog(&context, stop, async |catalog| audit::run(options, catalog).await).await
        }
        Command::Login(options) => interruptible(&mut stop, Box::pin(login::login(options))).await,
        Command::Token(options) => interruptible(&mut stop, Box::pin(login::token(options))).await,
        Command::Logout(options) => interruptible(&mut stop, Box::pin(login::logout(options))).await,
        Command::Load(options) => {
            with_catalog(&context, stop, async |catalog| load::run(&context, options, catalog).await).await
        }
        Command::Export(options) => {
            with_catalog(&context, stop, async |catalog| export::run(options, catalog).await).await
        }
        Command::Migrate => with_catalog(&context, stop, async |catalog| migrate::run(catalog).await).await,
        Command::Openapi(options) => openapi::run(options),
        Command::Doctor => interruptible(&mut stop, Box::pin(doctor::run(&context))).await,
    }
}

/// Does `work` with the catalogue; the private database is stopped afterwards, whatever happened.
async fn with_catalog(
    context: &Context<'_>,
    mut stop: Stop,
    work: impl AsyncFnOnce(&Catalog) -> Result<Outcome>,
) -> Result<Outcome> {
    let database = Database::open(context.settings, &context.folder).await?;
    let outcome = interruptible(&mut stop, Box::pin(work(&database.catalog))).await;
    database.close().await;
    outcome
}

async fn interruptible(stop: &mut Stop, work: impl Future<Output = Result<Outcome>>) -> Result<Outcome> {
    stop.or(work).await.unwrap_or(Ok(Outcome::Interrupted))
}

impl From<&Cube> for Limits {
    fn from(cube: &Cube) -> Self {
        Self {
            memory_bytes: cube.memory_mib << 20,
            disk_bytes: cube.disk_mib.saturating_mul(1 << 20),
            pixels: cube.pixels,
            items: cube.items,
            fetches: cube.fetches,
        }
    }
}
