//! Names of the bands, as the pilot's product definitions have them, and what STAC calls them.

/// A band of a measurements' file.
#[derive(Debug)]
pub(crate) struct BandNames {
    /// Canonical name.
    pub(crate) name: &'static str,
    /// STAC's common name, if there is one.
    pub(crate) common: Option<&'static str>,
    /// Other names of the pilot's product definition.
    pub(crate) aliases: &'static [&'static str],
}

const fn optical(name: &'static str, common: &'static str, aliases: &'static [&'static str]) -> BandNames {
    BandNames { name, common: Some(common), aliases }
}

/// Layers of the Sentinel-2 file, in order.
pub(crate) static OPTICAL: [BandNames; 10] = [
    optical("blue", "blue", &["band_1", "Blue"]),
    optical("green", "green", &["band_2", "Green"]),
    optical("red", "red", &["band_3", "Red"]),
    optical("rededge1", "rededge071", &["band_4", "RedEdge1", "RE_B5"]),
    optical("rededge2", "rededge075", &["band_5", "RedEdge2", "RE_B6"]),
    optical("rededge3", "rededge078", &["band_6", "RedEdge3", "RE_B7"]),
    optical("nir1", "nir", &["band_7", "NIR1", "NIR_B8"]),
    optical("nir2", "nir08", &["band_8", "NIR2", "NIR_B8A"]),
    optical("swir1", "swir16", &["band_9", "SWIR1"]),
    optical("swir2", "swir22", &["band_10", "SWIR2"]),
];

/// Polarisations of Sentinel-1.
static RADAR: [BandNames; 4] = [
    BandNames { name: "vv", common: None, aliases: &["Band 1", "VV"] },
    BandNames { name: "vh", common: None, aliases: &["Band 2", "VH"] },
    BandNames { name: "hh", common: None, aliases: &["HH"] },
    BandNames { name: "hv", common: None, aliases: &["HV"] },
];

/// The band of a polarisation such as `VV`.
pub(crate) fn of_polarization(polarization: &str) -> Option<&'static BandNames> {
    RADAR.iter().find(|band| band.name.eq_ignore_ascii_case(polarization))
}

/// Other names of a mask, by its asset's key.
pub(crate) fn mask_aliases(key: &str) -> &'static [&'static str] {
    match key {
        "fmask" => &["Cmask", "Fmask"],
        "vmask" => &["mask", "Vmask"],
        "topomask" => &["tmask", "toposhadmask", "Tmask"],
        _ => &[],
    }
}
