//! How the rows of a search are found: by which index, and whether their documents' table is looked at meanwhile.
//!
//! Where a box is looked for, the planner of PostgreSQL does not choose: it knows nothing of how many boxes are where.

use super::order::Order;
use super::survey::{Span, Survey};

/// How rows are found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Plan {
    /// They are read, by the index of time or of cloud cover that the planner takes.
    Rows {
        /// Whether it takes the same whatever the values.
        is_settled: bool,
    },
    /// They are read by their ids, and then sorted.
    Ids,
    /// They are read, those that the index of boxes finds.
    RowsInBoxes {
        /// Whether another index beside it, of time or of cloud cover, spares more than it costs.
        is_narrowed: bool,
    },
    /// The indexes of time (or that of cloud cover) are walked in the order of the page, and its rows alone are read.
    Times,
    /// The index of boxes is looked into, and the rows of the page alone are read.
    Boxes,
}

/// What a search asks for beside places and times.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Rest {
    Nothing,
    /// What the indexes of time and of boxes tell, but for details.
    Covered,
    /// What the rows alone tell.
    Open,
}

/// What a search for items asks for, as far as it matters.
pub(super) struct Asked<'a> {
    /// None where nothing is asked for but collections and texts.
    pub(super) survey: Option<&'a Survey>,
    pub(super) has_boxes: bool,
    /// The datetimes that it is between.
    pub(super) span: Span,
    /// Whether it names collections: how large they are decides what is best.
    pub(super) names_collections: bool,
    pub(super) rest: Rest,
}

impl Asked<'_> {
    /// The plan for a page in this order, or for all rows in any order.
    pub(super) fn plan(&self, page: Option<(&Order, usize)>) -> Plan {
        let is_indexed = page.is_some_and(|(order, _)| order.is_indexed_with_time());
        let is_plain = self.rest == Rest::Nothing && !self.names_collections;
        let Some(survey) = self.survey else { return Plan::Rows { is_settled: is_indexed && is_plain } };
        let is_skimmed = self.rest != Rest::Open && is_indexed && survey.is_vacuumed();
        let by_time = page.filter(|(order, _)| order.is_by_time());
        if !self.has_boxes && is_skimmed && self.is_walked(page) {
            return Plan::Times;
        }
        if !self.has_boxes {
            return Plan::Rows { is_settled: by_time.is_some() && is_plain };
        }
        // Of conditions that no index tells of, one in ten may hold.
        let thinned = if self.rest == Rest::Open { 10.0 } else { 1.0 };
        let until_full = by_time.map(|(_, limit)| limit.saturating_add(1) as f64 * thinned);
        match (survey.is_quicker_by_time(self.span, until_full), is_skimmed) {
            (true, true) => Plan::Times,
            (true, false) => Plan::Rows { is_settled: false },
            (false, true) => Plan::Boxes,
            (false, false) => Plan::RowsInBoxes { is_narrowed: survey.is_narrowed_by_time(self.span) },
        }
    }

    /// Whether an index of time beats that of the order, which the cloudiest do not have, or the rows that a condition
    /// needs.
    fn is_walked(&self, page: Option<(&Order, usize)>) -> bool {
        let is_bounded = self.span.first.is_some() && self.span.last.is_some();
        page.is_some_and(|(order, _)| {
            order.is_by_time() && self.rest == Rest::Covered
                || order.is_by_cover() && is_bounded
                || order.is_cloudiest_first()
        })
    }
}
