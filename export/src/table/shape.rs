//! The columns of a table, from its rows.

use std::collections::{BTreeMap, BTreeSet};

use arrow_array::ArrayRef;
use arrow_schema::Field;
use serde_json::Value;

use super::{
    Row, array,
    kind::{Form, Kind, Room},
    time, wkb,
};
use crate::{Error, Result};

/// Columns that come first, in this order; the others follow by name.
const FIRST: [&str; 11] = [
    "id",
    "collection",
    "stac_version",
    "stac_extensions",
    "geometry",
    "bbox",
    "datetime",
    "start_datetime",
    "end_datetime",
    "links",
    "assets",
];
/// Parts of a box, in the order of GeoParquet.
const BOX: [&str; 6] = ["xmin", "ymin", "zmin", "xmax", "ymax", "zmax"];

/// What the rows have.
#[derive(Debug)]
pub(super) struct Shape {
    columns: BTreeMap<String, Observed>,
    room: Room,
    /// Types of the geometries, as GeoParquet names them.
    pub(super) geometry_types: BTreeSet<String>,
    /// What all geometries cover.
    pub(super) bounds: Option<[f64; 4]>,
}

/// What the values of a column have.
#[derive(Debug)]
struct Observed {
    kind: Kind,
    /// They are geometries, all of them.
    are_geometries: bool,
    /// For columns of times.
    time: Option<time::Need>,
    reaches_far: bool,
}

impl Observed {
    fn new(name: &str, kind: Kind) -> Self {
        let time = time::NAMES.contains(&name).then_some(time::Need::Micro);
        Self { kind, are_geometries: true, time, reaches_far: false }
    }

    fn observe(&mut self, value: &Value, room: &mut Room) -> Result<()> {
        if let (Some(need), Value::String(text)) = (self.time, value) {
            self.time = Some(if need == time::Need::Text { need } else { need.with(text, &mut self.reaches_far) });
        }
        self.are_geometries &= value.is_null() || wkb::is_geometry(value);
        self.kind.observe(value, room)
    }

    fn form(&self, name: &str) -> Form {
        let unit = self.time.and_then(|need| need.unit(self.reaches_far));
        match (&self.kind, unit) {
            _ if name == "geometry" => Form::Geometry,
            (Kind::Struct(_), _) if self.are_geometries => Form::Geometry,
            (Kind::Text | Kind::Nothing, Some(unit)) => Form::Time(unit),
            _ => match self.kind.clone().into_form() {
                Form::Struct(mut fields) if name == "bbox" => {
                    fields.sort_by_key(|(name, _)| BOX.iter().position(|known| known == name));
                    let fields = fields.into_iter().map(|(name, _)| (name, Form::Float));
                    Form::Struct(fields.collect())
                }
                form => form,
            },
        }
    }
}

impl Shape {
    /// With the columns that every table has.
    pub(super) fn new() -> Self {
        let (text, list) = (|| Kind::Text, |kind| Kind::List(Box::new(kind)));
        let fields = |names: &[&str]| Kind::Struct(names.iter().map(|name| ((*name).to_owned(), text())).collect());
        let corners = ["xmin", "ymin", "xmax", "ymax"].map(|name| (name.to_owned(), Kind::Float));
        let columns = [
            ("id", text()),
            ("collection", text()),
            ("stac_version", text()),
            ("stac_extensions", list(text())),
            ("geometry", Kind::Nothing),
            ("bbox", Kind::Struct(corners.into())),
            ("datetime", text()),
            ("links", list(fields(&["href", "rel", "type", "title"]))),
        ];
        let columns = columns.into_iter().map(|(name, kind)| (name.to_owned(), Observed::new(name, kind)));
        Self { columns: columns.collect(), room: Room::default(), geometry_types: BTreeSet::new(), bounds: None }
    }

    /// Takes another row into account.
    pub(super) fn observe(&mut self, row: &Row) -> Result<()> {
        for (name, value) in row {
            if name == "geometry" {
                self.observe_geometry(row, value)?;
                continue;
            }
            if !self.columns.contains_key(name) {
                self.room.take()?;
                self.columns.insert(name.clone(), Observed::new(name, Kind::Nothing));
            }
            if let Some(column) = self.columns.get_mut(name) {
                column.observe(value, &mut self.room)?;
            }
        }
        Ok(())
    }

    fn observe_geometry(&mut self, row: &Row, geometry: &Value) -> Result<()> {
        if geometry.is_null() {
            return Ok(());
        }
        let id = || row.get("id").and_then(Value::as_str).unwrap_or_default().to_owned();
        let encoded = wkb::encode(geometry).map_err(|reason| Error::Item { item: id(), reason })?;
        self.geometry_types.insert(encoded.kind);
        let [west, south, east, north] = encoded.bounds;
        let known = self.bounds.unwrap_or(encoded.bounds);
        self.bounds = Some([known[0].min(west), known[1].min(south), known[2].max(east), known[3].max(north)]);
        Ok(())
    }

    /// The columns.
    pub(super) fn columns(&self) -> Vec<Column> {
        let mut columns: Vec<Column> = self
            .columns
            .iter()
            // Parquet has no struct without fields: assets that are all empty have no column.
            .filter(|(name, observed)| *name != "assets" || observed.kind != Kind::Struct(BTreeMap::new()))
            .map(|(name, observed)| Column { name: name.clone(), form: observed.form(name) })
            .collect();
        columns.sort_by(|one, two| one.rank().cmp(&two.rank()).then_with(|| one.name.cmp(&two.name)));
        columns
    }

    /// Columns that hold geometries of some other CRS, which the table does not know.
    pub(super) fn other_geometries(&self) -> impl Iterator<Item = String> {
        self.columns()
            .into_iter()
            .filter(|column| column.form == Form::Geometry && column.name != "geometry")
            .map(|column| column.name)
    }
}

/// A column.
#[derive(Debug, PartialEq)]
pub(super) struct Column {
    name: String,
    form: Form,
}

impl Column {
    fn rank(&self) -> usize {
        FIRST.iter().position(|name| *name == self.name).unwrap_or(FIRST.len())
    }

    pub(super) fn field(&self) -> Field {
        self.form.field(&self.name).with_nullable(self.name != "id")
    }

    /// Its values.
    pub(super) fn array(&self, rows: &[Row]) -> Result<ArrayRef> {
        let values: Vec<Option<&Value>> = rows.iter().map(|row| row.get(&self.name)).collect();
        Ok(array::of(&self.form, &values)?)
    }
}
