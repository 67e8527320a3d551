//! The conditions of a search as SQL. Every value is a bind parameter.

use ardent_model::{FreeText, Search};
use chrono::{DateTime, Utc};
use geo::BoundingRect;
use geo_types::{Geometry, GeometryCollection, Line, Point, Rect, coord};
use sqlx::postgres::types::PgRange;
use sqlx::{PgConnection, PgPool, Postgres, QueryBuilder};

use super::cql2::{Prepared, asks_for_time};
use super::reach::Reach;
use super::text;
use crate::error::while_doing;
use crate::extent::time_range;
use crate::item::is_text;
use crate::reproject::{geographic_box, geographic_condition};
use crate::wkb::Ewkb;
use crate::{Access, Result};

/// The table of items.
pub(super) const ITEMS: &str = "items";

/// What a search is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Records {
    Items,
    /// Collections, whose documents need not be looked into.
    Named,
    /// Collections with place, time and properties.
    Collections,
}

/// What rows of `items`, or of `collection_records`, a search wants, and its caller may see.
#[derive(Debug)]
pub(super) struct Filter {
    records: Records,
    /// What the caller may see; none: the collections named are what it may.
    access: Option<Access>,
    ids: Option<Vec<String>>,
    collections: Option<Vec<String>>,
    /// Footprints touch one of these.
    areas: Option<Vec<Ewkb>>,
    time: Option<Time>,
    /// Whether the areas have so few of the items that it does not pay to look for the rest in any other index.
    by_place: bool,
    condition: Option<Prepared>,
    text: FreeText,
}

/// A share of all items that is few.
const FEW: f64 = 0.1;

#[derive(Debug)]
struct Time {
    range: PgRange<DateTime<Utc>>,
    /// Between which datetimes every item lies whose time overlaps the range: follows from the range and from how
    /// far the items' times reach, and lets the order's own index find them.
    first: Option<DateTime<Utc>>,
    last: Option<DateTime<Utc>>,
}

impl Filter {
    /// For items.
    pub(super) async fn prepare(search: &Search, access: &Access, pool: &PgPool) -> Result<Self> {
        let mut filter = Self::without_time(Records::Items, search, access, pool).await?;
        if search.datetime.is_some() || filter.condition.is_some() {
            filter.by_place = filter.has_few_in_its_areas(pool).await;
        }
        if filter.by_place {
            filter.condition = filter.condition.map(Prepared::of_few);
        }
        let Some(interval) = &search.datetime else { return Ok(filter) };
        let range = time_range(interval.start, interval.end);
        if filter.by_place {
            return Ok(Self { time: Some(Time { range, first: None, last: None }), ..filter });
        }
        let reach = filter.reach(pool).await?;
        let first = interval.start.and_then(|at| reach.first(at));
        let last = interval.end.and_then(|at| reach.last(at));
        Ok(Self { time: Some(Time { range, first, last }), ..filter })
    }

    /// For collections.
    pub(super) async fn prepare_collections(search: &Search, access: &Access, pool: &PgPool) -> Result<Self> {
        let is_by_name = search.sort.iter().all(|key| matches!(key.field(), "id" | "collection"));
        let has_box = search.bbox.is_some() || search.projected_box.is_some();
        let is_anywhere = !has_box && search.intersects.is_none() && search.datetime.is_none();
        let is_named = is_by_name && is_anywhere && search.filter.is_none();
        let records = if is_named { Records::Named } else { Records::Collections };
        let filter = Self::without_time(records, search, access, pool).await?;
        let range = search.datetime.as_ref().map(|interval| time_range(interval.start, interval.end));
        Ok(Self { time: range.map(|range| Time { range, first: None, last: None }), ..filter })
    }

    async fn without_time(records: Records, search: &Search, access: &Access, pool: &PgPool) -> Result<Self> {
        // Nothing is called what the database cannot hold.
        let texts = |texts: &[String]| {
            (!texts.is_empty()).then(|| texts.iter().filter(|text| is_text(text)).cloned().collect::<Vec<_>>())
        };
        let mut filter = Self {
            records,
            access: Some(access.clone()),
            ids: texts(&search.ids),
            collections: texts(&search.collections),
            areas: None,
            time: None,
            by_place: false,
            condition: None,
            text: search.text.clone(),
        };
        if let Some(bbox) = &search.bbox {
            filter.areas = Some(bbox.parts().iter().map(|part| encode(&box_geometry(*part))).collect::<Result<_>>()?);
        } else if let Some(projected) = &search.projected_box {
            filter.areas = Some(areas(&geographic_box(projected, pool).await?, pool).await?);
        } else if let Some(geometry) = &search.intersects {
            filter.areas = Some(areas(geometry, pool).await?);
        }
        if let Some(condition) = &search.filter {
            let condition = geographic_condition(condition, pool).await?;
            let is_dated = records == Records::Items && asks_for_time(&condition);
            let reach = if is_dated { Some(filter.reach(pool).await?) } else { None };
            filter.condition = Some(Prepared::new(&condition, reach, pool).await?);
        }
        Ok(filter)
    }

    /// Whether the statistics say that the areas have few of all items. The planner would take indexes of time and cloud
    /// cover beside that of places: it does not know that their conditions go together, and takes long lists of items for
    /// cheaper than they are.
    async fn has_few_in_its_areas(&self, pool: &PgPool) -> bool {
        let Some(areas) = self.areas.as_ref().filter(|areas| !areas.is_empty()) else { return false };
        let query = sqlx::query_scalar(
            "SELECT sum(_postgis_selectivity('items', 'geometry', ST_Envelope(ST_GeomFromEWKB(area)))) \
             FROM unnest($1::bytea[]) AS area",
        );
        // Without statistics there is no telling.
        let share: sqlx::Result<Option<f64>> = query.bind(areas.clone()).fetch_one(pool).await;
        share.ok().flatten().is_some_and(|share| share <= FEW)
    }

    /// How far before and after their datetimes the times of the items reach.
    async fn reach(&self, pool: &PgPool) -> Result<Reach> {
        let mut query = QueryBuilder::new(
            "SELECT coalesce(max(time_before_us), 0) AS before_us, coalesce(max(time_after_us), 0) AS after_us \
             FROM collections WHERE ",
        );
        self.push_access(&mut query, Access::of_collections);
        if let Some(collections) = &self.collections {
            push_any(&mut query, "id", collections);
        }
        query.build_query_as().fetch_one(pool).await.map_err(while_doing("searching"))
    }

    /// The same, but that the collections are named whose items it lets through, so that the planner knows how many
    /// these are; and whether the caller may see every collection there is.
    pub(super) async fn with_collections_named(self, connection: &mut PgConnection) -> sqlx::Result<(Self, bool)> {
        let mut query = QueryBuilder::new("SELECT coalesce(array_agg(id) FILTER (WHERE is_visible");
        if let Some(collections) = &self.collections {
            push_any(&mut query, "id", collections);
        }
        query.push("), '{}'), coalesce(bool_and(is_visible), true) FROM (SELECT id, coalesce(");
        self.push_access(&mut query, Access::of_collections);
        query.push(", false) AS is_visible FROM collections) AS known");
        let (named, sees_all): (Vec<String>, bool) = query.build_query_as().fetch_one(connection).await?;
        let is_full = sees_all && self.access == Some(Access::Full);
        let collections = if is_full { self.collections } else { Some(named) };
        Ok((Self { access: None, collections, ..self }, sees_all))
    }

    /// The table that its conditions are about.
    pub(super) fn table(&self) -> &'static str {
        match self.records {
            Records::Items => ITEMS,
            Records::Named => "(SELECT id AS collection, collections.* FROM collections) AS named",
            Records::Collections => "collection_records",
        }
    }

    fn push_access(&self, query: &mut QueryBuilder<Postgres>, of: fn(&Access, &mut QueryBuilder<Postgres>)) {
        match &self.access {
            Some(access) => of(access, query),
            None => drop(query.push("true")),
        }
    }

    /// Appends the condition on the collection alone.
    pub(super) fn push_collection(&self, query: &mut QueryBuilder<Postgres>) {
        self.push_access(
            query,
            match self.records {
                Records::Items => Access::of_items,
                Records::Named | Records::Collections => Access::of_collections,
            },
        );
        if let Some(collections) = &self.collections {
            push_any(query, "collection", collections);
        }
    }

    /// Appends the conditions.
    pub(super) fn push(&self, query: &mut QueryBuilder<Postgres>) {
        self.push_collection(query);
        if let Some(ids) = &self.ids {
            push_any(query, "id", ids);
        }
        if let Some(time) = &self.time {
            // The index of places has the times in its second column: without a place it is no help, and is hidden.
            let is_bounded = time.first.is_some() || time.last.is_some();
            let is_hidden = self.areas.is_none() && is_bounded;
            query.push(if is_hidden { " AND (time && " } else { " AND time && " }).push_bind(time.range);
            query.push(if is_hidden { ") IS TRUE" } else { "" });
            if let Some(first) = time.first {
                query.push(" AND datetime >= ").push_bind(first);
            }
            if let Some(last) = time.last {
                query.push(" AND datetime <= ").push_bind(last);
            }
        }
        if let Some(areas) = &self.areas {
            // One condition per area, so that each finds its own part of the index.
            let mut between = " AND (";
            for area in areas {
                query.push(between).push("ST_Intersects(geometry, ST_GeomFromEWKB(").push_bind(area.clone()).push("))");
                between = " OR ";
            }
            query.push(if areas.is_empty() { " AND false" } else { ")" });
        }
        text::push(query, &self.text);
        if let Some(condition) = &self.condition {
            query.push(" AND ");
            condition.push(query);
        }
    }
}

/// `= one` where there is one, since that keeps the order of an index.
fn push_any(query: &mut QueryBuilder<Postgres>, column: &str, values: &[String]) {
    query.push(" AND ").push(column);
    match values {
        [one] => query.push(" = ").push_bind(one.clone()),
        many => query.push(" = ANY (").push_bind(many.to_vec()).push(")"),
    };
}

pub(super) fn encode(geometry: &Geometry<f64>) -> Result<Ewkb> {
    let fault = |reason: String| ardent_model::Error::Search { parameter: "intersects".to_owned(), reason };
    Ewkb::new(geometry).map_err(|error| fault(error.to_string()).into())
}

/// A box that may have no width or height.
pub(super) fn box_geometry([west, south, east, north]: [f64; 4]) -> Geometry<f64> {
    let (low, high) = (coord! { x: west, y: south }, coord! { x: east, y: north });
    match (west == east, south == north) {
        (true, true) => Point(low).into(),
        (false, false) => Rect::new(low, high).into(),
        _ => Line::new(low, high).into(),
    }
}

/// The areas of a geometry, valid and within ±180 degrees. A geometry that was split at the antimeridian is two areas,
/// since one box around both would be a belt around the world.
async fn areas(geometry: &Geometry<f64>, pool: &PgPool) -> Result<Vec<Ewkb>> {
    let given: Vec<Ewkb> = split_areas(geometry).iter().map(encode).collect::<Result<_>>()?;
    if matches!(geometry, Geometry::Point(_) | Geometry::MultiPoint(_) | Geometry::Rect(_)) {
        return Ok(given);
    }
    let query = sqlx::query_scalar(
        "SELECT ST_AsEWKB(normal_footprint(ST_GeomFromEWKB(area))) FROM unnest($1::bytea[]) AS area",
    );
    let made: Vec<Vec<u8>> = query.bind(given).fetch_all(pool).await.map_err(while_doing("reading `intersects`"))?;
    Ok(made.into_iter().map(Ewkb::from_bytes).collect())
}

/// The areas as they were given.
pub(super) fn split_areas(geometry: &Geometry<f64>) -> Vec<Geometry<f64>> {
    match geometry {
        Geometry::MultiPolygon(many) => halves(many.iter().cloned().map(Into::into)),
        Geometry::MultiLineString(many) => halves(many.iter().cloned().map(Into::into)),
        Geometry::MultiPoint(many) => halves(many.iter().copied().map(Into::into)),
        Geometry::GeometryCollection(many) => halves(many.iter().cloned()),
        one => vec![one.clone()],
    }
}

/// The parts in the west and those in the east, if they touch the antimeridian from both sides.
fn halves(parts: impl Iterator<Item = Geometry<f64>>) -> Vec<Geometry<f64>> {
    let parts: Vec<Geometry<f64>> = parts.collect();
    let rectangles: Vec<_> = parts.iter().filter_map(BoundingRect::bounding_rect).collect();
    let touches =
        rectangles.iter().any(|one| one.min().x <= -180.0) && rectangles.iter().any(|one| one.max().x >= 180.0);
    let is_western = |part: &Geometry<f64>| part.bounding_rect().is_some_and(|rectangle| rectangle.center().x < 0.0);
    let (west, east): (Vec<_>, Vec<_>) = parts.into_iter().partition(|part| touches && is_western(part));
    let halves = [west, east].into_iter().filter(|half| !half.is_empty());
    halves.map(|half| Geometry::GeometryCollection(GeometryCollection::from(half))).collect()
}
