//! Query parameters, read strictly: what is unknown, doubled or garbled is an error that names it, never ignored (OGC
//! API – Features Part 1, `/req/core/query-param-unknown`).

use std::{borrow::Cow, str::FromStr};

use actix_web::{HttpRequest, http::StatusCode};
use percent_encoding::percent_decode_str;

use crate::problem::Problem;

/// The query parameters of a request.
#[derive(Debug)]
pub(crate) struct Parameters(Vec<(String, String)>);

impl Parameters {
    /// Those of `request`, which must be among `known`.
    pub(crate) fn of(request: &HttpRequest, known: &[&str]) -> Result<Self, Problem> {
        Self::parse(request.query_string(), known)
    }

    fn parse(query: &str, known: &[&str]) -> Result<Self, Problem> {
        let mut pairs: Vec<(String, String)> = Vec::new();
        for pair in query.split('&').filter(|pair| !pair.is_empty()) {
            let (name, (_, value)) = (name_of(pair)?, pair.split_once('=').unwrap_or((pair, "")));
            if !known.contains(&name.as_str()) {
                let known = if known.is_empty() { "it takes none".to_owned() } else { known.join(", ") };
                return Err(Problem::parameter(&name, &format!("there is no such parameter here; known: {known}")));
            }
            if pairs.iter().any(|(earlier, _)| *earlier == name) {
                return Err(Problem::parameter(&name, "it is given twice; give it once, with commas between values"));
            }
            let value = decode(&value.replace('+', " "))?;
            pairs.push((name, value));
        }
        Ok(Self(pairs))
    }

    /// The value of a parameter.
    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    /// The value of a parameter that is a number or the like; `fix` says what would pass.
    pub(crate) fn parsed<T: FromStr>(&self, name: &str, fix: &str) -> Result<Option<T>, Problem> {
        let parse = |value: &str| {
            value.trim().parse().map_err(|_| Problem::parameter(name, &format!("`{value}` does not do; {fix}")))
        };
        self.get(name).map(parse).transpose()
    }

    /// The values of a parameter that is a list with commas.
    pub(crate) fn list(&self, name: &str) -> Vec<String> {
        self.get(name).map(|value| value.split(',').map(|part| part.trim().to_owned()).collect()).unwrap_or_default()
    }
}

/// The pairs of a query as they are written, each with its name, decoded.
pub(crate) fn pairs(query: &str) -> impl Iterator<Item = (String, &str)> {
    let pairs = query.split('&').filter(|pair| !pair.is_empty());
    pairs.filter_map(|pair| Some((name_of(pair).ok()?, pair)))
}

fn name_of(pair: &str) -> Result<String, Problem> {
    let (name, _) = pair.split_once('=').unwrap_or((pair, ""));
    decode(&name.replace('+', " "))
}

/// Undoes percent-encoding; garbage is an error.
pub(crate) fn decode(text: &str) -> Result<String, Problem> {
    let invalid = |reason: &str| {
        let detail = format!("`{}`: {reason}", text.escape_default());
        Problem::new(StatusCode::BAD_REQUEST, "InvalidEncoding", detail)
    };
    for (at, _) in text.match_indices('%') {
        let digits = text.as_bytes().get(at + 1..at + 3);
        if !digits.is_some_and(|digits| digits.iter().all(u8::is_ascii_hexdigit)) {
            return Err(invalid("`%` is not followed by two hexadecimal digits; write a percent sign as %25"));
        }
    }
    let decoded = percent_decode_str(text).decode_utf8().map(Cow::into_owned);
    let decoded = decoded.map_err(|_| invalid("it is not UTF-8 once decoded; encode the text as UTF-8"))?;
    if decoded.contains('\0') {
        return Err(invalid("it has a NUL character; leave it out"));
    }
    Ok(decoded)
}

/// A part of the path by its name in the route, decoded.
pub(crate) fn segment(request: &HttpRequest, name: &str) -> Result<String, Problem> {
    // The router decodes leniently; the path as it was sent must hold too.
    decode(request.uri().path())?;
    decode(request.match_info().get(name).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn decodes_what_is_well_formed() {
        let parameters = Parameters::parse("ids=a%2Cb,c%20d+e&limit=10&", &["ids", "limit"]).unwrap();
        assert_eq!(parameters.get("limit"), Some("10"));
        assert_eq!(parameters.list("ids"), ["a", "b", "c d e"]);
        assert_eq!(parameters.parsed::<u64>("limit", "").unwrap(), Some(10));
    }

    #[test]
    fn names_what_is_wrong_and_the_fix() {
        for (query, name, fix) in [
            ("bbbox=1,2,3,4", "`bbbox`", "known: bbox, limit"),
            ("limit=1&limit=2", "`limit`", "give it once"),
            ("bbox=%zz", "`%zz`", "%25"),
            ("bbox=%", "`%`", "%25"),
            ("bbox=%FF", "`%FF`", "UTF-8"),
            ("bbox=%00", "`%00`", "NUL"),
        ] {
            let problem = Parameters::parse(query, &["bbox", "limit"]).unwrap_err().to_string();
            assert!(problem.contains(name) && problem.contains(fix), "{query}: {problem}");
        }
    }

    #[test]
    fn a_number_that_is_none_says_what_would_pass() {
        let parameters = Parameters::parse("limit=many", &["limit"]).unwrap();
        let problem = parameters.parsed::<u64>("limit", "give a number such as 100").unwrap_err().to_string();
        assert!(problem.contains("`many`") && problem.contains("such as 100"), "{problem}");
    }
}
