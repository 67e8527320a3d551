//! How much of a window each date covers, and how much of that the masks keep.

use ardent_model::Window;
use futures::{StreamExt, TryStreamExt, stream};

use super::{
    DATES_AHEAD, Work, on_cpu,
    place::{self, PlacedFile, PlacedScene},
    read::{self, SceneTiles},
};
use crate::{
    Result,
    mask::{self, Kept},
    survey::{Tallies, Tally},
};

/// Of a scene over a window, 1 where there is data, and 1 where it is kept.
type Cover = (Vec<u8>, Vec<u8>);

impl Work {
    /// What the masks say of a group's dates over a window, and the scenes that were asked.
    #[tracing::instrument(level = "debug", skip_all, fields(group, col = window.col, row = window.row))]
    pub(crate) async fn survey(&self, group: usize, window: Window) -> Result<(Vec<usize>, Tallies)> {
        self.forget_tiles((group, window.row));
        loop {
            let work = self.clone();
            let placed = on_cpu(move || place::place(&work.plan, &work.failures, (group, &window))).await??;
            let scenes: Vec<usize> = placed.iter().map(|one| one.scene).collect();
            let dates = self.tally(group, placed).await?;
            if !self.failures.touch(&scenes) {
                let work = self.clone();
                let area_px = on_cpu(move || work.area_px(&window)).await?;
                return Ok((scenes, Tallies { group, area_px, dates }));
            }
        }
    }

    /// Pixels of a window that are asked for.
    fn area_px(&self, window: &Window) -> u64 {
        match &self.plan.clip {
            Some(clip) => clip.inside(window).iter().map(|inside| u64::from(*inside)).sum(),
            None => window.pixels() as u64,
        }
    }

    /// A tally for each date of the group.
    async fn tally(&self, group: usize, placed: Vec<PlacedScene>) -> Result<Vec<Tally>> {
        let mut by_date: Vec<Vec<_>> = self.plan.groups[group].slots.iter().map(|_| Vec::new()).collect();
        for scene in placed {
            by_date[scene.slot].push(scene);
        }
        let tallies = by_date.into_iter().map(|scenes| async {
            let masks = read::masks(self, group, &scenes).await?;
            let found = scenes.into_iter().zip(masks).filter_map(|(scene, tiles)| Some((scene, tiles?))).collect();
            let work = self.clone();
            on_cpu(move || work.tally_date(found)).await?
        });
        // Collected first: a lazy iterator's borrows are too subtle for a future that moves between threads.
        let tallies: Vec<_> = tallies.collect();
        stream::iter(tallies).buffered(DATES_AHEAD).try_collect().await
    }

    /// Scenes of one date complement each other.
    fn tally_date(&self, scenes: Vec<(PlacedScene, SceneTiles)>) -> Result<Tally> {
        let mut date: Option<Cover> = None;
        for (scene, tiles) in scenes {
            let number = scene.scene;
            let Some(cover) = read::or_leave_out(self, number, self.cover(&scene, &tiles))? else { continue };
            match &mut date {
                None => date = Some(cover),
                Some((valid, clear)) => {
                    join(valid, &cover.0);
                    join(clear, &cover.1);
                }
            }
        }
        let count = |pixels: &[u8]| pixels.iter().map(|pixel| u64::from(*pixel)).sum();
        Ok(date
            .map_or_else(Tally::default, |(valid, clear)| Tally { valid_px: count(&valid), clear_px: count(&clear) }))
    }

    fn cover(&self, placed: &PlacedScene, tiles: &SceneTiles) -> Result<Cover> {
        let scene = &self.plan.scenes[placed.scene];
        let pixels = placed.rasters.first().map_or(0, |file| file.mapping.pixels());
        let mut valid = placed.inside.as_ref().map_or_else(|| vec![1_u8; pixels], |inside| inside.to_vec());
        // Without a rule there is data wherever the files are.
        let everywhere = |file: &PlacedFile| Kept { window: file.window, values: vec![1; file.window.pixels()] };
        if scene.masks.is_empty() {
            for file in &placed.rasters {
                mask::narrow(&mut valid, &file.mapping, &everywhere(file));
            }
        }
        let mut clear = valid.clone();
        for ((file, layer), tiles) in placed.masks.iter().zip(&scene.masks).zip(tiles) {
            let kept = read::kept(self, scene, (file, layer, tiles))?;
            if layer.is_of_valid {
                mask::narrow(&mut valid, &file.mapping, &kept);
            } else {
                mask::narrow(&mut valid, &file.mapping, &everywhere(file));
            }
            mask::narrow(&mut clear, &file.mapping, &kept);
        }
        Ok((valid, clear))
    }
}

fn join(kept: &mut [u8], other: &[u8]) {
    for (pixel, other) in kept.iter_mut().zip(other) {
        *pixel |= other;
    }
}
