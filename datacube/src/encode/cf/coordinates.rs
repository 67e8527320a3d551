//! Coordinates of rows, columns and groups.

use chrono::NaiveDate;

use super::Attributes;
use crate::{Result, plan::Plan, projection};

/// Values of a coordinate.
pub(crate) enum Values {
    Whole(Vec<i32>),
    Real(Vec<f64>),
}

/// A variable that says where or when the values of others are.
pub(crate) struct Coordinate {
    pub(crate) name: &'static str,
    /// Names of its dimensions; none: it is one value.
    pub(crate) dimensions: Vec<&'static str>,
    pub(crate) values: Values,
    pub(crate) attributes: Attributes,
}

/// Coordinates of the centres of pixels.
pub(super) struct Axes {
    pub(super) rows: Coordinate,
    pub(super) columns: Coordinate,
}

pub(super) fn axes(plan: &Plan) -> Result<Axes> {
    let grid = &plan.grid;
    let crs = projection::spatial_ref(grid.crs)?;
    let (names, units) = if crs.is_geographic() {
        (["latitude", "longitude"], ["degrees_north".to_owned(), "degrees_east".to_owned()])
    } else {
        let metres = crs.linear_units();
        let units = if metres == 1.0 { "m".to_owned() } else { format!("{metres} m") };
        (["y", "x"], [units.clone(), units])
    };
    let standard = |name: &str| match name {
        "x" | "y" => format!("projection_{name}_coordinate"),
        _ => name.to_owned(),
    };
    let coordinate = |name: &'static str, axis: &str, (units, values): (String, Vec<f64>)| {
        let mut attributes = Attributes::default();
        attributes.text("standard_name", standard(name));
        attributes.text("long_name", format!("{name} of the pixel's centre"));
        attributes.text("units", units);
        attributes.text("axis", axis);
        Coordinate { name, dimensions: vec![name], values: Values::Real(values), attributes }
    };
    let [row_units, column_units] = units;
    let rows = (0..grid.height_px).map(|row| grid.affine.apply(0.5, row as f64 + 0.5).1).collect();
    let columns = (0..grid.width_px).map(|col| grid.affine.apply(col as f64 + 0.5, 0.5).0).collect();
    Ok(Axes {
        rows: coordinate(names[0], "Y", (row_units, rows)),
        columns: coordinate(names[1], "X", (column_units, columns)),
    })
}

/// The first days of the groups, their bounds (the end is the day after the last), how many dates they have, and
/// whether they are whole.
pub(super) fn times(plan: &Plan) -> Vec<Coordinate> {
    let (starts, ends): (Vec<i32>, Vec<i32>) =
        plan.groups.iter().map(|group| (days(group.start), days(group.end) + 1)).unzip();
    let bounds = starts.iter().zip(&ends).flat_map(|(start, end)| [*start, *end]).collect();
    let dates = plan.groups.iter().map(|group| i32::try_from(group.dates()).unwrap_or(i32::MAX)).collect();
    let mut time = Attributes::default();
    time.text("standard_name", "time");
    time.text("long_name", "first day of the period");
    time.text("units", "days since 1970-01-01");
    time.text("calendar", "proleptic_gregorian");
    time.text("units_metadata", "leap_seconds: none");
    time.text("axis", "T");
    time.text("bounds", "time_bnds");
    let labels: Vec<String> = plan.groups.iter().map(|group| group.label.clone()).collect();
    if labels.iter().any(|label| !label.is_empty()) {
        time.texts("labels", labels);
    }
    let mut counted = Attributes::default();
    counted.text("long_name", "dates read in the period");
    counted.text("units", "1");
    let partial = plan.groups.iter().map(|group| i32::from(group.partial)).collect();
    let mut flagged = Attributes::default();
    flagged.text("long_name", "1 where the recipe's time holds a part of the period only");
    flagged.text("units", "1");
    let of = |name, dimensions, values, attributes| Coordinate {
        name,
        dimensions,
        values: Values::Whole(values),
        attributes,
    };
    vec![
        of("time", vec!["time"], starts, time),
        of("time_bnds", vec!["time", "bnds"], bounds, Attributes::default()),
        of("dates", vec!["time"], dates, counted),
        of("partial", vec!["time"], partial, flagged),
    ]
}

fn days(day: NaiveDate) -> i32 {
    let days = day.signed_duration_since(NaiveDate::default()).num_days();
    i32::try_from(days).unwrap_or(i32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_count_from_1970() {
        for (day, number) in [("1970-01-01", 0), ("1969-12-31", -1), ("2019-06-01", 18_048)] {
            assert_eq!(days(day.parse().unwrap()), number);
        }
    }
}
