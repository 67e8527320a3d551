//! What covers the ground at a place: all that does not change within the year.

use super::{
    noise::{branch, dice, fractal, gradient, hash, line, ramp, unit},
    parcel::Parcel,
    phenology::Crop,
    settlement::{Fabric, fabric},
    terrain::{CENTRE, Terrain, slope},
};

/// A kind of surface.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Cover {
    Water,
    River,
    Beach,
    Cliff,
    Saltmarsh,
    Field(Crop),
    Broadleaf,
    Conifer,
    Tiles,
    Slate,
    Warehouse,
    Asphalt,
}

/// The ground at one place. Compact, since a whole tile of it is kept while its dates are made.
#[derive(Debug, Clone, Copy)]
pub(super) struct Ground {
    pub(super) cover: Cover,
    /// A second kind in the same pixel, and its share.
    pub(super) other: Cover,
    pub(super) share: f32,
    /// Brightness of the place, about 1.
    pub(super) tone: f32,
    /// Slope to the east and to the north.
    pub(super) slope: (f32, f32),
    /// Days by which the plants are behind.
    pub(super) delay_days: f32,
    /// How well they grow, about 1.
    pub(super) vigour: f32,
    /// Share of chalk in the soil.
    pub(super) chalk: f32,
    /// Depth of the water in metres from the shore.
    pub(super) depth_m: f32,
    /// 1 in the estuary, 0 on the open sea.
    pub(super) estuary: f32,
}

impl Ground {
    /// The ground at a place of EPSG:27700.
    pub(super) fn at(seed: u64, x: f64, y: f64) -> Self {
        let terrain = Terrain::at(seed, x, y);
        let mut ground = Self {
            cover: Cover::Water,
            other: Cover::Water,
            share: 0.0,
            tone: 1.0,
            slope: (0.0, 0.0),
            delay_days: 0.0,
            vigour: 1.0,
            chalk: terrain.chalk as f32,
            depth_m: terrain.depth_m() as f32,
            estuary: estuary(seed, (x, y), &terrain) as f32,
        };
        if terrain.depth_m() > 0.0 {
            if terrain.bank_m < 0.0 && terrain.river_m < 40.0 {
                ground.cover = Cover::River;
            }
            return ground;
        }
        let (east, north) = slope(seed, x, y);
        ground.slope = (east as f32, north as f32);
        let grain = dice(branch(seed, 4), x as i64, y as i64) - 0.5;
        ground.tone = (1.0 + 0.03 * grain + 0.06 * fractal(branch(seed, 5), x / 380.0, y / 380.0, 3)) as f32;
        if !ground.shore(seed, (x, y), &terrain)
            && !ground.road(seed, x, y)
            && !ground.town(seed, (x, y), &terrain)
            && !ground.meadow(seed, (x, y), &terrain)
        {
            ground.countryside(seed, (x, y), &terrain);
        }
        ground
    }

    fn shore(&mut self, seed: u64, (x, y): (f64, f64), terrain: &Terrain) -> bool {
        let wide = 1.6 * fractal(branch(seed, 6), x / 700.0, y / 700.0, 3);
        let height = fractal(branch(seed, 7), x / 1800.0, y / 1800.0, 2);
        if terrain.inland_m < 22.0 + 52.0 * wide.max(-0.3) {
            self.cover = if height > 0.28 && terrain.inland_m > 8.0 { Cover::Cliff } else { Cover::Beach };
            self.tone *= (1.0 + 0.1 * wide) as f32;
            return true;
        }
        let tidal = terrain.river_m > 60.0;
        if tidal && terrain.bank_m < 70.0 + 190.0 * wide.max(-0.3) {
            self.cover = Cover::Saltmarsh;
            self.tone *= (1.0 + 0.22 * fractal(branch(seed, 8), x / 90.0, y / 90.0, 3)) as f32;
            return true;
        }
        false
    }

    fn road(&mut self, seed: u64, x: f64, y: f64) -> bool {
        let (east, north) = (x - CENTRE.0, y - CENTRE.1);
        let trunk = |east: f64| 1750.0 + 800.0 * line(branch(seed, 9), east / 5200.0);
        let bend = (trunk(east + 30.0) - trunk(east - 30.0)) / 60.0;
        let away = (north - trunk(east)).abs() / (1.0 + bend * bend).sqrt();
        let link = |north: f64| -2300.0 + 900.0 * line(branch(seed, 10), north / 3600.0);
        let turn = (link(north + 30.0) - link(north - 30.0)) / 60.0;
        let beside = (east - link(north)).abs() / (1.0 + turn * turn).sqrt();
        // Two carriageways with a verge between for the one, a single one for the other.
        let share = (1.0 - (away - 13.0).abs() / 11.0).max(1.0 - beside / 13.0);
        if share <= 0.0 {
            return false;
        }
        (self.cover, self.other) = (Cover::Field(Crop::Grass), Cover::Asphalt);
        self.share = share.min(0.9) as f32;
        true
    }

    fn town(&mut self, seed: u64, (x, y): (f64, f64), terrain: &Terrain) -> bool {
        if terrain.bank_m < 45.0 {
            return false;
        }
        let Some(fabric) = fabric(branch(seed, 11), x, y) else { return false };
        let spot = dice(branch(seed, 12), (x / 20.0).floor() as i64, (y / 20.0).floor() as i64);
        self.vigour = 0.85;
        match fabric {
            Fabric::Houses { roof, street, slate } => {
                let sealed = (roof + street).min(0.95);
                self.cover = if spot < 0.3 { Cover::Broadleaf } else { Cover::Field(Crop::Grass) };
                self.other = match (street > roof, slate) {
                    (true, _) => Cover::Asphalt,
                    (false, true) => Cover::Slate,
                    (false, false) => Cover::Tiles,
                };
                self.share = sealed as f32;
                self.tone *= (0.9 + 0.2 * spot) as f32;
            }
            Fabric::Warehouse => {
                self.cover = Cover::Warehouse;
                self.tone *= (0.72 + 0.5 * dice(branch(seed, 13), (x / 74.0) as i64, (y / 52.0) as i64)) as f32;
            }
            Fabric::Yard => self.cover = Cover::Asphalt,
            Fabric::Park => {
                self.cover = if spot < 0.22 { Cover::Broadleaf } else { Cover::Field(Crop::Grass) };
                self.vigour = 1.0;
            }
        }
        true
    }

    /// Trees along the river, and wet grass beyond them.
    fn meadow(&mut self, seed: u64, (x, y): (f64, f64), terrain: &Terrain) -> bool {
        let wide = 1.0 + 0.6 * fractal(branch(seed, 14), x / 500.0, y / 500.0, 2);
        let trees = gradient(branch(seed, 15), x / 120.0, y / 120.0) > 0.1;
        if terrain.bank_m < 22.0 * wide && trees {
            self.trees(seed, (x, y), Cover::Broadleaf);
            return true;
        }
        false
    }

    fn countryside(&mut self, seed: u64, (x, y): (f64, f64), terrain: &Terrain) {
        let parcel = Parcel::at(branch(seed, 16), x, y);
        let roll = |purpose: i64| unit(hash(parcel.id, purpose, 0));
        self.delay_days = (24.0 * (roll(1) - 0.5)) as f32;

        // Whole fields are woods where woods are thick; their edges follow hedges. Others have edges of their own.
        let wooded = |(x, y): (f64, f64)| fractal(branch(seed, 17), x / 2300.0, y / 2300.0, 3);
        let (of_field, of_place) = (wooded(parcel.centre), wooded((x, y)));
        let hanger = fractal(branch(seed, 24), x / 1100.0, y / 1100.0, 3);
        let scarp = terrain.chalk > 0.2 && self.slope.1 < -0.09 && hanger > -0.02;
        if of_field > 0.3 || of_place > 0.36 || scarp || (roll(2) < 0.035 && parcel.hedge_m > 0.0) {
            let conifer = fractal(branch(seed, 18), parcel.centre.0 / 1500.0, parcel.centre.1 / 1500.0, 2) > 0.16;
            self.trees(seed, (x, y), if conifer && !scarp { Cover::Conifer } else { Cover::Broadleaf });
            // Rides between the stands.
            if parcel.hedge_m < 6.0 && !scarp {
                (self.other, self.share) = (Cover::Field(Crop::Grass), 0.55);
            }
            return;
        }
        let crop = self.crop(roll(3), terrain, fractal(branch(seed, 19), x / 3000.0, y / 3000.0, 2));
        self.cover = Cover::Field(crop);
        let wet = fractal(branch(seed, 20), x / 210.0, y / 210.0, 4);
        self.vigour = (1.0 + 0.16 * (roll(4) - 0.5) + 0.2 * wet) as f32;
        self.chalk = (terrain.chalk * 0.8 + 0.3 * roll(5) * roll(5) + 0.12 * wet).clamp(0.0, 1.0) as f32;
        let worked = !matches!(crop, Crop::Grass | Crop::Downland);
        if worked {
            // Tramlines and the bouts of the plough.
            let bout = (parcel.across_m / (22.0 + 16.0 * roll(6))).floor() as i64;
            self.tone *= (1.0 + 0.07 * (dice(parcel.id, 7, bout) - 0.5)) as f32;
        }
        self.tone *= (1.0 + 0.12 * (roll(8) - 0.5)) as f32;
        if parcel.lane_m < 7.0 {
            (self.other, self.share) = (Cover::Asphalt, (0.75 - parcel.lane_m / 14.0) as f32);
        } else if parcel.hedge_m.min(parcel.lane_m - 8.0) < 7.5 {
            let near = 1.0 - parcel.hedge_m.min(parcel.lane_m - 8.0) / 7.5;
            (self.other, self.share) = (Cover::Broadleaf, (0.25 + 0.6 * near).min(0.85) as f32);
        } else if roll(9) < 0.5 && dice(branch(seed, 21), x as i64 / 10, y as i64 / 10) < 0.004 {
            // A tree in the field.
            (self.other, self.share) = (Cover::Broadleaf, 0.7);
        }
    }

    fn crop(&self, roll: f64, terrain: &Terrain, region: f64) -> Crop {
        let steep = self.slope.0.abs() + self.slope.1.abs() > 0.1;
        if terrain.chalk > 0.5 && (steep || roll < 0.35) {
            return Crop::Downland;
        }
        let grassy = 0.34 - 0.5 * region + if terrain.bank_m < 320.0 { 0.5 } else { 0.0 };
        if roll < grassy.clamp(0.06, 0.92) {
            return Crop::Grass;
        }
        match (roll - grassy) / (1.0 - grassy) {
            share if share < 0.44 => Crop::WinterWheat,
            share if share < 0.61 => Crop::SpringBarley,
            share if share < 0.77 => Crop::Rapeseed,
            share if share < 0.9 => Crop::Maize,
            _ => Crop::Fallow,
        }
    }

    fn trees(&mut self, seed: u64, (x, y): (f64, f64), cover: Cover) {
        self.cover = cover;
        let crowns = fractal(branch(seed, 22), x / 34.0, y / 34.0, 2);
        let stands = fractal(branch(seed, 23), x / 260.0, y / 260.0, 3);
        self.tone *= (1.0 + 0.26 * crowns + 0.16 * stands) as f32;
        self.vigour = (1.0 + 0.5 * stands) as f32;
        self.delay_days = (14.0 * stands) as f32;
    }
}

/// 1 in the estuary and the harbour, 0 on the open sea: what the river brings spreads and thins out off the coast.
fn estuary(seed: u64, (x, y): (f64, f64), terrain: &Terrain) -> f64 {
    let eddies = fractal(branch(seed, 25), x / 1300.0, y / 1300.0, 4);
    let off_m = -terrain.inland_m + 1100.0 * eddies;
    ramp(250.0, -250.0, terrain.bank_m.max(-0.3 * terrain.inland_m - 900.0)) * ramp(1900.0, 100.0, off_m)
}
