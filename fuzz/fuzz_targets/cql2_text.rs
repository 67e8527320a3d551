//! CQL2 text is read or refused; nothing panics, and what is refused is told why.
#![no_main]

use ardent_model::filter::Condition;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    if let Err(error) = Condition::from_text(text) {
        assert!(!error.to_string().is_empty());
    }
});
