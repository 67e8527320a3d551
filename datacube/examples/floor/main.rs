//! The least that a cube can cost: its tiles read from the page cache, unpacked, warped if need be, and their median.
//! `tests/bench/cube.py` writes the plan and runs `floor PLAN.json OUT.raw`; nothing here is shared with the engine.

#![expect(clippy::unwrap_used, reason = "a benchmark that cannot be run has failed")]
#![expect(clippy::print_stdout, reason = "what it measured is its output")]

mod lattice;
mod median;
mod plan;
mod tiles;

use std::{
    fs::File,
    io::{BufWriter, Write as _},
    time::Instant,
};

use rayon::prelude::*;

use crate::{
    lattice::Lattice,
    median::medians,
    plan::{Date, Plan},
};

fn main() {
    let arguments: Vec<String> = std::env::args().collect();
    let plan: Plan = serde_json::from_slice(&std::fs::read(&arguments[1]).unwrap()).unwrap();
    let begun = Instant::now();
    let groups = plan.dates.iter().map(|date| date.group).max().unwrap() + 1;
    let mut result = Vec::new();
    for group in 0..groups {
        let dates: Vec<&Date> = plan.dates.iter().filter(|date| date.group == group).collect();
        result.extend(match &plan.lattice {
            None => own_grid(&plan, &dates),
            Some(lattice) => warped(&plan, &dates, lattice),
        });
    }
    let wall_seconds = begun.elapsed().as_secs_f64();
    let (cpu_seconds, peak_mb) = (cpu_seconds(), peak_mb());
    println!("{}", serde_json::json!({ "wall_seconds": wall_seconds, "cpu_seconds": cpu_seconds, "peak_mb": peak_mb }));
    let mut out = BufWriter::new(File::create(&arguments[2]).unwrap());
    for value in result.iter().flatten() {
        out.write_all(&value.to_le_bytes()).unwrap();
    }
    out.flush().unwrap();
}

/// User and system time of this process, from /proc (its clock ticks a hundred times a second).
fn cpu_seconds() -> f64 {
    let text = std::fs::read_to_string("/proc/self/stat").unwrap();
    let fields: Vec<&str> = text.rsplit(") ").next().unwrap().split(' ').collect();
    (fields[11].parse::<f64>().unwrap() + fields[12].parse::<f64>().unwrap()) / 100.0
}

/// The most memory that this process held.
fn peak_mb() -> f64 {
    let text = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = text.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
    line.trim().trim_end_matches(" kB").parse::<f64>().unwrap() / 1024.0
}

/// The median of each band, on the grid of the files: tile by tile.
fn own_grid(plan: &Plan, dates: &[&Date]) -> Vec<Vec<u16>> {
    let first = &dates[0].values[0];
    let (across, down) = first.tiles_across_down();
    let tiles: Vec<Vec<Vec<u16>>> = (0..across * down)
        .into_par_iter()
        .map(|tile| {
            let of_dates: Vec<Vec<Vec<u16>>> = dates.iter().filter_map(|date| tiles::kept(date, tile)).collect();
            let band = |band: usize| {
                let planes: Vec<&[u16]> = of_dates.iter().map(|bands| bands[band].as_slice()).collect();
                medians(&planes, first.tile_px * first.tile_px)
            };
            (0..plan.bands).map(band).collect()
        })
        .collect();
    (0..plan.bands)
        .map(|band| {
            let mut image = vec![0; plan.width_px * plan.height_px];
            for (tile, bands) in tiles.iter().enumerate() {
                first.place(&bands[band], tile, &mut image);
            }
            image
        })
        .collect()
}

/// The median of each band on another grid: the files whole, then row by row.
fn warped(plan: &Plan, dates: &[&Date], lattice: &Lattice) -> Vec<Vec<u16>> {
    let images: Vec<tiles::Image> = dates.iter().map(|date| tiles::image(date)).collect();
    let rows: Vec<Vec<Vec<u16>>> = (0..plan.height_px)
        .into_par_iter()
        .map_init(Vec::new, |positions, row| {
            lattice.row(row, plan.width_px, positions);
            let Some(first) = images.first() else { return vec![vec![0; plan.width_px]; plan.bands] };
            let kernels = first.kernels(positions);
            let of_dates: Vec<Vec<Vec<u16>>> = images.iter().map(|image| image.bilinear(&kernels)).collect();
            let band = |band: usize| {
                let planes: Vec<&[u16]> = of_dates.iter().map(|bands| bands[band].as_slice()).collect();
                medians(&planes, plan.width_px)
            };
            (0..plan.bands).map(band).collect()
        })
        .collect();
    (0..plan.bands).map(|band| rows.iter().flat_map(|bands| bands[band].iter().copied()).collect()).collect()
}
