//! What verifying a token costs once the keys are known, beside the signature check alone: CPU time of this process.

use std::{hint::black_box, io::Write as _};

use ardent_identity::{Issuer as Trusted, Verifier};
use ardent_testkit::issuer::{self, SigningKey};
use jsonwebtoken::{Algorithm, DecodingKey, jwk::Jwk};
use nix::time::{ClockId, clock_gettime};
use serde_json::json;
use tokio::runtime::{Handle, Runtime};

/// Verifications that are timed together.
const TIMES: u32 = 5000;
/// Of several rounds the quickest counts: the others were disturbed.
const ROUNDS: usize = 5;

/// CPU microseconds of one call.
fn cpu_us(mut call: impl FnMut()) -> f64 {
    let now = || {
        clock_gettime(ClockId::CLOCK_PROCESS_CPUTIME_ID)
            .map_or(0.0, |at| at.tv_sec() as f64 * 1e6 + at.tv_nsec() as f64 / 1e3)
    };
    let round = |_| {
        let begin = now();
        (0..TIMES).for_each(|_| call());
        (now() - begin) / f64::from(TIMES)
    };
    (0..ROUNDS).map(round).fold(f64::INFINITY, f64::min)
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let runtime = Runtime::new()?;
    let _entered = runtime.enter();
    let mut out = std::io::stdout().lock();
    writeln!(out, "{:8} {:>8} {:>14} {:>16} {:>7}", "", "groups", "verify, µs CPU", "signature alone", "ratio")?;
    for algorithm in [Algorithm::RS256, Algorithm::PS256, Algorithm::ES256] {
        for groups in [2, 100] {
            let issuer = runtime.block_on(issuer::start())?;
            let key = SigningKey::new("bench", algorithm)?;
            issuer.rotate(key.clone());
            let mut claims = issuer.claims("0b1e5f1c-0000-4000-8000-000000000000");
            claims["groups"] = (0..groups).map(|index| json!(format!("/project/group-{index}"))).collect();
            let token = issuer.sign(&claims);
            let verifier = Verifier::start(vec![Trusted::new(issuer.url())], &Handle::current())?;
            runtime.block_on(verifier.verify(&token))?;
            let whole = cpu_us(|| drop(black_box(runtime.block_on(verifier.verify(black_box(&token))))));
            let public: Jwk = serde_json::from_value(key.public().clone())?;
            let public = DecodingKey::from_jwk(&public)?;
            let (message, signature) = token.rsplit_once('.').ok_or("no signature")?;
            let alone = cpu_us(|| {
                let message = black_box(message.as_bytes());
                black_box(jsonwebtoken::crypto::verify(signature, message, &public, algorithm).is_ok());
            });
            let name = format!("{algorithm:?}");
            writeln!(out, "{name:8} {groups:>8} {whole:>14.1} {alone:>16.1} {:>7.2}", whole / alone)?;
        }
    }
    Ok(())
}
