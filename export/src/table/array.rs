//! Values as Arrow arrays.

use std::sync::Arc;

use arrow_array::{
    ArrayRef, BinaryArray, BooleanArray, Float64Array, Int64Array, ListArray, StringArray, StructArray,
    TimestampMicrosecondArray, TimestampNanosecondArray,
};
use arrow_buffer::{NullBuffer, OffsetBuffer};
use arrow_schema::{ArrowError, TimeUnit};
use serde_json::Value;

use super::{kind::Form, time, wkb};

/// The array of values that have this form.
pub(super) fn of(form: &Form, values: &[Option<&Value>]) -> Result<ArrayRef, ArrowError> {
    let given = || values.iter().map(|value| value.filter(|value| !value.is_null()));
    Ok(match form {
        Form::Boolean => Arc::new(given().map(|value| value?.as_bool()).collect::<BooleanArray>()),
        Form::Integer => Arc::new(given().map(|value| value?.as_i64()).collect::<Int64Array>()),
        Form::Float => Arc::new(given().map(|value| value?.as_f64()).collect::<Float64Array>()),
        Form::Text => Arc::new(given().map(|value| value?.as_str()).collect::<StringArray>()),
        Form::Json => Arc::new(given().map(|value| value.map(Value::to_string)).collect::<StringArray>()),
        Form::Time(unit) => times(*unit, given()),
        Form::Geometry => {
            Arc::new(given().map(|value| wkb::encode(value?).ok().map(|wkb| wkb.bytes)).collect::<BinaryArray>())
        }
        Form::List(element) => Arc::new(list(element, given())?),
        Form::Struct(fields) => Arc::new(structs(fields, &given().collect::<Vec<_>>())?),
    })
}

fn times<'a>(unit: TimeUnit, values: impl Iterator<Item = Option<&'a Value>>) -> ArrayRef {
    let instants = values.map(|value| time::instant(value?.as_str()?));
    if unit == TimeUnit::Nanosecond {
        let numbers: TimestampNanosecondArray = instants.map(|at| at?.timestamp_nanos_opt()).collect();
        return Arc::new(numbers.with_timezone("UTC"));
    }
    let numbers: TimestampMicrosecondArray = instants.map(|at| Some(at?.timestamp_micros())).collect();
    Arc::new(numbers.with_timezone("UTC"))
}

fn list<'a>(element: &Form, lists: impl Iterator<Item = Option<&'a Value>>) -> Result<ListArray, ArrowError> {
    let (mut elements, mut lengths, mut valid) = (Vec::new(), Vec::new(), Vec::new());
    for list in lists {
        let list = list.and_then(Value::as_array);
        lengths.push(list.map_or(0, Vec::len));
        valid.push(list.is_some());
        elements.extend(list.into_iter().flatten().map(Some));
    }
    let offsets = OffsetBuffer::<i32>::from_lengths(lengths);
    let elements = of(element, &elements)?;
    ListArray::try_new(Arc::new(element.field("element")), offsets, elements, Some(NullBuffer::from(valid)))
}

fn structs(fields: &[(String, Form)], values: &[Option<&Value>]) -> Result<StructArray, ArrowError> {
    let valid: Vec<bool> = values.iter().map(Option::is_some).collect();
    let mut columns = Vec::with_capacity(fields.len());
    for (name, form) in fields {
        let members: Vec<Option<&Value>> = values.iter().map(|value| value.and_then(|value| value.get(name))).collect();
        columns.push(of(form, &members)?);
    }
    StructArray::try_new(Form::fields(fields), columns, Some(NullBuffer::from(valid)))
}
