//! Reflectances of pure materials in the ten bands.

/// The bands of a product, in the order of its file.
pub const BANDS: [&str; 10] =
    ["blue", "green", "red", "rededge1", "rededge2", "rededge3", "nir1", "nir2", "swir1", "swir2"];

/// Reflectance × 10 000 in each of [`BANDS`].
pub(super) type Spectrum = [f64; 10];

pub(super) const LEAF_CROP: Spectrum = [240.0, 640.0, 270.0, 1050.0, 3050.0, 3900.0, 4150.0, 4300.0, 1850.0, 850.0];
pub(super) const LEAF_GRASS: Spectrum = [290.0, 720.0, 400.0, 1180.0, 2750.0, 3350.0, 3550.0, 3700.0, 2050.0, 1100.0];
pub(super) const LEAF_TREE: Spectrum = [190.0, 440.0, 230.0, 800.0, 2450.0, 3150.0, 3400.0, 3500.0, 1500.0, 680.0];
pub(super) const LEAF_AUTUMN: Spectrum = [310.0, 600.0, 930.0, 1400.0, 2050.0, 2300.0, 2450.0, 2600.0, 1850.0, 1050.0];
pub(super) const TWIGS: Spectrum = [390.0, 520.0, 580.0, 860.0, 1250.0, 1400.0, 1550.0, 1700.0, 1750.0, 1150.0];
pub(super) const CONIFER: Spectrum = [160.0, 300.0, 190.0, 520.0, 1450.0, 1800.0, 1950.0, 2050.0, 900.0, 420.0];
pub(super) const SOIL_LOAM: Spectrum = [650.0, 850.0, 1080.0, 1340.0, 1560.0, 1750.0, 1900.0, 2100.0, 2700.0, 2300.0];
pub(super) const SOIL_CHALK: Spectrum =
    [1150.0, 1480.0, 1800.0, 2050.0, 2250.0, 2400.0, 2550.0, 2700.0, 3200.0, 2800.0];
pub(super) const STRAW: Spectrum = [800.0, 1240.0, 1630.0, 2060.0, 2600.0, 2850.0, 3050.0, 3250.0, 3300.0, 2250.0];
pub(super) const RAPE_FLOWER: Spectrum =
    [360.0, 1720.0, 1640.0, 2050.0, 3050.0, 3600.0, 3900.0, 4000.0, 2000.0, 1000.0];
pub(super) const SALTMARSH: Spectrum = [430.0, 690.0, 650.0, 1020.0, 1700.0, 1950.0, 2100.0, 2250.0, 1500.0, 850.0];
pub(super) const MUD: Spectrum = [640.0, 830.0, 920.0, 980.0, 1000.0, 1010.0, 1020.0, 1020.0, 620.0, 430.0];
pub(super) const SAND: Spectrum = [1560.0, 2010.0, 2400.0, 2550.0, 2680.0, 2760.0, 2850.0, 2950.0, 3350.0, 2950.0];
pub(super) const CHALK: Spectrum = [3000.0, 3400.0, 3600.0, 3700.0, 3800.0, 3850.0, 3900.0, 3950.0, 3900.0, 3500.0];
pub(super) const TILES: Spectrum = [860.0, 980.0, 1300.0, 1500.0, 1700.0, 1800.0, 1900.0, 2000.0, 2250.0, 2000.0];
pub(super) const SLATE: Spectrum = [1060.0, 1110.0, 1150.0, 1190.0, 1260.0, 1310.0, 1360.0, 1420.0, 1600.0, 1500.0];
pub(super) const WAREHOUSE: Spectrum = [2850.0, 2930.0, 2980.0, 3030.0, 3090.0, 3130.0, 3180.0, 3220.0, 3000.0, 2700.0];
pub(super) const ASPHALT: Spectrum = [900.0, 960.0, 1010.0, 1060.0, 1130.0, 1180.0, 1240.0, 1300.0, 1450.0, 1400.0];
pub(super) const WATER_DEEP: Spectrum = [440.0, 300.0, 120.0, 120.0, 95.0, 90.0, 80.0, 75.0, 45.0, 35.0];
pub(super) const WATER_SHALLOW: Spectrum = [900.0, 1230.0, 690.0, 420.0, 270.0, 230.0, 200.0, 180.0, 100.0, 75.0];
pub(super) const WATER_TURBID: Spectrum = [760.0, 1010.0, 880.0, 660.0, 390.0, 350.0, 310.0, 270.0, 110.0, 80.0];
pub(super) const WATER_RIVER: Spectrum = [330.0, 400.0, 300.0, 300.0, 260.0, 260.0, 250.0, 240.0, 130.0, 90.0];
pub(super) const CLOUD: Spectrum = [5300.0, 5300.0, 5350.0, 5450.0, 5500.0, 5550.0, 5600.0, 5600.0, 4300.0, 3300.0];

/// `share` of `other` in the place of as much of `one`.
pub(super) fn mix(one: &Spectrum, other: &Spectrum, share: f64) -> Spectrum {
    std::array::from_fn(|band| one[band] + (other[band] - one[band]) * share)
}
