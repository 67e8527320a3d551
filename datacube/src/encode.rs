//! From windows to a file.
//!
//! A COG has its overviews in front of its pixels, and the chunks of a file are not the windows of the work, so windows
//! go to temporary files first (DESIGN §5): a worker owns them and is sent the windows, so that the disk holds up no other
//! request.

mod cf;
mod cog;
mod format;
mod memory;
mod netcdf;
mod overviews;
mod picture;
mod planes;
mod provenance;
mod room;
mod store_zip;
mod zarr;

use std::sync::Arc;

use ardent_cog::Samples;
use ardent_model::Window;
use tempfile::TempPath;
use tokio::sync::{OwnedSemaphorePermit, mpsc, oneshot};

pub use format::{Compression, Format, PictureKind, Split};
pub(crate) use memory::{Memory, PERMIT_BYTES};
pub use room::Room;
pub(crate) use room::{Disk, needed_bytes};

use crate::{Error, Result, idle::Busy, plan::Plan};
pub(crate) use planes::Cells;
use planes::PlaneFiles;

/// What the worker is asked to do, and where it answers.
enum Command {
    Write(usize, Window, Vec<Samples>, oneshot::Sender<Result<()>>),
    Describe(Arc<Plan>),
    /// With the memory that it takes.
    Finish(Format, OwnedSemaphorePermit, oneshot::Sender<Result<(TempPath, Room)>>),
}

/// A cube that is being written.
#[derive(Debug)]
pub struct Scratch {
    commands: mpsc::Sender<Command>,
    plan: Arc<Plan>,
    memory: Memory,
}

/// A finished cube: a temporary file, and the room it takes on the disk.
#[derive(Debug)]
pub struct Finished {
    /// The file, which is removed when the path is dropped.
    pub file: TempPath,
    /// Its size.
    pub size_bytes: u64,
    /// Its room, which others may have when this is dropped.
    pub room: Room,
}

impl Scratch {
    /// New files for this plan, whose windows are these cells, in the system's temporary folder. The engine is busy until
    /// they are gone.
    pub(crate) async fn create(
        (plan, cells): (Arc<Plan>, Cells),
        (room, memory): (Room, Memory),
        busy: Busy,
    ) -> Result<Self> {
        let mut current = Arc::clone(&plan);
        let (commands, mut inbox) = mpsc::channel::<Command>(1);
        let (ready, made) = oneshot::channel();
        tokio::task::spawn_blocking(move || {
            let files = match PlaneFiles::create(&current, &cells).map_err(scratch) {
                Ok(files) => files,
                Err(error) => return drop(ready.send(Err(error))),
            };
            let _ = ready.send(Ok(()));
            // Ends when the sender is gone: the cube is finished, or its client is. The room is taken until then.
            while let Some(command) = inbox.blocking_recv() {
                match command {
                    Command::Write(group, window, bands, answer) => {
                        let _ = answer.send(files.write(&current, (group, &window), &bands).map_err(scratch));
                    }
                    Command::Describe(new) => current = new,
                    Command::Finish(format, memory, answer) => {
                        let made = encode(&current, files, format).map(|file| (file, room));
                        // Taken until now, even if nobody waits for the file any more.
                        drop(memory);
                        let _ = answer.send(made);
                        break;
                    }
                }
            }
            drop(busy);
        });
        made.await.map_err(|_| Error::WorkerGone)??;
        Ok(Self { commands, plan, memory })
    }

    /// Writes the bands of a group over a window.
    pub(crate) async fn write(&self, group: usize, window: Window, bands: Vec<Samples>) -> Result<()> {
        let (answer, done) = oneshot::channel();
        self.commands.send(Command::Write(group, window, bands, answer)).await.map_err(|_| Error::WorkerGone)?;
        done.await.map_err(|_| Error::WorkerGone)?
    }

    /// Describes the cube by another plan of the same grid and bands, after scenes were left out.
    pub(crate) async fn describe(&self, plan: &Arc<Plan>) -> Result<()> {
        self.commands.send(Command::Describe(Arc::clone(plan))).await.map_err(|_| Error::WorkerGone)
    }

    /// The finished file. The plan was laid out for the format.
    pub async fn finish(self, format: Format) -> Result<Finished> {
        let memory = self.memory.take(format.encoding_bytes(&self.plan)).await?;
        let (answer, done) = oneshot::channel();
        self.commands.send(Command::Finish(format, memory, answer)).await.map_err(|_| Error::WorkerGone)?;
        let (file, mut room) = done.await.map_err(|_| Error::WorkerGone)??;
        let size_bytes = std::fs::metadata(&file).map_err(scratch)?.len();
        room.shrink_to(size_bytes);
        Ok(Finished { file, size_bytes, room })
    }
}

fn encode(plan: &Plan, files: PlaneFiles, format: Format) -> Result<TempPath> {
    let suffix = format!(".{}", format.extension());
    let result = tempfile::Builder::new().prefix("ardent-cube-").suffix(&suffix).tempfile().map_err(scratch)?;
    let path: TempPath = result.into_temp_path();
    match format {
        Format::Cogs { compression, .. } => cog::encode_zip(plan, files, (&path, compression))?,
        Format::NetCdf => netcdf::encode(plan, &files, &path)?,
        Format::Zarr => zarr::encode(plan, &files, &path)?,
        Format::Cog { compression } => cog::encode(plan, &files.0[0], (&path, compression))?,
        Format::Picture { kind, rescale } => picture::encode(&files.0[0], (&path, kind, rescale))?,
    }
    Ok(path)
}

fn scratch(source: std::io::Error) -> Error {
    Error::Scratch { source }
}
