//! Whatever is sent: nothing panics, and nothing but the token itself counts.

use ardent_identity::{Error, Verifier};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use proptest::{collection::vec, prelude::*, test_runner::TestRunner};
use tokio::runtime::Runtime;

use crate::fixture::Fixture;

fn run<S: Strategy>(cases: u32, strategy: &S, check: impl Fn(&Verifier, &str, S::Value) -> Result<(), TestCaseError>) {
    let runtime = Runtime::new().unwrap();
    let fixture = runtime.block_on(Fixture::new());
    let token = fixture.issuer.token("a", &["rangers"]);
    runtime.block_on(fixture.verifier.verify(&token)).unwrap();
    let _entered = runtime.enter();
    let config = ProptestConfig { cases, failure_persistence: None, ..ProptestConfig::default() };
    TestRunner::new(config).run(strategy, |value| check(&fixture.verifier, &token, value)).unwrap();
}

fn verify(verifier: &Verifier, token: &str) -> Result<(), Error> {
    tokio::runtime::Handle::current().block_on(verifier.verify(token)).map(drop)
}

/// Base64url has bits that mean nothing at the end of a part: two texts may be the same bytes.
fn means_the_same(one: &str, two: &str) -> bool {
    let decode = |text: &str| text.split('.').map(|part| URL_SAFE_NO_PAD.decode(part).ok()).collect::<Vec<_>>();
    decode(one) == decode(two)
}

#[test]
fn a_token_with_any_byte_changed_is_refused() {
    run(2000, &(any::<prop::sample::Index>(), any::<u8>()), |verifier, token, (at, byte)| {
        let mut bytes = token.as_bytes().to_vec();
        let at = at.index(bytes.len());
        bytes[at] = byte;
        let changed = String::from_utf8_lossy(&bytes).into_owned();
        let is_refused = matches!(verify(verifier, &changed), Err(Error::Refused(_)));
        prop_assert!(is_refused || changed == token || means_the_same(&changed, token), "{}", changed);
        Ok(())
    });
}

#[test]
fn parts_of_tokens_put_together_are_refused() {
    let pieces = vec((any::<prop::sample::Index>(), any::<prop::sample::Index>()), 1..5);
    run(1000, &pieces, |verifier, token, pieces| {
        let cut = |(from, to): (prop::sample::Index, prop::sample::Index)| {
            let (from, to) = (from.index(token.len()), to.index(token.len()));
            token[from.min(to)..from.max(to)].to_owned()
        };
        let text: String = pieces.into_iter().map(cut).collect();
        prop_assert!(text == token || matches!(verify(verifier, &text), Err(Error::Refused(_))));
        Ok(())
    });
}

#[test]
fn three_parts_of_any_bytes_are_refused() {
    let parts = (vec(any::<u8>(), 0..200), vec(any::<u8>(), 0..200), vec(any::<u8>(), 0..300));
    run(1000, &parts, |verifier, _, (header, claims, signature)| {
        let text = [header, claims, signature].map(|part| URL_SAFE_NO_PAD.encode(part)).join(".");
        prop_assert!(matches!(verify(verifier, &text), Err(Error::Refused(_))));
        Ok(())
    });
}

#[test]
fn any_header_and_claims_without_the_key_are_refused() {
    let json = "\\{(\"(alg|kid|typ|iss|aud|exp|sub|crit)\":(\"(RS256|first|JWT|none|ardent|a)\"|[0-9]{1,12}|null|\\[\\]),?){0,6}\\}";
    run(1000, &(json, json, vec(any::<u8>(), 0..300)), |verifier, token, (header, claims, signature)| {
        let own = token.rsplit('.').next().unwrap_or_default();
        for signature in [URL_SAFE_NO_PAD.encode(&signature), own.to_owned()] {
            let text = format!("{}.{}.{signature}", URL_SAFE_NO_PAD.encode(&header), URL_SAFE_NO_PAD.encode(&claims));
            prop_assert!(matches!(verify(verifier, &text), Err(Error::Refused(_))));
        }
        Ok(())
    });
}
