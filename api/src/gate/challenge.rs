//! What a caller is told who may not pass (RFC 6750): 401 to show a credential, 403 that it is not enough.

use actix_web::{
    HttpRequest,
    http::{
        StatusCode,
        header::{self, HeaderValue},
    },
};
use ardent_identity::Error as Identity;
use ardent_model::Scope;

use super::Needs;
use crate::{Settings, caller::Caller, links::Links, problem::Problem};

/// Path of the document that says where to get a token (RFC 9728).
pub(crate) const METADATA: &str = "/.well-known/oauth-protected-resource";

/// Whether the caller has what the route needs.
pub(super) fn check(caller: &Caller, needs: Needs, settings: &Settings, request: &HttpRequest) -> Result<(), Problem> {
    let scope = match needs {
        Needs::Nothing | Needs::Anyone => return Ok(()),
        Needs::Counters if settings.public_metrics => return Ok(()),
        Needs::SignIn if caller.user.is_some() => return Ok(()),
        Needs::Scope(scope) if caller.scopes.allows(scope) => return Ok(()),
        Needs::Counters if caller.scopes.allows(Scope::Admin) => return Ok(()),
        Needs::SignIn => None,
        Needs::Scope(scope) => Some(scope),
        Needs::Counters => Some(Scope::Admin),
    };
    let (method, path) = (request.method(), request.path());
    let wanted = scope.map_or_else(String::new, |scope| format!(" with the scope `{scope}`"));
    let Some(user) = &caller.user else {
        let detail = format!(
            "{method} {path} needs a token{wanted}; get one from the identity provider (`ardent login`) and send \
             `Authorization: Bearer …`"
        );
        return Err(Problem::new(StatusCode::UNAUTHORIZED, "NotAuthenticated", detail));
    };
    let scope = scope.map(Scope::name).unwrap_or_default();
    let detail = format!("{method} {path} needs the scope `{scope}`, which {user} does not have; ask an admin for it");
    let challenge = format!("error=\"insufficient_scope\", scope=\"{scope}\"");
    Err(Problem::new(StatusCode::FORBIDDEN, "InsufficientScope", detail).with_challenge(challenge))
}

/// A credential that does not count.
pub(super) fn refused(detail: String) -> Problem {
    let challenge = format!("error=\"invalid_token\", error_description=\"{}\"", quotable(&detail));
    Problem::new(StatusCode::UNAUTHORIZED, "InvalidToken", detail).with_challenge(challenge)
}

/// A token that was not verified.
pub(super) fn of_identity(error: Identity) -> Problem {
    match error {
        Identity::Refused(_) => refused(error.to_string()),
        _ => Problem::unavailable(error),
    }
}

/// The problem with the header that tells clients how to get in.
pub(super) fn complete(problem: Problem, settings: &Settings, request: &HttpRequest) -> Problem {
    let Some(challenge) = problem.challenge() else { return problem };
    let metadata = Links::of(request, settings).to(METADATA);
    let parts = ["Bearer realm=\"ardent\"".to_owned(), challenge, format!("resource_metadata=\"{metadata}\"")];
    let text = parts.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(", ");
    match HeaderValue::from_str(&text) {
        Ok(value) => problem.with_header(header::WWW_AUTHENTICATE, value),
        Err(_) => problem.with_header(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer realm=\"ardent\"")),
    }
}

/// What RFC 6750 §3 lets stand in a description: printable ASCII without quotes and backslashes.
fn quotable(text: &str) -> String {
    text.chars().map(|c| if matches!(c, ' '..='~') && c != '"' && c != '\\' { c } else { '\'' }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_description_cannot_break_out_of_its_header() {
        assert_eq!(quotable("a\"b\\c\r\nX: é"), "a'b'c''X: '");
    }
}
