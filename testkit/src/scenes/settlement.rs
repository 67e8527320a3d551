//! Towns and villages: where they are, and what stands at a place in them.

use super::{
    noise::{branch, dice, fractal, gradient, hash, unit},
    terrain::CENTRE,
};

/// What stands, or not, at a place in a town.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Fabric {
    /// Houses and gardens: shares of roof and of street; slate roofs rather than tiled ones if `slate`.
    Houses { roof: f64, street: f64, slate: bool },
    /// A large light roof.
    Warehouse,
    /// A yard or a car park.
    Yard,
    /// Mown grass with trees.
    Park,
}

/// What stands at a place, if it is in a town or a village.
pub(super) fn fabric(seed: u64, x: f64, y: f64) -> Option<Fabric> {
    let (built, town, radius_m) = built(seed, x, y)?;
    let place = branch(town, 3);
    let (dx, dy) = (dice(town, 8, 0) * 2.0 - 1.0, 0.2 + dice(town, 9, 0));
    let length = (dx * dx + dy * dy).sqrt();
    let bent = 26.0 * gradient(place, x / 420.0, y / 420.0);
    let (along, across) = ((x * dx + y * dy) / length + bent, (y * dx - x * dy) / length - bent);

    let quarter = fractal(branch(place, 1), x / 620.0, y / 620.0, 2);
    if radius_m > 300.0 && built > 0.12 && quarter > 0.34 {
        let hall = (along / 74.0).floor() as i64;
        let row = (across / 52.0).floor() as i64;
        let light = dice(branch(place, 2), hall, row) < 0.5;
        let inside = across - row as f64 * 52.0 > 13.0 && along - hall as f64 * 74.0 > 12.0;
        return Some(if light && inside { Fabric::Warehouse } else { Fabric::Yard });
    }
    if quarter < -0.36 {
        return Some(Fabric::Park);
    }
    let street_of = |at: f64, step: f64| {
        let within = (at / step - (at / step).floor()) * step;
        within.min(step - within)
    };
    let near = street_of(across, 68.0).min(street_of(along, 148.0));
    let street = (1.0 - near / 13.0).clamp(0.0, 0.9);
    let plot = hash(branch(place, 4), (along / 16.0).floor() as i64, (across / 21.0).floor() as i64);
    let dense = (0.34 + 0.75 * built).min(0.8);
    let roof = (1.0 - street) * dense * (0.35 + 0.65 * unit(plot)) * if near > 26.0 { 0.45 } else { 1.0 };
    Some(Fabric::Houses { roof, street, slate: unit(hash(plot, 1, 1)) < 0.35 })
}

/// How far inside a town a place is (0 … 1), random bits of that town, and its radius in metres.
fn built(seed: u64, x: f64, y: f64) -> Option<(f64, u64, f64)> {
    let ragged = 0.5 * fractal(branch(seed, 1), x / 560.0, y / 560.0, 4);
    let port = (hash(seed, 77, 0), CENTRE.0 - 1750.0, CENTRE.1 + 150.0, 1500.0);
    let towns = around(branch(seed, 2), (x, y), 5600.0, (0.62, 480.0, 620.0));
    let villages = around(branch(seed, 3), (x, y), 2100.0, (0.6, 120.0, 170.0));
    let mut best: Option<(f64, u64, f64)> = None;
    for (bits, cx, cy, radius) in towns.chain(villages).chain([port]) {
        let away = ((x - cx) * (x - cx) + (y - cy) * (y - cy)).sqrt();
        let inside = 1.0 - away / radius + ragged * if radius < 300.0 { 0.6 } else { 1.0 };
        if inside > 0.0 && best.is_none_or(|(most, ..)| inside > most) {
            best = Some((inside.min(1.0), bits, radius));
        }
    }
    best
}

/// Places scattered one to a square of `step`: random bits, x, y and radius; `kinds` are their share of the squares,
/// their smallest radius and how much larger they may be.
fn around(
    seed: u64,
    (x, y): (f64, f64),
    step: f64,
    kinds: (f64, f64, f64),
) -> impl Iterator<Item = (u64, f64, f64, f64)> {
    let (column, row) = ((x / step).floor() as i64, (y / step).floor() as i64);
    let squares = (-1..=1).flat_map(move |dc| (-1..=1).map(move |dr| (column + dc, row + dr)));
    squares.filter_map(move |(c, r)| {
        let bits = hash(seed, c, r);
        let cx = (c as f64 + 0.2 + 0.6 * dice(bits, 1, 0)) * step;
        let cy = (r as f64 + 0.2 + 0.6 * dice(bits, 2, 0)) * step;
        (dice(bits, 3, 0) < kinds.0).then(|| (bits, cx, cy, kinds.1 + kinds.2 * dice(bits, 4, 0)))
    })
}
