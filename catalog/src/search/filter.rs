//! The conditions of a search as SQL. Every value is a bind parameter.

use ardent_model::{FreeText, Search};
use chrono::{DateTime, Utc};
use sqlx::postgres::types::PgRange;
use sqlx::{PgConnection, PgPool, Postgres, QueryBuilder};

use super::area::Area;
use super::boxes::{self, IndexBox, index_boxes};
use super::cql2::Prepared;
use super::order::Order;
use super::plan::{Asked, Plan, Rest};
use super::survey::{Span, Survey};
use super::text;
use crate::extent::time_range;
use crate::item::is_text;
use crate::reproject::{geographic_box, geographic_condition};
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
    areas: Option<Vec<Area>>,
    /// Items: where footprints must have something, in the index of boxes; follows from the areas or the condition.
    boxes: Option<Vec<IndexBox>>,
    time: Option<Time>,
    /// What is known of the items, if it matters.
    survey: Option<Survey>,
    condition: Option<Prepared>,
    text: FreeText,
}

#[derive(Debug)]
struct Time {
    range: PgRange<DateTime<Utc>>,
    /// Between which datetimes every item lies whose time overlaps the range: follows from the range and from how
    /// far the items' times reach, and lets the order's own index find them.
    span: Span,
}

impl Filter {
    /// For items.
    pub(super) async fn prepare(search: &Search, access: &Access, pool: &PgPool) -> Result<Self> {
        let mut filter = Self::without_time(Records::Items, search, access, pool).await?;
        let sides = if filter.ids.is_none() { filter.sides() } else { None };
        filter.boxes = sides.as_ref().map(|sides| index_boxes(sides.iter().copied()));
        let has_conditions = sides.is_some() || search.datetime.is_some() || filter.condition.is_some();
        if has_conditions || Order::of(&search.sort).is_cloudiest_first() {
            filter.survey = Some(Survey::of(&filter, sides.as_deref(), pool).await?);
        }
        if let (Some(interval), Some(survey)) = (&search.datetime, &filter.survey) {
            filter.time = Some(Time {
                range: time_range(interval.start, interval.end),
                span: Span {
                    first: interval.start.and_then(|at| survey.reach.first(at)),
                    last: interval.end.and_then(|at| survey.reach.last(at)),
                },
            });
        }
        Ok(filter)
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
        Ok(Self { time: range.map(|range| Time { range, span: Span::default() }), ..filter })
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
            boxes: None,
            time: None,
            survey: None,
            condition: None,
            text: search.text.clone(),
        };
        if let Some(bbox) = &search.bbox {
            filter.areas = Some(Area::of_box(bbox)?);
        } else if let Some(projected) = &search.projected_box {
            filter.areas = Some(Area::of_geometry(&geographic_box(projected, pool).await?, pool).await?);
        } else if let Some(geometry) = &search.intersects {
            filter.areas = Some(Area::of_geometry(geometry, pool).await?);
        }
        if let Some(condition) = &search.filter {
            let condition = geographic_condition(condition, pool).await?;
            filter.condition = Some(Prepared::new(&condition, pool).await?);
        }
        Ok(filter)
    }

    /// The boxes that footprints must have something of.
    fn sides(&self) -> Option<Vec<[f64; 4]>> {
        match &self.areas {
            Some(areas) => Some(areas.iter().filter_map(Area::sides).collect()),
            None => self.condition.as_ref().and_then(Prepared::sides),
        }
    }

    /// How the rows of a page in this order are found, or all in any order.
    pub(super) fn plan(&self, page: Option<(&Order, usize)>) -> Plan {
        if self.records != Records::Items {
            return Plan::Rows { is_settled: false };
        }
        if self.ids.is_some() {
            return Plan::Ids;
        }
        let asked = Asked {
            survey: self.survey.as_ref(),
            has_boxes: self.boxes.is_some(),
            span: self.time.as_ref().map(|time| time.span).unwrap_or_default(),
            names_collections: self.names_collections(),
            rest: match &self.condition {
                _ if !self.text.terms().is_empty() => Rest::Open,
                None => Rest::Nothing,
                Some(condition) if condition.is_of_cover() => Rest::Covered,
                Some(_) => Rest::Open,
            },
        };
        asked.plan(page)
    }

    /// Whether the indexes of time have all that it asks for.
    pub(super) fn is_indexed(&self) -> bool {
        self.areas.is_none() && self.condition.is_none() && self.is_time_indexed()
    }

    /// Whether every item has one instant, so that the bounds say all.
    fn is_time_indexed(&self) -> bool {
        self.time.is_none() || self.survey.as_ref().is_some_and(|survey| survey.reach.is_none())
    }

    /// Whether it names collections.
    pub(super) fn names_collections(&self) -> bool {
        self.collections.is_some()
    }

    /// The collection, if one alone is searched.
    pub(super) fn only_collection(&self) -> Option<&str> {
        match self.collections.as_deref() {
            Some([only]) => Some(only),
            _ => None,
        }
    }

    /// The boxes that footprints must touch one of; none of a search without a place, or of an empty one.
    pub(super) fn boxes(&self) -> &[IndexBox] {
        self.boxes.as_deref().unwrap_or_default()
    }

    /// Appends what the indexes of time and of boxes have of the conditions, but for the boxes: no item that fits is left
    /// out.
    pub(super) fn push_indexed(&self, query: &mut QueryBuilder<Postgres>) {
        self.push_collection(query);
        self.push_bounds(query);
        if let Some(condition) = &self.condition {
            condition.push_cover_columns(query);
        }
    }

    /// Appends the conditions of which those indexes say less than all.
    pub(super) fn push_not_indexed(&self, query: &mut QueryBuilder<Postgres>) {
        if let Some(time) = self.time.as_ref().filter(|_| !self.is_time_indexed()) {
            query.push(" AND time && ").push_bind(time.range);
        }
        self.push_areas(query);
        if let Some(condition) = &self.condition {
            query.push(" AND ");
            condition.push_of_few(query);
        }
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

    /// Appends which collections a caller may see, and asks for, of rows of `collections`.
    pub(super) fn push_named_collections(&self, query: &mut QueryBuilder<Postgres>) {
        self.push_access(query, Access::of_collections);
        if let Some(collections) = &self.collections {
            push_any(query, "id", collections);
        }
    }

    fn push_bounds(&self, query: &mut QueryBuilder<Postgres>) {
        let Some(time) = &self.time else { return };
        let Span { first, last } = time.span;
        for (before, bound) in [(" AND datetime >= ", first), (" AND datetime <= ", last)] {
            if let Some(bound) = bound {
                query.push(before).push_bind(bound);
            }
        }
    }

    /// Appends the conditions, for rows that are found so.
    pub(super) fn push(&self, query: &mut QueryBuilder<Postgres>, plan: Plan) {
        if let Some(ids) = &self.ids {
            // Hidden from the planner, which would find few collections by time while the table is small.
            self.push_collection(query.push("("));
            query.push(") IS TRUE");
            push_any(query, "id", ids);
        } else {
            self.push_collection(query);
        }
        let is_narrowed = !matches!(plan, Plan::RowsInBoxes { is_narrowed: false });
        if let Some(time) = &self.time {
            query.push(" AND time && ").push_bind(time.range);
            if is_narrowed {
                self.push_bounds(query);
            }
        }
        if let (Plan::RowsInBoxes { .. }, Some(boxes)) = (plan, &self.boxes) {
            boxes::push_any(query.push(" AND "), boxes);
        }
        self.push_areas(query);
        text::push(query, &self.text);
        if let Some(condition) = &self.condition {
            query.push(" AND ");
            if is_narrowed {
                condition.push(query, self.survey.as_ref().map(|survey| survey.reach));
            } else {
                condition.push_of_few(query);
            }
        }
    }

    /// Appends that one of the areas has it.
    fn push_areas(&self, query: &mut QueryBuilder<Postgres>) {
        let Some(areas) = &self.areas else { return };
        let mut between = " AND (";
        for area in areas {
            area.push(query.push(between));
            between = " OR ";
        }
        query.push(if areas.is_empty() { " AND false" } else { ")" });
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
