//! Intervals are read or refused; nothing panics, and what was read ends after it begins.
#![no_main]

use ardent_model::Interval;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    for read in [Interval::parse_rfc3339(text), Interval::parse_recipe(text)] {
        match read {
            Ok(Interval { start: Some(start), end: Some(end) }) => assert!(start <= end, "{text}"),
            Ok(_) => {}
            Err(error) => assert!(!error.to_string().is_empty()),
        }
    }
});
