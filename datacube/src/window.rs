//! One window of one group: place, read the masks, read what they leave, warp, fuse, reduce.

mod fuse;
mod place;
mod read;

use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering},
};

use ardent_cog::{Samples, dispatch_type};
use ardent_model::{Window, recipe::Reduce};
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
        let planes: Vec<Plane> = match &output.kind {
            OutputKind::Source(source) => dates.iter().filter_map(|date| date.planes[*source].clone()).collect(),
            OutputKind::Expression(parsed, variables) => dates
                .iter()
                .filter_map(|date| {
                    expression::evaluate(output, (parsed, variables), (&plan.sources, &date.planes)).transpose()
                })
                .collect::<Result<_>>()?,
        };
        let reduced = if planes.is_empty() {
            let valid = u8::from(plan.recipe.reduce == Reduce::Count);
            let samples = dispatch_type!(output.data_type, T => <T as ardent_cog::Sample>::into_samples(vec![T::default(); window.pixels()]));
            Plane { samples, valid: vec![valid; window.pixels()] }
        } else {
            reduce(plan.recipe.reduce, &planes)
        };
        Ok(store(&reduced, plan.stored))
    }
}

/// Converts to the file's pixel type, with its missing value where not valid.
fn store(plane: &Plane, (data_type, nodata): (ardent_model::DataType, Option<f64>)) -> Samples {
    use ardent_cog::Sample;
    fn convert<S: Sample, T: Sample + Default>(values: &[S], valid: &[u8], nodata: Option<f64>) -> Samples {
        let missing = nodata.map_or(T::default(), T::from_f64);
        let pixels = values.iter().zip(valid);
        T::into_samples(
            pixels.map(|(value, valid)| if *valid == 0 { missing } else { T::from_f64(value.to_f64()) }).collect(),
        )
    }
    dispatch_type!(plane.samples.data_type(), S => {
        let values = S::slice(&plane.samples).unwrap_or_default();
        dispatch_type!(data_type, T => convert::<S, T>(values, &plane.valid, nodata))
    })
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
