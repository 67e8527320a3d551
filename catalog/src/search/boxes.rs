//! Boxes as the index of footprints has them: a footprint that crosses the antimeridian is one box there, not a belt
//! around the world.

use sqlx::postgres::types::PgBox;
use sqlx::{Postgres, QueryBuilder};

/// A footprint that crosses the antimeridian may have parts west of here, which are 360 degrees further east in its box.
const LAST_MOVED: f64 = -170.0;

/// West, south, east, north, as `items.bbox` has them: up to longitude 190.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct IndexBox([f64; 4]);

/// The boxes that touch those of all footprints that touch one of these within ±180 degrees.
pub(super) fn index_boxes(sides: impl Iterator<Item = [f64; 4]>) -> Vec<IndexBox> {
    let mut boxes: Vec<[f64; 4]> = Vec::new();
    for [west, south, east, north] in sides {
        let moved = (west <= LAST_MOVED).then(|| [west + 360.0, south, east.min(LAST_MOVED) + 360.0, north]);
        for part in std::iter::once([west, south, east, north]).chain(moved) {
            match boxes.iter_mut().find(|one| continues(one, &part)) {
                Some(one) => *one = [one[0].min(part[0]), one[1], one[2].max(part[2]), one[3]],
                None => boxes.push(part),
            }
        }
    }
    boxes.into_iter().map(IndexBox).collect()
}

/// Whether both are one box together.
fn continues(one: &[f64; 4], other: &[f64; 4]) -> bool {
    one[1] == other[1] && one[3] == other[3] && one[0] <= other[2] && other[0] <= one[2]
}

impl IndexBox {
    /// Appends the condition that the box of a footprint touches it.
    pub(super) fn push(&self, query: &mut QueryBuilder<Postgres>) {
        let [lower_left_x, lower_left_y, upper_right_x, upper_right_y] = self.0;
        // As one value: a plan that is kept would make it of four numbers for each entry of an index.
        query.push("bbox && ").push_bind(PgBox { upper_right_x, upper_right_y, lower_left_x, lower_left_y });
    }
}

/// Appends the condition that the box of a footprint touches one of these.
pub(super) fn push_any(query: &mut QueryBuilder<Postgres>, boxes: &[IndexBox]) {
    let mut between = "(";
    for one in boxes {
        one.push(query.push(between));
        between = " OR ";
    }
    query.push(if boxes.is_empty() { "false" } else { ")" });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_crosses_the_antimeridian_is_sought_on_both_sides() {
        let of = |sides: &[[f64; 4]]| -> Vec<[f64; 4]> {
            index_boxes(sides.iter().copied()).into_iter().map(|IndexBox(sides)| sides).collect()
        };
        assert_eq!(of(&[[-10.0, 50.0, 2.0, 60.0]]), [[-10.0, 50.0, 2.0, 60.0]]);
        assert_eq!(
            of(&[[176.0, -25.0, 180.0, -10.0], [-180.0, -25.0, -176.0, -10.0]]),
            [[176.0, -25.0, 184.0, -10.0], [-180.0, -25.0, -176.0, -10.0]]
        );
        assert_eq!(of(&[[-180.0, 0.0, 180.0, 1.0]]), [[-180.0, 0.0, 190.0, 1.0]]);
        assert_eq!(of(&[[-175.0, 0.0, -100.0, 1.0]]), [[-175.0, 0.0, -100.0, 1.0], [185.0, 0.0, 190.0, 1.0]]);
        assert!(of(&[]).is_empty());
    }
}
