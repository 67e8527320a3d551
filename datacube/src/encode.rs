//! From windows to a file.
//!
//! A COG has its overviews in front of its pixels, so windows go to a temporary tiled GeoTIFF first (DESIGN §5). The
//! raster library's handles belong to one thread: a worker owns the file and is sent the windows.

mod cog;
mod picture;
mod tiff;

use std::sync::Arc;

use ardent_cog::Samples;
use ardent_model::Window;
use tempfile::{TempDir, TempPath};
use tokio::sync::{mpsc, oneshot};

use crate::{Error, Result, plan::Plan};

/// Form of a finished cube.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Format {
    /// Cloud-optimised GeoTIFF.
    Cog,
    /// An 8-bit picture with transparency; values from `rescale.0` to `rescale.1` become 0 to 255, by default those from
    /// the 2nd to the 98th percentile.
    Png {
        /// Least and greatest value shown.
        rescale: Option<(f64, f64)>,
    },
}

impl Format {
    /// Its media type.
    pub const fn media_type(self) -> &'static str {
        match self {
            Self::Cog => "image/tiff; application=geotiff; profile=cloud-optimized",
            Self::Png { .. } => "image/png",
        }
    }

    /// Its file name's ending.
    pub const fn extension(self) -> &'static str {
        match self {
            Self::Cog => "tif",
            Self::Png { .. } => "png",
        }
    }

    /// Refuses a cube that this form cannot hold.
    pub fn check(self, plan: &Plan) -> Result<()> {
        match self {
            Self::Cog => Ok(()),
            Self::Png { .. } => picture::check(plan),
        }
    }
}

/// What the worker is asked to do, and where it answers.
enum Command {
    Write(usize, Window, Vec<Samples>, oneshot::Sender<Result<()>>),
    Describe(Arc<Plan>, oneshot::Sender<Result<()>>),
    Finish(Format, oneshot::Sender<Result<TempPath>>),
}

/// A cube that is being written.
#[derive(Debug)]
pub struct Scratch {
    commands: mpsc::Sender<Command>,
}

impl Scratch {
    /// A new file for this plan, in the system's temporary folder.
    pub(crate) async fn create(mut plan: Arc<Plan>) -> Result<Self> {
        let (commands, mut inbox) = mpsc::channel::<Command>(1);
        let (ready, made) = oneshot::channel();
        tokio::task::spawn_blocking(move || {
            let (folder, mut file) = match Self::open(&plan) {
                Ok(opened) => opened,
                Err(error) => return drop(ready.send(Err(error))),
            };
            let _ = ready.send(Ok(()));
            // Ends when the sender is gone: the cube is finished, or its client is.
            while let Some(command) = inbox.blocking_recv() {
                match command {
                    Command::Write(group, window, bands, answer) => {
                        let _ = answer.send(file.write(group * plan.outputs.len(), &window, bands));
                    }
                    Command::Describe(new, answer) => {
                        plan = new;
                        let _ = answer.send(tiff::describe(&plan, &mut file.dataset));
                    }
                    Command::Finish(format, answer) => {
                        let _ = answer.send(Self::encode(&plan, file, format));
                        break;
                    }
                }
            }
            drop(folder);
        });
        made.await.map_err(|_| Error::WorkerGone)??;
        Ok(Self { commands })
    }

    fn open(plan: &Plan) -> Result<(TempDir, tiff::WindowFile)> {
        let folder = tempfile::Builder::new().prefix("ardent-cube-").tempdir().map_err(scratch)?;
        let file = tiff::WindowFile::create(plan, &folder.path().join("windows.tif"))?;
        Ok((folder, file))
    }

    fn encode(plan: &Plan, file: tiff::WindowFile, format: Format) -> Result<TempPath> {
        let suffix = format!(".{}", format.extension());
        let result = tempfile::Builder::new().prefix("ardent-cube-").suffix(&suffix).tempfile().map_err(scratch)?;
        let path: TempPath = result.into_temp_path();
        match format {
            Format::Cog => cog::encode(plan, file, &path)?,
            Format::Png { rescale } => picture::encode(plan, &file, (&path, rescale))?,
        }
        Ok(path)
    }

    /// Writes the bands of a group over a window.
    pub(crate) async fn write(&self, group: usize, window: Window, bands: Vec<Samples>) -> Result<()> {
        let (answer, done) = oneshot::channel();
        self.commands.send(Command::Write(group, window, bands, answer)).await.map_err(|_| Error::WorkerGone)?;
        done.await.map_err(|_| Error::WorkerGone)?
    }

    /// Describes the cube by another plan of the same grid and bands, after scenes were left out.
    pub(crate) async fn describe(&self, plan: &Arc<Plan>) -> Result<()> {
        let (answer, done) = oneshot::channel();
        let command = Command::Describe(Arc::clone(plan), answer);
        self.commands.send(command).await.map_err(|_| Error::WorkerGone)?;
        done.await.map_err(|_| Error::WorkerGone)?
    }

    /// The finished file, which is removed when the path is dropped.
    pub async fn finish(self, format: Format) -> Result<TempPath> {
        let (answer, done) = oneshot::channel();
        self.commands.send(Command::Finish(format, answer)).await.map_err(|_| Error::WorkerGone)?;
        done.await.map_err(|_| Error::WorkerGone)?
    }
}

fn scratch(source: std::io::Error) -> Error {
    Error::Scratch { source }
}
