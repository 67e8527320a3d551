//! `ardent login`, `token` and `logout`, with an identity provider in this process.

use std::{
    os::unix::fs::PermissionsExt,
    path::Path,
    process::{Output, Stdio},
    time::Duration,
};

use ardent_testkit::{
    ardent::Ardent,
    issuer::{self, Issuer},
};
use tokio::io::AsyncReadExt;

use crate::desk::Desk;

/// A server that trusts the issuer, and a home to keep sessions in.
struct Place {
    _desk: Desk,
    issuer: Issuer,
    server: ardent_testkit::ardent::Server,
    home: tempfile::TempDir,
    ardent: Ardent,
}

impl Place {
    async fn new() -> Self {
        let desk = Desk::new().await;
        let issuer = issuer::start().await.unwrap();
        let home = tempfile::tempdir().unwrap();
        let ardent = Ardent::of_this_build().unwrap();
        let serving = desk.ardent();
        let arguments = ["--listen", "127.0.0.1:0", "--oidc-issuer", &issuer.url()];
        let server = serving.serve(arguments, &home.path().join("server.log")).await.unwrap();
        Self { _desk: desk, issuer, server, home, ardent }
    }

    fn command(&self, arguments: &[&str]) -> tokio::process::Command {
        let mut command = self.ardent.command(arguments);
        command.env("XDG_CONFIG_HOME", self.home.path());
        command
    }

    async fn run(&self, arguments: &[&str]) -> (i32, String, String) {
        let Output { status, stdout, stderr } = self.command(arguments).output().await.unwrap();
        let text = |bytes| String::from_utf8(bytes).unwrap();
        (status.code().unwrap(), text(stdout), text(stderr))
    }

    /// Signs in as this person, or is refused.
    async fn login(&self, sub: Option<&str>) -> (i32, String) {
        let mut command = self.command(&["login", self.server.url()]);
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let mut stderr = child.stderr.take().unwrap();
        let mut said = String::new();
        while !said.contains("minutes") {
            let mut part = [0; 4096];
            let read = tokio::time::timeout(Duration::from_secs(20), stderr.read(&mut part)).await.unwrap().unwrap();
            assert!(read > 0, "{said}");
            said += std::str::from_utf8(&part[..read]).unwrap();
        }
        assert!(said.contains("/confirm?user_code=WDJB-MJHT") && said.contains("WDJB-MJHT there"), "{said}");
        self.issuer.answer_device(sub);
        stderr.read_to_string(&mut said).await.unwrap();
        (child.wait().await.unwrap().code().unwrap(), said)
    }

    async fn subject(&self, token: &str) -> serde_json::Value {
        let request = reqwest::Client::new().get(format!("{}/me", self.server.url())).bearer_auth(token.trim());
        let answer = request.send().await.unwrap();
        assert_eq!(answer.status(), 200);
        answer.json::<serde_json::Value>().await.unwrap()["subject"].clone()
    }
}

fn mode(path: &Path) -> u32 {
    path.metadata().unwrap().permissions().mode() & 0o777
}

#[tokio::test(flavor = "multi_thread")]
async fn a_person_signs_in_gets_tokens_and_signs_out() {
    let place = Place::new().await;
    let url = place.server.url().to_owned();
    let (code, said) = place.login(Some("ranger")).await;
    assert_eq!(code, 0, "{said}");
    assert_eq!(mode(&place.home.path().join("ardent/sessions.json")), 0o600);
    assert_eq!(mode(&place.home.path().join("ardent")), 0o700);
    let (code, first, _) = place.run(&["token", &url]).await;
    assert_eq!((code, place.subject(&first).await), (0, "user:ranger".into()));
    let (_, again, _) = place.run(&["token", &format!("{url}/")]).await;
    assert_eq!(first, again, "a token that will do is not renewed");

    place.issuer.set_lifetime(5);
    place.login(Some("ranger")).await;
    // Each refresh token counts once: runs beside each other must not use up each other's.
    let runs = (0..6).map(|_| async { place.run(&["token", &url]).await });
    for (code, token, said) in futures::future::join_all(runs).await {
        assert_eq!(code, 0, "{said}");
        assert_eq!(place.subject(&token).await, "user:ranger");
    }
    let kept = std::fs::read_to_string(place.home.path().join("ardent/sessions.json")).unwrap();
    let (code, _, said) = place.run(&["logout", &url]).await;
    assert_eq!(code, 0, "{said}");
    let (code, token, said) = place.run(&["token", &url]).await;
    assert!(code == 1 && token.is_empty() && said.contains(&format!("ardent login {url}")), "{said}");
    // The session is over at the provider, too.
    std::fs::write(place.home.path().join("ardent/sessions.json"), kept).unwrap();
    let (code, token, said) = place.run(&["token", &url]).await;
    assert!(code == 1 && token.is_empty() && said.contains("session has ended"), "{said}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sign_in_that_is_refused_is_said_and_nothing_is_kept() {
    let place = Place::new().await;
    let (code, said) = place.login(None).await;
    assert!(code == 1 && said.contains("access_denied"), "{said}");
    assert!(!place.home.path().join("ardent/sessions.json").exists());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_service_comes_with_its_own_credentials() {
    let place = Place::new().await;
    let url = place.server.url().to_owned();
    let mut command = place.command(&["token", &url]);
    command.env("ARDENT_CLIENT_ID", "ardent-batch").env("ARDENT_CLIENT_SECRET", "service-secret");
    let output = command.output().await.unwrap();
    let token = String::from_utf8(output.stdout).unwrap();
    assert_eq!(place.subject(&token).await, "user:service-account-ardent-batch");
    let wrong = ["token", &url, "--client-id", "ardent-batch", "--client-secret", "hush"];
    let (code, token, said) = place.run(&wrong).await;
    assert!(code == 1 && token.is_empty() && said.contains("unauthorized_client"), "{said}");
    assert!(!said.contains("hush"), "{said}");
    let (_, shown, _) = place.run(&[&wrong[..], &["--print-config"]].concat()).await;
    assert!(shown.contains("client-secret = \"***\"") && !shown.contains("hush"), "{shown}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_is_named_with_the_fix() {
    let place = Place::new().await;
    let url = place.server.url().to_owned();
    let elsewhere = issuer::start().await.unwrap();
    for (arguments, words) in [
        (vec!["login", "http://example.org"], ["http://example.org", "https"]),
        (vec!["login", "nonsense"], ["nonsense", "https"]),
        (vec!["login", "http://127.0.0.1:1"], ["127.0.0.1:1", "cannot be fetched"]),
        (vec!["login", &elsewhere.url()], ["oauth-protected-resource", "404"]),
        (vec!["login", &url, "--oidc-issuer", "http://sso.example.org"], ["http://sso.example.org", "https"]),
        (vec!["token", "https://unknown.example.org"], ["unknown.example.org", "ardent login"]),
        (vec!["token", &url, "--client-id", "x"], ["--client-secret", "required"]),
    ] {
        let (code, out, said) = place.run(&arguments).await;
        assert!(code != 0 && out.is_empty(), "{arguments:?}: {said}");
        assert!(words.iter().all(|word| said.contains(word)), "{arguments:?}: {said}");
    }
    std::fs::create_dir_all(place.home.path().join("ardent")).unwrap();
    std::fs::write(place.home.path().join("ardent/sessions.json"), "{").unwrap();
    let (code, _, said) = place.run(&["token", &url]).await;
    assert!(code == 1 && said.contains("sessions.json"), "{said}");
}
