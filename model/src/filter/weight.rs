//! How much a condition asks of the database: how many values its statement has, of which a statement has 65 535 at most.

use super::function::Argument;
use super::{Condition, Scalar};

/// Most of a filter, and of a `query`; a search may have both, and a few of its own.
pub(super) const MAX_WEIGHT: usize = 30_000;
/// Kinds of literals, of which those in a list are one value each, and days that are asked about one by one.
const GATHERED: usize = 24;
/// Values of places, of times, or of lists, each of which is one.
const OTHERS: usize = 8;

/// The weight of a condition.
pub(super) fn of(condition: &Condition) -> usize {
    match condition {
        Condition::Constant(_) | Condition::Flag(_) => 1,
        Condition::And(all) | Condition::Or(all) => all.iter().map(of).sum(),
        Condition::Not(one) => of(one),
        // A day is two instants, and a cloud cover is asked of its column, too.
        Condition::Compare(left, _, right) => 2 * (of_value(left) + of_value(right)),
        Condition::In(value, list) => {
            let alone = list.iter().filter(|one| !is_gathered(one));
            let each = alone.map(|one| 2 * (of_value(value) + of_value(one))).sum::<usize>();
            GATHERED * (of_value(value) + 1) + each
        }
        Condition::Like(text, pattern) => of_value(text) + of_value(pattern),
        Condition::IsNull(value) => 2 * of_value(value),
        Condition::Spatial(..) | Condition::Temporal(..) | Condition::Array(..) => OTHERS,
    }
}

/// Whether values of its kind are one parameter together.
fn is_gathered(value: &Scalar) -> bool {
    !matches!(value, Scalar::Property(_) | Scalar::Folded(..) | Scalar::Computed(..) | Scalar::Call(..))
}

/// The weight of a value.
pub(super) fn of_value(value: &Scalar) -> usize {
    match value {
        Scalar::Folded(_, inner) => of_value(inner),
        Scalar::Computed(left, _, right) => of_value(left) + of_value(right),
        Scalar::Call(_, arguments) => 1 + arguments.iter().map(of_argument).sum::<usize>(),
        _ => 1,
    }
}

fn of_argument(argument: &Argument) -> usize {
    if let Argument::Value(value) = argument { of_value(value) } else { 0 }
}
