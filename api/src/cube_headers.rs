//! What was done for a cube, in headers of its answer.

use std::fmt::Write;

use actix_web::http::header::{HeaderName, HeaderValue};
use ardent_recipes::Summary;
use serde_json::Value;

/// Longest summary in a header; proxies refuse headers of 8 kB in all.
const SUMMARY_BYTES: usize = 3000;

/// Grid, counts and the summary whole; its list of bands, then its ledger are left out if it is long (the file has them).
pub(crate) fn of(summary: &Summary) -> Vec<(HeaderName, HeaderValue)> {
    let grid = &summary.grid;
    let transform = grid.affine.0.map(|number| number.to_string()).join(", ");
    let crs_uri = format!("<http://www.opengis.net/def/crs/EPSG/0/{}>", grid.crs.code());
    let fields = [
        ("content-crs", crs_uri),
        ("ardent-crs", grid.crs.to_string()),
        ("ardent-transform", transform),
        ("ardent-items", summary.items.to_string()),
        ("ardent-dates", summary.dates.to_string()),
        ("ardent-skipped", summary.ledger.failures.len().to_string()),
        ("ardent-summary", text(summary)),
    ];
    let left = summary.quota_left.map(|pixels| ("ardent-quota-left", pixels.to_string()));
    let valid = |(name, value): (&'static str, String)| {
        Some((HeaderName::from_static(name), HeaderValue::from_str(&value).ok()?))
    };
    fields.into_iter().chain(left).filter_map(valid).collect()
}

fn text(summary: &Summary) -> String {
    let mut document = serde_json::to_value(summary).unwrap_or_default();
    let text = ascii(&document);
    if text.len() <= SUMMARY_BYTES {
        return text;
    }
    for long in ["bands", "ledger"] {
        if let Some(members) = document.as_object_mut() {
            members.remove(long);
        }
        let text = ascii(&document);
        if text.len() <= SUMMARY_BYTES {
            return text;
        }
    }
    ascii(&document)
}

/// JSON in ASCII, as headers need it.
fn ascii(document: &Value) -> String {
    let mut text = String::new();
    for character in document.to_string().chars() {
        if character.is_ascii() {
            text.push(character);
            continue;
        }
        for unit in character.encode_utf16(&mut [0; 2]) {
            // Writing to a String cannot fail.
            let _ = write!(text, "\\u{unit:04x}");
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use ardent_model::{Affine, Crs, GeoBox};
    use ardent_recipes::{Failure, FailureKind, Ledger};

    use super::*;

    fn summary(bands: Vec<String>) -> Summary {
        let grid =
            GeoBox { crs: Crs::epsg(27700), affine: Affine::north_up(1.5, 2.0, 10.0), width_px: 3, height_px: 4 };
        Summary {
            grid,
            bands,
            items: 5,
            dates: 2,
            tiles_read: 1,
            tiles_skipped: 0,
            bytes_read: 9,
            elapsed_ms: 7,
            pixels: 12,
            quota_left: Some(3),
            datum_shift: None,
            ledger: Ledger::default(),
        }
    }

    fn header(summary: &Summary, name: &str) -> String {
        let found = of(summary).into_iter().find(|(known, _)| known == name).unwrap().1;
        found.to_str().unwrap().to_owned()
    }

    #[test]
    fn the_grid_and_what_was_read_are_told() {
        let summary = summary(vec!["2019-JJA/rot Grün".to_owned()]);
        assert_eq!(header(&summary, "ardent-crs"), "EPSG:27700");
        assert_eq!(header(&summary, "content-crs"), "<http://www.opengis.net/def/crs/EPSG/0/27700>");
        assert_eq!(header(&summary, "ardent-transform"), "10, 0, 1.5, 0, -10, 2");
        assert_eq!(header(&summary, "ardent-quota-left"), "3");
        let told: Value = serde_json::from_str(&header(&summary, "ardent-summary")).unwrap();
        assert_eq!((&told["bands"][0], &told["items"]), (&"2019-JJA/rot Grün".into(), &5.into()));
    }

    #[test]
    fn a_long_list_of_bands_is_left_out() {
        let summary = summary((0..500).map(|index| format!("2019-JJA/band{index}")).collect());
        let told: Value = serde_json::from_str(&header(&summary, "ardent-summary")).unwrap();
        assert!(told.get("bands").is_none() && told["items"] == 5);
    }

    #[test]
    fn what_was_skipped_is_counted_even_if_the_list_is_too_long() {
        let mut summary = summary(vec!["red".to_owned()]);
        assert_eq!(header(&summary, "ardent-skipped"), "0");
        let failure = |index: usize| Failure {
            item: format!("scene{index}"),
            collection: "c".to_owned(),
            band: "red".to_owned(),
            href: Some(format!("s3://ard/{index}.tif")),
            kind: FailureKind::Missing,
            message: format!("`s3://ard/{index}.tif` does not exist"),
        };
        summary.ledger.failures = (0..2).map(failure).collect();
        let told: Value = serde_json::from_str(&header(&summary, "ardent-summary")).unwrap();
        assert_eq!((&told["ledger"]["failures"][1]["kind"], &told["bands"][0]), (&"missing".into(), &"red".into()));
        summary.ledger.failures = (0..200).map(failure).collect();
        let told: Value = serde_json::from_str(&header(&summary, "ardent-summary")).unwrap();
        assert!(told.get("ledger").is_none() && told["items"] == 5);
        assert_eq!(header(&summary, "ardent-skipped"), "200");
    }
}
