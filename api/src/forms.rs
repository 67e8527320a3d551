//! The form in which items are answered: `f`, or else what `Accept` likes best.

use actix_web::{HttpRequest, http::header};
use ardent_export::Form;
use url::form_urlencoded;

use crate::{accept, parameters::Parameters, problem::Problem};

/// Media types of items; what takes JSON gets GeoJSON.
pub(crate) const MEDIA_TYPES: &[&str] = &[
    "application/geo+json",
    "application/json",
    "application/vnd.oai.openapi+json",
    "application/schema+json",
    Form::GeoJsonSeq.media_type(),
    Form::Ndjson.media_type(),
    Form::Parquet.media_type(),
];

/// The form that a request asks for. `f` and an `Accept` that rules it out contradict each other.
pub(crate) fn of(request: &HttpRequest, parameters: &Parameters) -> Result<Form, Problem> {
    let ranges = accept::ranges(request.headers());
    let takes = |form: Form| {
        let media_types: &[&str] = match form {
            Form::GeoJson => accept::JSON,
            _ => &[form.media_type()],
        };
        media_types.iter().any(|media_type| ranges.iter().any(|range| accept::covers(range, media_type)))
    };
    let Some(name) = parameters.get("f") else {
        return accepted(&ranges).ok_or_else(|| accept::refused(MEDIA_TYPES));
    };
    let names = || Form::ALL.map(Form::name).join(", ");
    let form = Form::named(name)
        .ok_or_else(|| Problem::parameter("f", &format!("`{name}` is not made here; give one of {}", names())))?;
    if takes(form) {
        return Ok(form);
    }
    let fix = format!("it asks for {}, which `Accept` rules out; leave one of them out", form.media_type());
    Err(Problem::parameter("f", &fix))
}

/// Whether the answer is a file that is made whole before it is sent.
pub(crate) fn is_table(query: &str, headers: &header::HeaderMap) -> bool {
    match form_urlencoded::parse(query.as_bytes()).find(|(name, _)| name == "f") {
        Some((_, name)) => Form::named(&name) == Some(Form::Parquet),
        None => accepted(&accept::ranges(headers)) == Some(Form::Parquet),
    }
}

/// The first of the ranges decides; what takes several forms gets the first of these.
fn accepted(ranges: &[String]) -> Option<Form> {
    let form_of = |range: &String| {
        let is_json = accept::JSON.iter().any(|media_type| accept::covers(range, media_type));
        let form = Form::ALL.into_iter().find(|form| accept::covers(range, form.media_type()));
        if is_json { Some(Form::GeoJson) } else { form }
    };
    ranges.iter().find_map(form_of)
}

#[cfg(test)]
mod tests {
    use actix_web::test::TestRequest;

    use super::*;

    fn chosen(query: &str, accept: &str) -> Result<Form, String> {
        let request = TestRequest::get().uri(&format!("/search?{query}"));
        let request = if accept.is_empty() { request } else { request.insert_header((header::ACCEPT, accept)) };
        let request = request.to_http_request();
        let parameters = Parameters::of(&request, &["f"]).map_err(|problem| problem.to_string())?;
        let form = of(&request, &parameters).map_err(|problem| problem.to_string())?;
        assert_eq!(is_table(query, request.headers()), form == Form::Parquet);
        Ok(form)
    }

    #[test]
    fn the_form_is_what_is_asked_for() {
        let browser = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8";
        for (query, accept, form) in [
            ("", "", Form::GeoJson),
            ("", "*/*", Form::GeoJson),
            ("", browser, Form::GeoJson),
            ("", "application/*", Form::GeoJson),
            ("", "application/json", Form::GeoJson),
            ("", "application/geo+json-seq", Form::GeoJsonSeq),
            ("", "application/geo+json;q=0.5, application/x-ndjson", Form::Ndjson),
            ("", "application/vnd.apache.parquet, */*;q=0.1", Form::Parquet),
            ("f=geojson", "application/json", Form::GeoJson),
            ("f=geojsonseq", browser, Form::GeoJsonSeq),
            ("f=ndjson", "", Form::Ndjson),
            ("f=parquet", "application/vnd.apache.parquet", Form::Parquet),
        ] {
            assert_eq!(chosen(query, accept).unwrap(), form, "{query} {accept}");
        }
    }

    #[test]
    fn what_is_not_made_or_contradicts_itself_is_refused() {
        for (query, accept, words) in [
            ("f=csv", "", "geojson, geojsonseq, ndjson, parquet"),
            ("f=", "", "geojson, geojsonseq, ndjson, parquet"),
            ("f=parquet", "application/geo+json", "`Accept` rules out"),
            ("f=geojson", "application/x-ndjson", "`Accept` rules out"),
            ("", "text/csv", "application/x-ndjson"),
        ] {
            let problem = chosen(query, accept).unwrap_err();
            assert!(problem.contains(words), "{query} {accept}: {problem}");
        }
    }
}
