//! CQL2 JSON is read or refused; nothing panics, and what is refused is told why.
#![no_main]

use ardent_model::filter::Condition;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &[u8]| {
    let Ok(value) = serde_json::from_slice(text) else { return };
    if let Err(error) = Condition::from_json(&value) {
        assert!(!error.to_string().is_empty());
    }
});
