"""Tokens that do not count here."""

import base64
import json
import time

import pytest
from callers import Caller, challenge
from conftest import LEEWAY_S
from providers import decode, lifetime

# Whoever shows something bad is refused even where nothing is needed.
PATHS = ["/", "/me", "/search?limit=1", "/collections/sentinel2"]


def refused(platform, token):
    """Refused everywhere; what is said."""
    for path in PATHS:
        answer = Caller(platform.url, token).get(path)
        assert answer.status_code == 401, (path, answer.text)
        assert challenge(answer).startswith("Bearer ") and 'error="invalid_token"' in challenge(answer)
    return answer.json()["detail"]


@pytest.mark.parametrize(
    "make, said",
    [
        pytest.param(lambda provider: provider.id_token("ranger"), "", id="ID token"),
        pytest.param(lambda provider: provider.refresh_token("ranger"), "", id="refresh token"),
        pytest.param(
            lambda provider: provider.refresh_token("ranger", scope="openid offline_access"), "", id="offline token"
        ),
        pytest.param(lambda provider: provider.logout_token("ranger"), "", id="logout token"),
        pytest.param(lambda provider: provider.token("visitor", client="elsewhere"), "`ardent`", id="other audience"),
        pytest.param(lambda provider: provider.token("ranger", client="elsewhere"), "`ardent`", id="other audiences"),
    ],
)
def test_other_tokens_of_the_provider(platform, provider, make, said):
    assert said in refused(platform, make(provider))


def test_an_issuer_of_another_name(platform, provider):
    said = refused(platform, provider.token("ranger", host="localhost"))
    assert provider.issuer_at("localhost") in said and provider.issuer in said


def test_an_expired_token(platform, provider):
    with lifetime(provider, 2):
        token = provider.token("ranger")
    assert Caller(platform.url, token).me()["name"] == "ranger"
    time.sleep(2 + LEEWAY_S + 1)
    assert "expired" in refused(platform, token)


def encoded(document):
    return base64.urlsafe_b64encode(json.dumps(document).encode()).rstrip(b"=").decode()


def forgeries(token):
    header, claims = decode(token)
    signed, signature = token.rsplit(".", 1)
    admin = {**claims, "groups": ["/admins"]}
    return {
        "changed": f"{token.split('.')[0]}.{encoded(admin)}.{signature}",
        "unsigned": f"{encoded({'alg': 'none', 'typ': 'JWT'})}.{encoded(claims)}.",
        "no signature": f"{signed}.",
        "half": signed,
        "other algorithm": f"{encoded({**header, 'alg': 'HS256'})}.{encoded(claims)}.{signature}",
        "other key": f"{encoded({**header, 'kid': 'A' * 43})}.{encoded(claims)}.{signature}",
        "words": "open-sesame",
    }


@pytest.mark.parametrize("kind", list(forgeries("e30.e30.e30")))
def test_forgeries(platform, provider, kind):
    refused(platform, forgeries(provider.token("ranger"))[kind])


def test_the_key_for_encryption_signs_nothing(platform, provider):
    header, claims = decode(provider.token("ranger"))
    [key] = [key["kid"] for key in provider.keys() if key["use"] == "enc"]
    refused(platform, f"{encoded({**header, 'kid': key})}.{encoded(claims)}.{'A' * 342}")


def test_a_good_token_elsewhere_in_the_request_does_not_count(platform, provider, caller):
    token = provider.token("ranger")
    answer = caller().get(f"/collections/sentinel2?access_token={token}")
    assert answer.status_code in (400, 404)
