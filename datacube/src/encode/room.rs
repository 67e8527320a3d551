//! The disk space that cubes may take, all together.

use std::{sync::Arc, time::Duration};

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::{Error, Result, plan::Plan};

/// One permit of disk space, in bytes.
const PERMIT_BYTES: u64 = 1 << 20;
/// How long a cube waits for others to leave it room.
const PATIENCE: Duration = Duration::from_secs(30);

/// The disk space of a process.
#[derive(Debug, Clone)]
pub(crate) struct Disk {
    permits: Arc<Semaphore>,
    bytes: u64,
}

/// A part of it, given back when dropped.
#[derive(Debug)]
pub struct Room(OwnedSemaphorePermit);

impl Disk {
    pub(crate) fn new(bytes: u64) -> Self {
        let permits = usize::try_from(bytes / PERMIT_BYTES).unwrap_or(usize::MAX);
        Self { permits: Arc::new(Semaphore::new(permits.min(Semaphore::MAX_PERMITS))), bytes }
    }

    /// Refuses a cube that would not fit if it were alone.
    pub(crate) fn check(&self, plan: &Plan) -> Result<()> {
        let asked = needed_bytes(plan);
        if asked.div_ceil(PERMIT_BYTES) <= self.bytes / PERMIT_BYTES {
            return Ok(());
        }
        let share = self.bytes as f64 / asked as f64;
        let hint = format!(
            "{:.0} % of the area, bands or groups would pass, or a resolution {:.1} times as coarse",
            (share * 100.0).floor(),
            ((1.0 / share).sqrt() * 10.0).ceil() / 10.0,
        );
        Err(Error::TooLarge { what: "bytes of disk space", asked, allowed: self.bytes, hint })
    }

    /// Room for a cube, once there is.
    pub(crate) async fn room(&self, plan: &Plan) -> Result<Room> {
        self.check(plan)?;
        let asked = needed_bytes(plan);
        let permits = u32::try_from(asked.div_ceil(PERMIT_BYTES)).unwrap_or(u32::MAX);
        let waiting = Arc::clone(&self.permits).acquire_many_owned(permits);
        match tokio::time::timeout(PATIENCE, waiting).await {
            Ok(Ok(permit)) => Ok(Room(permit)),
            Ok(Err(_)) => Err(Error::WorkerGone),
            Err(_) => Err(Error::NoRoom { asked, allowed: self.bytes }),
        }
    }
}

impl Room {
    /// Gives back what a file of this size does not need.
    pub(crate) fn shrink_to(&mut self, bytes: u64) {
        let needed = usize::try_from(bytes.div_ceil(PERMIT_BYTES)).unwrap_or(usize::MAX);
        let surplus = self.0.num_permits().saturating_sub(needed);
        drop(self.0.split(surplus));
    }
}

/// The windows, the finished file with overviews, and in a ZIP a copy of a part of it: each as large as if it were not
/// compressed.
fn needed_bytes(plan: &Plan) -> u64 {
    let pixels = plan.grid.pixels() as u64 * plan.groups.len() as u64;
    let pixel: u64 = plan.outputs.iter().map(|output| plan.stored_type(output).0.size_bytes() as u64).sum();
    pixels.saturating_mul(pixel).saturating_mul(3).saturating_add(PERMIT_BYTES)
}
