//! Keys that change, and issuers that do not answer as they should.

use std::time::{Duration, Instant};

use ardent_identity::{Error, Issuer, Refusal, Timing, Verifier};
use ardent_testkit::issuer::{Mood, SigningKey};
use jsonwebtoken::Algorithm;
use tokio::runtime::Handle;

use crate::fixture::{Fixture, TIMING};

fn new_key(id: &str) -> SigningKey {
    SigningKey::new(id, Algorithm::RS256).unwrap()
}

/// Until `holds` does, for a few seconds at most.
async fn eventually(what: &str, holds: impl AsyncFn() -> bool) {
    let begin = Instant::now();
    while !holds().await {
        assert!(begin.elapsed() < Duration::from_secs(10), "{what} did not come about");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

#[tokio::test]
async fn a_new_key_counts_at_once_and_the_old_one_for_as_long_as_it_is_shown() {
    let fixture = Fixture::with(|issuer| issuer.timing.refresh = Duration::from_millis(200)).await;
    let old = fixture.issuer.token("a", &[]);
    assert!(fixture.accepts(&old).await);
    fixture.issuer.rotate(new_key("second"));
    let new = fixture.issuer.token("a", &[]);
    assert!(fixture.accepts(&new).await && fixture.accepts(&old).await);
    fixture.issuer.disable_old_keys();
    eventually("the old key's end", async || !fixture.accepts(&old).await).await;
    assert_eq!(fixture.refusal(&old).await, Refusal::UnknownKey);
    assert!(fixture.accepts(&new).await);
}

#[tokio::test]
async fn while_keys_rotate_no_good_token_fails() {
    let fixture = Fixture::with(|issuer| issuer.timing.refresh = Duration::from_millis(30)).await;
    let verifier = &fixture.verifier;
    let issuer = &fixture.issuer;
    let check = async {
        for _ in 0..200 {
            let token = issuer.token("a", &[]);
            verifier.verify(&token).await.unwrap();
            tokio::time::sleep(Duration::from_millis(3)).await;
        }
    };
    let rotate = async {
        for index in 0..8 {
            issuer.rotate(new_key(&format!("r{index}")));
            tokio::time::sleep(Duration::from_millis(60)).await;
        }
    };
    tokio::join!(check, rotate);
}

#[tokio::test]
async fn unknown_keys_cause_few_fetches_and_no_storm() {
    let fixture = Fixture::with(|issuer| issuer.timing.pause = Duration::from_secs(2)).await;
    let good = fixture.issuer.token("a", &[]);
    eventually("the first fetch", async || fixture.accepts(&good).await).await;
    let before = fixture.issuer.requests();
    let foreign = new_key("nobody's");
    let claims = fixture.issuer.claims("a");
    let tokens: Vec<String> = (0..50).map(|_| foreign.sign(&claims)).collect();
    for _ in 0..2 {
        let all = tokens.iter().map(|token| fixture.refusal(token));
        for refusal in futures::future::join_all(all).await {
            assert_eq!(refusal, Refusal::UnknownKey);
        }
        assert!(fixture.accepts(&good).await, "known keys do not wait");
    }
    // The first token of each wave may have come before the fetch that the others waited for.
    assert!(fixture.issuer.requests() <= before + 4, "{} fetches", fixture.issuer.requests() - before);
}

/// A stranger's token has just used up the attempt: a key that is new must count all the same.
#[tokio::test]
async fn a_new_key_is_waited_for() {
    let fixture = Fixture::with(|issuer| issuer.timing.pause = Duration::from_secs(1)).await;
    assert!(fixture.accepts(&fixture.issuer.token("a", &[])).await);
    let stranger = new_key("nobody's").sign(&fixture.issuer.claims("a"));
    for id in ["second", "third"] {
        assert_eq!(fixture.refusal(&stranger).await, Refusal::UnknownKey);
        fixture.issuer.rotate(new_key(id));
        fixture.verifier.verify(&fixture.issuer.token("a", &[])).await.unwrap();
    }
}

#[tokio::test]
async fn known_keys_outlive_every_mood_of_the_issuer() {
    for mood in [Mood::Hangs, Mood::Huge, Mood::Redirects, Mood::Fails, Mood::Babbles, Mood::Impostor] {
        let fixture = Fixture::with(|issuer| issuer.timing.refresh = Duration::from_millis(50)).await;
        let token = fixture.issuer.token("a", &[]);
        assert!(fixture.accepts(&token).await);
        fixture.issuer.set_mood(mood);
        tokio::time::sleep(Duration::from_millis(200)).await;
        let begin = Instant::now();
        assert!(fixture.accepts(&token).await, "{mood:?}");
        assert!(begin.elapsed() < Duration::from_millis(500), "{mood:?}: known keys do not wait");
        // Whether a key is new cannot be told now: that is not the tokens' fault, however many wait together.
        let unknown = new_key("unknown").sign(&fixture.issuer.claims("a"));
        let all = (0..5).map(|_| fixture.verifier.verify(&unknown));
        for answer in futures::future::join_all(all).await {
            assert!(matches!(answer, Err(Error::Unavailable { .. })), "{mood:?}: {answer:?}");
        }
        fixture.issuer.set_mood(Mood::Fine);
        fixture.issuer.rotate(new_key("after"));
        let token = fixture.issuer.token("a", &[]);
        eventually("recovery", async || fixture.accepts(&token).await).await;
    }
}

#[tokio::test]
async fn without_keys_it_is_not_the_token_that_is_at_fault() {
    for (mood, words) in [
        (Mood::Hangs, "cannot be fetched"),
        (Mood::Huge, "larger than 262144 bytes"),
        (Mood::Redirects, "302"),
        (Mood::Fails, "503"),
        (Mood::Babbles, "describes no issuer"),
        (Mood::Impostor, "realms/other"),
    ] {
        let fixture = Fixture::new().await;
        fixture.issuer.set_mood(mood);
        // Another verifier, which has never seen the issuer in a good mood.
        let trusted = Issuer { timing: TIMING, ..Issuer::new(fixture.issuer.url()) };
        let verifier = Verifier::start(vec![trusted], &Handle::current()).unwrap();
        let token = fixture.issuer.token("a", &[]);
        let mut told = String::new();
        for _ in 0..3 {
            let error = verifier.verify(&token).await.unwrap_err();
            let Error::Unavailable { source, .. } = &error else { panic!("{mood:?}: {error:?}") };
            told += &source.as_ref().map(ToString::to_string).unwrap_or_default();
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        assert!(told.contains(words), "{mood:?}: {told}");
        fixture.issuer.set_mood(Mood::Fine);
        eventually("the first keys", async || verifier.verify(&token).await.is_ok()).await;
    }
}

#[tokio::test]
async fn keys_that_move_are_followed_by_the_description_alone() {
    let fixture = Fixture::with(|issuer| issuer.timing.refresh = Duration::from_millis(50)).await;
    assert!(fixture.accepts(&fixture.issuer.token("a", &[])).await);
    fixture.issuer.move_keys();
    fixture.issuer.rotate(new_key("moved"));
    let token = fixture.issuer.token("a", &[]);
    eventually("the moved keys", async || fixture.accepts(&token).await).await;
}

#[tokio::test]
async fn keys_are_kept_for_a_while_and_not_for_ever() {
    let timing = Timing { refresh: Duration::from_millis(50), keep: Duration::from_millis(400), ..TIMING };
    let fixture = Fixture::with(|issuer| issuer.timing = timing).await;
    let token = fixture.issuer.token("a", &[]);
    assert!(fixture.accepts(&token).await);
    fixture.issuer.set_mood(Mood::Fails);
    eventually("the end of the keys", async || !fixture.accepts(&token).await).await;
    assert!(matches!(fixture.verifier.verify(&token).await, Err(Error::Unavailable { .. })));
}

#[tokio::test]
async fn a_verifier_that_is_dropped_asks_no_more() {
    let fixture = Fixture::with(|issuer| issuer.timing.refresh = Duration::from_millis(20)).await;
    assert!(fixture.accepts(&fixture.issuer.token("a", &[])).await);
    let Fixture { issuer, verifier } = fixture;
    drop(verifier);
    tokio::time::sleep(Duration::from_millis(100)).await;
    let after = issuer.requests();
    tokio::time::sleep(Duration::from_millis(200)).await;
    assert_eq!(issuer.requests(), after);
}
