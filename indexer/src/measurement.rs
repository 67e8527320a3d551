//! Measurements of an ODC product definition, as bands of a STAC collection.

use ardent_model::{DataType, band::nodata_from_json};
use serde_json::{Map, Value, json};

/// A value of a flag raster, its name and what it means.
type Class = (u8, &'static str, &'static str);

/// The flag rasters of the pilot, whose value 0 means something although its definitions call it nodata.
const FLAGS: [(&str, &[Class]); 3] = [
    (
        "fmask",
        &[(0, "clear", "Neither cloud nor cloud shadow"), (1, "cloud", "Cloud"), (2, "shadow", "Shadow of a cloud")],
    ),
    ("vmask", &[(0, "outside", "No data was taken here"), (1, "valid", "Data was taken here")]),
    ("topomask", &[(0, "not_shadowed", "Not in the shadow of terrain"), (1, "shadowed", "In the shadow of terrain")]),
];

/// A measurement, read and found right.
#[derive(Debug)]
pub(crate) struct Measurement {
    /// Its name, the band's canonical name.
    pub(crate) name: String,
    /// Whether it stands apart, as an asset of its own.
    pub(crate) is_mask: bool,
    /// Other names.
    pub(crate) aliases: Vec<String>,
    /// The element of `bands`.
    pub(crate) band: Map<String, Value>,
    /// Such as `fmask: nodata 0 dropped, 0 means clear`.
    pub(crate) warning: Option<String>,
}

impl Measurement {
    /// From an element of `measurements`; the reason names the measurement.
    pub(crate) fn read(number: usize, value: &Value) -> Result<Self, String> {
        let members = value.as_object().ok_or_else(|| format!("measurement {number} is not a mapping"))?;
        let name = members.get("name").and_then(Value::as_str).filter(|name| !name.is_empty());
        let name = name.ok_or_else(|| format!("measurement {number} has no `name`"))?.to_owned();
        let fault = |reason: String| format!("measurement `{name}`: {reason}");
        let aliases = aliases(members).map_err(&fault)?;
        let data_type = members.get("dtype").and_then(Value::as_str);
        let data_type = data_type.ok_or_else(|| fault("it has no `dtype`; give one such as uint16".to_owned()))?;
        let data_type: DataType = data_type.parse().map_err(|error: ardent_model::Error| fault(error.to_string()))?;
        let nodata = nodata(members, data_type).map_err(&fault)?;
        let says_mask = |text: &String| text.to_ascii_lowercase().contains("mask");
        let is_mask = data_type == DataType::Uint8 && (says_mask(&name) || aliases.iter().any(says_mask));

        let mut band = Map::new();
        band.insert("name".to_owned(), json!(name));
        band.insert("data_type".to_owned(), json!(data_type.name()));
        let flags = FLAGS.iter().find(|(flag, _)| is_mask && *flag == name).map(|(_, classes)| *classes);
        let drops_nodata = flags.is_some() && nodata_from_json(&nodata) == Some(0.0);
        if !nodata.is_null() && !drops_nodata {
            band.insert("nodata".to_owned(), nodata);
        }
        if let Some(unit) = members.get("units").and_then(scalar_text) {
            band.insert("unit".to_owned(), json!(unit));
        }
        for (from, to) in [("scale_factor", "raster:scale"), ("add_offset", "raster:offset")] {
            if let Some(number) = members.get(from).and_then(Value::as_f64) {
                band.insert(to.to_owned(), json!(number));
            }
        }
        band.insert("ardent:aliases".to_owned(), json!(aliases));
        let zero = flags.and_then(|classes| classes.first());
        if let Some(classes) = flags {
            let classes = classes
                .iter()
                .map(|(value, name, description)| json!({"value": value, "name": name, "description": description}));
            band.insert("classification:classes".to_owned(), classes.collect());
        }
        let warning = zero
            .filter(|_| drops_nodata)
            .map(|(_, class, _)| format!("{name}: nodata 0 dropped, since 0 means {}", class.replace('_', " ")));
        Ok(Self { name, is_mask, aliases, band, warning })
    }

    /// Every name it answers to.
    pub(crate) fn names(&self) -> impl Iterator<Item = &str> {
        std::iter::once(self.name.as_str()).chain(self.aliases.iter().map(String::as_str))
    }

    /// Roles of the asset it stands in.
    pub(crate) fn roles(&self) -> &'static [&'static str] {
        match self.name.as_str() {
            _ if !self.is_mask => &["data"],
            "fmask" => &["cloud", "cloud-shadow"],
            "vmask" => &["data-mask"],
            "topomask" => &["terrain-shadow"],
            _ => &["mask"],
        }
    }
}

fn aliases(members: &Map<String, Value>) -> Result<Vec<String>, String> {
    let given = match members.get("aliases") {
        None | Some(Value::Null) => return Ok(Vec::new()),
        Some(Value::Array(given)) => given,
        Some(_) => return Err("`aliases` is not a list; give one such as [band_1, Blue]".to_owned()),
    };
    let read = |alias| scalar_text(alias).ok_or_else(|| format!("the alias {alias} is not text"));
    given.iter().map(read).collect()
}

/// The nodata value as STAC writes it: a number, `"nan"`, or null if there is none.
fn nodata(members: &Map<String, Value>, data_type: DataType) -> Result<Value, String> {
    let given = match members.get("nodata") {
        None | Some(Value::Null) => return Ok(Value::Null),
        Some(Value::String(text)) => json!(text.trim_start_matches('.').replace("-.", "-").to_ascii_lowercase()),
        Some(other) => other.clone(),
    };
    let value = nodata_from_json(&given).ok_or_else(|| format!("`nodata` {given} is not a number"))?;
    if !data_type.holds(value) {
        return Err(format!("`nodata` {given} is not a value of {data_type}; correct one of the two"));
    }
    Ok(if given.is_string() && value.is_finite() { json!(value) } else { given })
}

/// Text or a number, as text.
fn scalar_text(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn zero_of_a_flag_raster_is_no_nodata() {
        for (name, class) in [("fmask", "clear"), ("vmask", "outside"), ("topomask", "not shadowed")] {
            let value = json!({"name": name, "dtype": "uint8", "nodata": 0, "aliases": ["Mask"], "units": 1});
            let measurement = Measurement::read(1, &value).unwrap();
            assert!(measurement.is_mask && !measurement.band.contains_key("nodata"));
            assert!(measurement.warning.unwrap().ends_with(class));
            assert_eq!(measurement.band["classification:classes"][0]["value"], 0);
            assert_eq!(measurement.band["unit"], "1");
        }
        let other = json!({"name": "fmask", "dtype": "uint8", "nodata": 255});
        let other = Measurement::read(1, &other).unwrap();
        assert_eq!((&other.band["nodata"], other.warning), (&json!(255), None));
    }

    #[test]
    fn nodata_takes_every_spelling() {
        for (given, expected) in [
            (json!(".nan"), json!("nan")),
            (json!("NaN"), json!("nan")),
            (json!("-.inf"), json!("-inf")),
            (json!(-9999), json!(-9999)),
        ] {
            let value = json!({"name": "vv", "dtype": "float32", "nodata": given});
            assert_eq!(Measurement::read(1, &value).unwrap().band["nodata"], expected);
        }
    }

    #[test]
    fn a_fault_names_the_measurement() {
        for (value, reason) in [
            (json!([]), "measurement 3 is not a mapping"),
            (json!({"dtype": "uint8"}), "measurement 3 has no `name`"),
            (json!({"name": "b"}), "measurement `b`: it has no `dtype`"),
            (json!({"name": "b", "dtype": "uint12"}), "uint12"),
            (json!({"name": "b", "dtype": "uint8", "nodata": -9999}), "not a value of uint8"),
            (json!({"name": "b", "dtype": "uint8", "nodata": ".nan"}), "not a value of uint8"),
            (json!({"name": "b", "dtype": "uint8", "nodata": [1]}), "not a number"),
            (json!({"name": "b", "dtype": "uint8", "aliases": "x"}), "not a list"),
        ] {
            let error = Measurement::read(3, &value).unwrap_err();
            assert!(error.contains(reason), "{error}");
        }
    }
}
