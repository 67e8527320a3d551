//! How plants change through the year.

use super::{
    noise::curve,
    spectrum::{
        LEAF_AUTUMN, LEAF_CROP, LEAF_GRASS, LEAF_TREE, RAPE_FLOWER, SOIL_CHALK, SOIL_LOAM, STRAW, Spectrum, TWIGS, mix,
    },
};

/// What grows on a field.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Crop {
    WinterWheat,
    SpringBarley,
    Rapeseed,
    Maize,
    Grass,
    Downland,
    Fallow,
}

/// Shares of green leaves, ripe or dry leaves, and flowers over the days of a year; soil is what remains.
struct Growth {
    green: &'static [(f64, f64)],
    dry: &'static [(f64, f64)],
    flower: &'static [(f64, f64)],
    leaf: &'static Spectrum,
}

const WINTER_WHEAT: Growth = Growth {
    green: &[
        (0.0, 0.30),
        (60.0, 0.42),
        (100.0, 0.72),
        (130.0, 0.95),
        (165.0, 0.95),
        (185.0, 0.55),
        (205.0, 0.08),
        (220.0, 0.0),
        (290.0, 0.0),
        (312.0, 0.10),
        (365.0, 0.30),
    ],
    dry: &[(165.0, 0.0), (190.0, 0.45), (206.0, 0.92), (224.0, 0.85), (240.0, 0.5), (265.0, 0.2), (285.0, 0.0)],
    flower: &[],
    leaf: &LEAF_CROP,
};
const SPRING_BARLEY: Growth = Growth {
    green: &[
        (0.0, 0.12),
        (70.0, 0.02),
        (100.0, 0.15),
        (135.0, 0.86),
        (170.0, 0.9),
        (195.0, 0.3),
        (215.0, 0.0),
        (255.0, 0.18),
        (365.0, 0.12),
    ],
    dry: &[(172.0, 0.0), (200.0, 0.68), (215.0, 0.92), (235.0, 0.65), (275.0, 0.3), (330.0, 0.0)],
    flower: &[],
    leaf: &LEAF_CROP,
};
const RAPESEED: Growth = Growth {
    green: &[
        (0.0, 0.55),
        (70.0, 0.62),
        (100.0, 0.88),
        (114.0, 0.3),
        (136.0, 0.25),
        (152.0, 0.95),
        (175.0, 0.8),
        (195.0, 0.25),
        (206.0, 0.0),
        (238.0, 0.0),
        (255.0, 0.22),
        (295.0, 0.6),
        (365.0, 0.55),
    ],
    dry: &[(175.0, 0.0), (195.0, 0.55), (208.0, 0.8), (232.0, 0.4), (245.0, 0.0)],
    flower: &[(98.0, 0.0), (114.0, 0.66), (136.0, 0.7), (152.0, 0.05), (156.0, 0.0)],
    leaf: &LEAF_CROP,
};
const MAIZE: Growth = Growth {
    green: &[
        (0.0, 0.06),
        (130.0, 0.02),
        (160.0, 0.28),
        (190.0, 0.85),
        (240.0, 0.95),
        (265.0, 0.7),
        (285.0, 0.12),
        (300.0, 0.0),
        (365.0, 0.06),
    ],
    dry: &[(262.0, 0.0), (285.0, 0.55), (300.0, 0.3), (335.0, 0.0)],
    flower: &[],
    leaf: &LEAF_CROP,
};
const GRASS: Growth = Growth {
    green: &[
        (0.0, 0.62),
        (55.0, 0.66),
        (105.0, 0.92),
        (150.0, 0.96),
        (205.0, 0.68),
        (240.0, 0.68),
        (280.0, 0.86),
        (330.0, 0.7),
        (365.0, 0.62),
    ],
    dry: &[(0.0, 0.12), (90.0, 0.04), (165.0, 0.03), (210.0, 0.22), (240.0, 0.2), (280.0, 0.06), (365.0, 0.12)],
    flower: &[],
    leaf: &LEAF_GRASS,
};
const DOWNLAND: Growth = Growth {
    green: &[
        (0.0, 0.48),
        (60.0, 0.5),
        (120.0, 0.74),
        (155.0, 0.76),
        (205.0, 0.46),
        (240.0, 0.44),
        (290.0, 0.62),
        (365.0, 0.48),
    ],
    dry: &[(0.0, 0.34), (90.0, 0.3), (150.0, 0.15), (205.0, 0.42), (240.0, 0.42), (290.0, 0.26), (365.0, 0.34)],
    flower: &[],
    leaf: &LEAF_GRASS,
};
const FALLOW: Growth = Growth {
    green: &[(0.0, 0.2), (80.0, 0.3), (110.0, 0.04), (170.0, 0.25), (215.0, 0.5), (250.0, 0.06), (365.0, 0.2)],
    dry: &[(200.0, 0.0), (240.0, 0.2), (255.0, 0.0)],
    flower: &[],
    leaf: &LEAF_GRASS,
};

const TREE_LEAF: &[(f64, f64)] = &[
    (0.0, 0.0),
    (95.0, 0.02),
    (122.0, 0.55),
    (142.0, 1.0),
    (255.0, 1.0),
    (283.0, 0.8),
    (305.0, 0.3),
    (325.0, 0.03),
    (335.0, 0.0),
];
const TREE_AUTUMN: &[(f64, f64)] = &[(262.0, 0.0), (290.0, 0.3), (306.0, 0.55), (322.0, 0.3), (342.0, 0.0)];

/// A field's reflectance on a day of the year (fractions allowed); `soil` is 0 for loam and 1 for chalk, `vigour`
/// (about 1) scales the green.
pub(super) fn field(crop: Crop, day: f64, soil: f64, vigour: f64) -> Spectrum {
    let growth = match crop {
        Crop::WinterWheat => &WINTER_WHEAT,
        Crop::SpringBarley => &SPRING_BARLEY,
        Crop::Rapeseed => &RAPESEED,
        Crop::Maize => &MAIZE,
        Crop::Grass => &GRASS,
        Crop::Downland => &DOWNLAND,
        Crop::Fallow => &FALLOW,
    };
    let day = day.rem_euclid(365.0);
    let green = (curve(growth.green, day) * vigour).clamp(0.0, 1.0);
    let dry = curve(growth.dry, day).min(1.0 - green);
    let flower = curve(growth.flower, day).min(1.0 - green - dry);
    let bare = 1.0 - green - dry - flower;
    let earth = mix(&SOIL_LOAM, &SOIL_CHALK, soil);
    std::array::from_fn(|band| {
        bare * earth[band] + green * growth.leaf[band] + dry * STRAW[band] + flower * RAPE_FLOWER[band]
    })
}

/// A deciduous wood's reflectance on a day of the year.
pub(super) fn broadleaf(day: f64, vigour: f64) -> Spectrum {
    let day = day.rem_euclid(365.0);
    let leaf = curve(TREE_LEAF, day);
    let autumn = curve(TREE_AUTUMN, day).min(1.0 - leaf);
    let fresh = 1.0 + 0.35 * (curve(&[(105.0, 0.0), (128.0, 1.0), (165.0, 0.0)], day)) * (vigour - 0.4);
    std::array::from_fn(|band| {
        leaf * fresh * LEAF_TREE[band] + autumn * LEAF_AUTUMN[band] + (1.0 - leaf - autumn) * TWIGS[band]
    })
}
