//! From bytes to values: UTF-8, JSON, and YAML within a budget.

use serde_json::Value;
use serde_saphyr::NonFiniteFloatPolicy;

/// Text of a document; the reason says where it stops being UTF-8.
pub(crate) fn decode(bytes: &[u8]) -> Result<&str, String> {
    let text = std::str::from_utf8(bytes)
        .map_err(|error| format!("it is not UTF-8 text (byte {}); save it as UTF-8", error.valid_up_to()))?;
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    if text.trim().is_empty() {
        return Err("it is empty".to_owned());
    }
    Ok(text)
}

/// A JSON document.
pub(crate) fn json(text: &str) -> Result<Value, String> {
    serde_json::from_str(text).map_err(|error| format!("it is not JSON: {error}"))
}

/// The documents of a YAML file. Aliases that multiply (a "bomb") end in an error, not in memory; NaN becomes `".nan"`.
pub(crate) fn yaml(text: &str) -> Result<Vec<Value>, String> {
    let options = serde_saphyr::options! {
        non_finite_float_policy: NonFiniteFloatPolicy::AsString,
        with_snippet: false,
        budget: serde_saphyr::budget! { max_recorded_anchor_events: 50_000, max_aliases: 1_000 },
    };
    let documents: Vec<Value> = serde_saphyr::from_multiple_with_options(text, options)
        .map_err(|error| format!("it is not YAML that can be read: {}", one_line(&error.to_string())))?;
    let documents: Vec<Value> = documents.into_iter().filter(|document| !document.is_null()).collect();
    if documents.is_empty() { Err("it is empty".to_owned()) } else { Ok(documents) }
}

/// Text without line breaks and runs of spaces.
pub(crate) fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_text_says_so() {
        assert!(decode(&[b'a', 0xff]).unwrap_err().contains("byte 1"));
        for empty in ["", " \n", "\u{feff}"] {
            assert_eq!(decode(empty.as_bytes()).unwrap_err(), "it is empty");
        }
        assert_eq!(decode("\u{feff}a".as_bytes()).unwrap(), "a");
        assert_eq!(yaml("# nothing\n---\n").unwrap_err(), "it is empty");
        assert!(yaml("a: [1, 2\nb: 3").unwrap_err().contains("line"));
        assert!(json("{\"a\": ").unwrap_err().contains("line 1"));
    }

    #[test]
    fn several_documents_and_nan_are_read() {
        let documents = yaml("a: .nan\n---\nb: '2019-06-27 11:21:21'\nc: 2019-06-27 11:21:21\n").unwrap();
        assert_eq!(documents[0]["a"], ".nan");
        assert_eq!(documents[1]["b"], documents[1]["c"]);
    }

    #[test]
    fn aliases_that_multiply_end_in_an_error() {
        let level = |level: usize| {
            let aliases = vec![format!("*a{}", level - 1); 10].join(", ");
            format!("a{level}: &a{level} [{aliases}]")
        };
        let mut lines = vec!["a0: &a0 [x, x, x, x, x, x, x, x, x, x]".to_owned()];
        lines.extend((1..10).map(level));
        let bomb = lines.join("\n");
        let started = std::time::Instant::now();
        assert!(yaml(&bomb).unwrap_err().contains("not YAML that can be read"));
        assert!(started.elapsed().as_secs() < 20);
        assert!(yaml(&"[".repeat(100_000)).is_err());
    }
}
