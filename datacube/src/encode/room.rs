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
    /// How long a cube waits.
    patience: Duration,
}

/// A part of it, given back when dropped.
#[derive(Debug)]
pub struct Room(OwnedSemaphorePermit);

impl Disk {
    pub(crate) fn new(bytes: u64) -> Self {
        let permits = usize::try_from(bytes / PERMIT_BYTES).unwrap_or(usize::MAX);
        Self { permits: Arc::new(Semaphore::new(permits.min(Semaphore::MAX_PERMITS))), bytes, patience: PATIENCE }
    }

    /// Refuses a cube that would not fit if it were alone.
    pub(crate) fn check(&self, asked: u64) -> Result<()> {
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

    /// So much room, once there is.
    pub(crate) async fn room(&self, asked: u64) -> Result<Room> {
        self.check(asked)?;
        let permits = u32::try_from(asked.div_ceil(PERMIT_BYTES)).unwrap_or(u32::MAX);
        let waiting = Arc::clone(&self.permits).acquire_many_owned(permits);
        match tokio::time::timeout(self.patience, waiting).await {
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

/// The windows and the finished file, each with overviews, which take a third; in a ZIP, a copy of a part instead of the
/// windows it was made from. All as large as if they were not compressed.
pub(crate) fn needed_bytes(plan: &Plan) -> u64 {
    let pixels = plan.grid.pixels() as u64 * plan.groups.len() as u64;
    let pixel: u64 = plan.outputs.iter().map(|output| plan.stored_type(output).0.size_bytes() as u64).sum();
    pixels.saturating_mul(pixel).saturating_mul(3).saturating_add(PERMIT_BYTES)
}

#[cfg(test)]
mod tests {
    use super::*;

    const MIB: u64 = PERMIT_BYTES;

    #[tokio::test]
    async fn room_is_shared_and_given_back() {
        let disk = Disk { patience: Duration::ZERO, ..Disk::new(10 * MIB) };
        let mut first = disk.room(8 * MIB).await.unwrap();
        let refused = disk.room(3 * MIB).await.unwrap_err();
        assert!(matches!(refused, Error::NoRoom { asked, allowed } if asked == 3 * MIB && allowed == 10 * MIB));
        first.shrink_to(5 * MIB - 1);
        let second = disk.room(5 * MIB).await.unwrap();
        assert!(disk.room(1).await.is_err(), "all is taken");
        drop((first, second));
        disk.room(10 * MIB).await.unwrap();
    }

    #[tokio::test]
    async fn what_never_fits_does_not_wait() {
        let disk = Disk { patience: Duration::MAX, ..Disk::new(10 * MIB) };
        let refused = disk.room(11 * MIB).await.unwrap_err();
        assert!(refused.to_string().contains("90 % of the area"), "{refused}");
        assert!(refused.to_string().contains("1.1 times as coarse"), "{refused}");
    }
}
