//! The library of named indices.

use crate::{Error, Result};

/// An index of reflectances that literature knows by its name.
///
/// ```
/// use ardent_model::recipe::NamedIndex;
/// let ndvi = NamedIndex::find("ndvi").unwrap();
/// assert_eq!(ndvi.formula, "(nir-red)/(nir+red)");
/// assert!(!ndvi.needs_reflectance && NamedIndex::find("evi").unwrap().needs_reflectance);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NamedIndex {
    /// Its name in recipes.
    pub name: &'static str,
    /// Its formula, of STAC's common names.
    pub formula: &'static str,
    /// Whether it holds for reflectances from 0 to 1 alone: one that is a ratio holds in any unit.
    pub needs_reflectance: bool,
    /// Who defined it, and when.
    pub source: &'static str,
}

const fn ratio(name: &'static str, formula: &'static str, source: &'static str) -> NamedIndex {
    NamedIndex { name, formula, needs_reflectance: false, source }
}

const fn of_reflectance(name: &'static str, formula: &'static str, source: &'static str) -> NamedIndex {
    NamedIndex { name, formula, needs_reflectance: true, source }
}

impl NamedIndex {
    /// All of them.
    pub const ALL: &'static [Self] = &[
        ratio("ndvi", "(nir-red)/(nir+red)", "Rouse et al. 1974, ERTS-1 symposium, NASA SP-351"),
        ratio("gndvi", "(nir-green)/(nir+green)", "Gitelson et al. 1996, Remote Sens. Environ. 58, 289-298"),
        ratio("ndre", "(nir-rededge071)/(nir+rededge071)", "Barnes et al. 2000, 5th Int. Conf. Precision Agriculture"),
        ratio("ndwi", "(green-nir)/(green+nir)", "McFeeters 1996, Int. J. Remote Sens. 17, 1425-1432"),
        ratio("mndwi", "(green-swir16)/(green+swir16)", "Xu 2006, Int. J. Remote Sens. 27, 3025-3033"),
        ratio("ndmi", "(nir-swir16)/(nir+swir16)", "Wilson & Sader 2002, Remote Sens. Environ. 80, 385-396"),
        ratio("nbr", "(nir-swir22)/(nir+swir22)", "Key & Benson 2006, FIREMON, USDA RMRS-GTR-164"),
        ratio("ndbi", "(swir16-nir)/(swir16+nir)", "Zha et al. 2003, Int. J. Remote Sens. 24, 583-594"),
        ratio("ndsi", "(green-swir16)/(green+swir16)", "Hall et al. 1995, Remote Sens. Environ. 54, 127-140"),
        ratio(
            "bsi",
            "((swir16+red)-(nir+blue))/((swir16+red)+(nir+blue))",
            "Rikimaru et al. 2002, Trop. Ecol. 43, 39-47",
        ),
        of_reflectance(
            "evi",
            "2.5*(nir-red)/(nir+6*red-7.5*blue+1)",
            "Huete et al. 2002, Remote Sens. Environ. 83, 195-213",
        ),
        of_reflectance(
            "evi2",
            "2.5*(nir-red)/(nir+2.4*red+1)",
            "Jiang et al. 2008, Remote Sens. Environ. 112, 3833-3845",
        ),
        of_reflectance("savi", "1.5*(nir-red)/(nir+red+0.5)", "Huete 1988, Remote Sens. Environ. 25, 295-309"),
        of_reflectance(
            "msavi",
            "(2*nir+1-sqrt((2*nir+1)*(2*nir+1)-8*(nir-red)))/2",
            "Qi et al. 1994, Remote Sens. Environ. 48, 119-126",
        ),
    ];

    /// The one of this name.
    pub fn find(name: &str) -> Option<&'static Self> {
        Self::ALL.iter().find(|index| index.name == name)
    }

    /// Its formula, parsed; its variables are common names.
    pub fn parsed(&self) -> Result<exmex::FlatEx<f32>> {
        exmex::parse(self.formula).map_err(|error| Error::recipe("bands", format!("index `{}`: {error}", self.name)))
    }

    /// Names that bands of a common name go by, the likeliest first: many documents have no common names.
    ///
    /// ```
    /// assert_eq!(ardent_model::recipe::NamedIndex::names_of("swir16"), ["swir16", "swir1", "B11"]);
    /// ```
    pub fn names_of(common_name: &str) -> &'static [&'static str] {
        match common_name {
            "blue" => &["blue", "B02"],
            "green" => &["green", "B03"],
            "red" => &["red", "B04"],
            "rededge071" => &["rededge071", "rededge1", "B05"],
            "nir" => &["nir", "nir1", "B08", "nir08", "nir2", "B8A"],
            "swir16" => &["swir16", "swir1", "B11"],
            "swir22" => &["swir22", "swir2", "B12"],
            _ => &[],
        }
    }
}

#[cfg(test)]
mod tests {
    use exmex::Express;

    use super::*;

    /// Green leaves: blue, green, red, rededge071, nir, swir16, swir22.
    fn reflectance(band: &str) -> f32 {
        match band {
            "blue" => 0.03,
            "green" => 0.06,
            "red" => 0.04,
            "rededge071" => 0.1,
            "nir" => 0.44,
            "swir16" => 0.2,
            "swir22" => 0.09,
            other => panic!("{other} has no reflectance here"),
        }
    }

    #[test]
    fn indices_have_the_published_values() {
        // Worked out by hand from the papers' formulae.
        for (name, expected) in [
            ("ndvi", 0.4 / 0.48),
            ("gndvi", 0.38 / 0.5),
            ("ndre", 0.34 / 0.54),
            ("ndwi", -0.38 / 0.5),
            ("mndwi", -0.14 / 0.26),
            ("ndmi", 0.24 / 0.64),
            ("nbr", 0.35 / 0.53),
            ("ndbi", -0.24 / 0.64),
            ("ndsi", -0.14 / 0.26),
            ("bsi", (0.24 - 0.47) / (0.24 + 0.47)),
            ("evi", 1.0 / 1.455),
            ("evi2", 1.0 / 1.536),
            ("savi", 0.6 / 0.98),
            ("msavi", (1.88 - (1.88_f64 * 1.88 - 3.2).sqrt()) / 2.0),
        ] {
            let parsed = NamedIndex::find(name).unwrap().parsed().unwrap();
            let values: Vec<f32> = parsed.var_names().iter().map(|band| reflectance(band)).collect();
            let value = f64::from(parsed.eval(&values).unwrap());
            assert!((value - expected).abs() < 1e-5, "{name}: {value} is not {expected}");
            assert!(parsed.var_names().iter().all(|band| NamedIndex::names_of(band)[0] == band), "{name}");
        }
    }

    #[test]
    fn every_index_is_documented() {
        let documented = include_str!("../../../docs/RECIPES.md");
        for index in NamedIndex::ALL {
            let year = index.source.split([' ', ',']).find(|word| word.parse::<u16>().is_ok()).unwrap();
            let row = documented.lines().find(|line| line.starts_with(&format!("| `{}` |", index.name)));
            assert!(row.is_some_and(|row| row.contains(year)), "{}", index.name);
        }
    }

    #[test]
    fn those_that_are_ratios_hold_in_any_unit_and_the_others_do_not() {
        for index in NamedIndex::ALL {
            let parsed = index.parsed().unwrap();
            let value = |unit: f32| {
                let values: Vec<f32> = parsed.var_names().iter().map(|band| reflectance(band) * unit).collect();
                parsed.eval(&values).unwrap()
            };
            assert_eq!((value(1.0) - value(10_000.0)).abs() > 1e-3, index.needs_reflectance, "{}", index.name);
        }
    }
}
