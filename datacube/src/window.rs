//! One window of one group: place, read the masks, read what they leave, warp, fuse, reduce.

mod fuse;
mod place;
mod read;

use std::{
    borrow::Borrow,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

use ardent_cog::{Sample, Samples, dispatch, dispatch_type};
use ardent_model::{DataType, Window, recipe::Reduce};
use rayon::prelude::*;
use tokio::sync::Semaphore;

use crate::{
    Error, Result, expression,
    plan::{OutputKind, Plan},
    reduce::{Plane, reduce},
};

/// What a cube took, counted while it is made.
#[derive(Debug, Default)]
pub(crate) struct Counters {
    pub(crate) tiles_read: AtomicU64,
    pub(crate) tiles_skipped: AtomicU64,
    pub(crate) bytes_read: AtomicU64,
}

impl Counters {
    pub(crate) fn add(counter: &AtomicU64, amount: usize) {
        counter.fetch_add(amount as u64, Ordering::Relaxed);
    }
}

/// What the windows of a cube share.
#[derive(Debug, Clone)]
pub(crate) struct Work {
    pub(crate) plan: Arc<Plan>,
    /// Files fetched at the same time, in the whole process.
    pub(crate) fetches: Arc<Semaphore>,
    pub(crate) counters: Arc<Counters>,
}

impl Work {
    /// The bands of a group over a window, as they are stored.
    #[tracing::instrument(level = "debug", skip_all, fields(group, col = window.col, row = window.row))]
    pub(crate) async fn window(&self, group: usize, window: Window) -> Result<Vec<Samples>> {
        let work = self.clone();
        let placed = on_cpu(move || place::place(&work.plan, group, &window)).await??;
        let masks = read::masks(self, &placed).await?;
        let work = self.clone();
        let needed = on_cpu(move || read::needed(&work, placed, masks)).await??;
        let tiles = read::data(self, &needed).await?;
        let work = self.clone();
        on_cpu(move || work.compute(group, &window, needed.into_iter().zip(tiles).collect())).await?
    }

    fn compute(
        &self,
        group: usize,
        window: &Window,
        scenes: Vec<(read::Needed, read::SceneTiles)>,
    ) -> Result<Vec<Samples>> {
        let plan = &self.plan;
        let slots = plan.groups[group].slots.len();
        let mut by_slot: Vec<Vec<_>> = (0..slots).map(|_| Vec::new()).collect();
        for (scene, tiles) in scenes {
            by_slot[scene.slot].push((scene, tiles));
        }
        let dates: Vec<fuse::Date> = by_slot
            .into_par_iter()
            .filter(|scenes| !scenes.is_empty())
            .map(|scenes| fuse::fuse(plan, &self.counters, scenes))
            .collect::<Result<_>>()?;
        plan.outputs.par_iter().map(|output| self.reduce_band(output, window, &dates)).collect()
    }

    fn reduce_band(&self, output: &crate::plan::OutputBand, window: &Window, dates: &[fuse::Date]) -> Result<Samples> {
        let plan = &self.plan;
        let reduced = match &output.kind {
            OutputKind::Source(source) => {
                let planes: Vec<&Plane> = dates.iter().filter_map(|date| date.planes[*source].as_ref()).collect();
                reduce_or_empty(plan.recipe.reduce, &planes, (output.data_type, window.pixels()))
            }
            OutputKind::Expression(parsed, variables) => {
                let evaluate = |date: &fuse::Date| {
                    expression::evaluate(output, (parsed, variables), (&plan.sources, &date.planes)).transpose()
                };
                let planes: Vec<Plane> = dates.iter().filter_map(evaluate).collect::<Result<_>>()?;
                reduce_or_empty(plan.recipe.reduce, &planes, (output.data_type, window.pixels()))
            }
        };
        Ok(store(reduced, plan.stored_type(output)))
    }
}

/// The reduced planes; without any, a plane on which nothing is valid but a count of none.
fn reduce_or_empty<P: Borrow<Plane>>(how: Reduce, planes: &[P], (data_type, pixels): (DataType, usize)) -> Plane {
    if planes.is_empty() {
        let valid = u8::from(how == Reduce::Count);
        return Plane { samples: Samples::new(data_type, pixels), valid: vec![valid; pixels] };
    }
    reduce(how, planes)
}

/// The plane in the file's pixel type, with its missing value where not valid.
fn store(plane: Plane, (data_type, nodata): (DataType, Option<f64>)) -> Samples {
    let Plane { mut samples, valid } = plane;
    dispatch_type!(data_type, T => {
        let missing = nodata.map_or(T::default(), T::from_f64);
        let Some(values) = T::slice_mut(&mut samples) else {
            let values = dispatch!(&samples, values => values.iter().map(|value| value.to_f64()).collect::<Vec<_>>());
            let pixels = values.into_iter().zip(valid);
            return T::into_samples(pixels.map(|(value, valid)| if valid == 0 { missing } else { T::from_f64(value) }).collect());
        };
        for (value, valid) in values.iter_mut().zip(valid) {
            if valid == 0 {
                *value = missing;
            }
        }
    });
    samples
}

/// Runs work on the pool of CPU threads, and waits for it without blocking this one.
pub(crate) async fn on_cpu<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Result<T> {
    let (send, receive) = tokio::sync::oneshot::channel();
    let span = tracing::Span::current();
    rayon::spawn(move || {
        // Nobody waits any more: the client is gone, and the work is not begun.
        if !send.is_closed() {
            // A panic on a rayon thread would end the process; so it ends this cube: the sender is dropped unused.
            if let Ok(answer) = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| span.in_scope(work))) {
                let _ = send.send(answer);
            }
        }
    });
    receive.await.map_err(|_| Error::WorkerGone)
}
