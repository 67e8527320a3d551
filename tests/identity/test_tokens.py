"""The layout of the tokens, as docs/KEYCLOAK.md describes it. Needs no Ardent."""

import re
import time

import pytest
import requests
from providers import TIMEOUT_S, decode

ACCOUNT = ["manage-account", "manage-account-links", "view-profile"]
UUID = "[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"


@pytest.fixture(scope="module")
def ranger(provider):
    return provider.tokens("ranger")


def test_where_things_are(provider):
    document = requests.get(f"{provider.issuer}/.well-known/openid-configuration", timeout=TIMEOUT_S).json()
    assert document["issuer"] == provider.issuer
    expected = {
        "authorization_endpoint": "auth",
        "token_endpoint": "token",
        "jwks_uri": "certs",
        "device_authorization_endpoint": "auth/device",
        "end_session_endpoint": "logout",
        "revocation_endpoint": "revoke",
        "userinfo_endpoint": "userinfo",
    }
    for name, path in expected.items():
        assert document[name] == provider.endpoint(path), name
    assert requests.get(provider.issuer, timeout=TIMEOUT_S).json()["realm"] == "ardent"


def test_the_keys_are_for_two_uses(provider, ranger):
    keys = provider.keys()
    assert sorted((key["use"], key["alg"], key["kty"]) for key in keys) == [
        ("enc", "RSA-OAEP", "RSA"),
        ("sig", "RS256", "RSA"),
    ]
    header, _ = decode(ranger["access_token"])
    assert header["kid"] == next(key["kid"] for key in keys if key["use"] == "sig")


def test_an_access_token(provider, ranger):
    header, claims = decode(ranger["access_token"])
    assert header["alg"] == "RS256" and header["typ"] == "JWT" and re.fullmatch("[A-Za-z0-9_-]{43}", header["kid"])
    expected = {
        "iss": provider.issuer,
        "aud": ["ardent", "account"],
        "typ": "Bearer",
        "azp": "notebooks",
        "acr": "1",
        "allowed-origins": ["http://127.0.0.1"],
        "resource_access": {"notebooks": {"roles": ["author"]}, "account": {"roles": ACCOUNT}},
        "email_verified": True,
        "name": "Robin Ranger",
        "preferred_username": "ranger",
        "given_name": "Robin",
        "family_name": "Ranger",
        "email": "ranger@example.org",
    }
    assert {name: claims[name] for name in expected} == expected
    assert re.fullmatch(UUID, claims["sub"]) and re.fullmatch(f"onrtro:{UUID}", claims["jti"])
    assert claims["exp"] - claims["iat"] == 300
    # The answer counts what is left when it is written, which may be in a later second.
    assert 290 <= ranger["expires_in"] <= 300
    # Neither roles, groups nor scopes come in any order.
    realm_roles = ["default-roles-ardent", "ecologist", "offline_access", "uma_authorization"]
    assert sorted(claims["realm_access"]["roles"]) == realm_roles
    assert sorted(claims["groups"]) == ["/forests/new_forest", "/pangeo_notebook_users"]
    assert sorted(claims["scope"].split()) == ["email", "openid", "profile"]
    assert set(claims) - set(expected) == {"sub", "jti", "exp", "iat", "sid", "realm_access", "groups", "scope"}


def test_who_is_in_no_group_has_no_claim_of_groups(provider):
    _, claims = decode(provider.token("visitor"))
    assert "groups" not in claims and claims["aud"] == ["ardent", "account"]


def test_without_the_mappers_neither_audience_nor_groups(provider):
    _, claims = decode(provider.token("visitor", client="elsewhere"))
    assert claims["aud"] == "account", "one audience is a string"
    assert "groups" not in claims and "allowed-origins" not in claims
    # A client in which the user has a role becomes an audience by itself.
    _, claims = decode(provider.token("ranger", client="elsewhere"))
    assert sorted(claims["aud"]) == ["account", "notebooks"]


def test_a_service_account(provider):
    _, claims = decode(provider.client_token())
    assert claims["aud"] == ["ardent", "account"] and claims["azp"] == claims["client_id"] == "ardent-batch"
    assert claims["preferred_username"] == "service-account-ardent-batch" and re.fullmatch(UUID, claims["sub"])
    assert claims["jti"].startswith("trrtcc:")
    assert claims["clientHost"] == claims["clientAddress"] == "127.0.0.1"
    assert not {"sid", "auth_time", "name", "groups", "email"} & set(claims)


def test_a_service_shows_its_secret_in_either_place(provider):
    form = {"grant_type": "client_credentials"}
    secrets = ("ardent-batch", "batch-secret")
    answer = requests.post(provider.endpoint("token"), data=form, auth=secrets, timeout=TIMEOUT_S)
    assert answer.status_code == 200, answer.text
    wrong = requests.post(provider.endpoint("token"), data=form, auth=("ardent-batch", "wrong"), timeout=TIMEOUT_S)
    assert wrong.status_code == 401


def test_an_identity_token_is_for_the_client(provider, ranger):
    header, claims = decode(ranger["id_token"])
    assert header["alg"] == "RS256" and header["kid"] == decode(ranger["access_token"])[0]["kid"]
    assert (claims["typ"], claims["aud"], claims["azp"]) == ("ID", "notebooks", "notebooks")
    assert not {"groups", "realm_access", "resource_access", "scope"} & set(claims)
    assert "id_token" not in provider.tokens("ranger", scope="profile"), "only with the scope openid"


def test_refresh_tokens_are_for_the_provider(provider, ranger):
    published = [key["kid"] for key in provider.keys()]
    for scope, kind in [("openid", "Refresh"), ("openid offline_access", "Offline")]:
        header, claims = decode(provider.refresh_token("ranger", scope=scope))
        assert header["alg"] == "HS512" and header["kid"] not in published
        assert (claims["typ"], claims["aud"]) == (kind, provider.issuer)
    _, claims = decode(provider.refreshed(ranger["refresh_token"]))
    assert claims["typ"] == "Bearer" and "/pangeo_notebook_users" in claims["groups"]


def test_a_logout_token(provider):
    header, claims = decode(provider.logout_token("ranger"))
    assert (header["alg"], header["typ"]) == ("RS256", "logout+jwt")
    assert (claims["typ"], claims["aud"], claims["exp"] - claims["iat"]) == ("Logout", "notebooks", 120)


def test_a_device_is_let_in(provider):
    form = {"client_id": "ardent-cli", "scope": "openid offline_access"}
    answer = requests.post(provider.endpoint("auth/device"), data=form, timeout=TIMEOUT_S).json()
    assert answer["verification_uri"] == f"{provider.issuer}/device" and answer["expires_in"] == 600
    assert answer["verification_uri_complete"] == f"{answer['verification_uri']}?user_code={answer['user_code']}"
    assert re.fullmatch("[A-Z]{4}-[A-Z]{4}", answer["user_code"])
    poll = {
        "grant_type": "urn:ietf:params:oauth:grant-type:device_code",
        "client_id": "ardent-cli",
        "device_code": answer["device_code"],
    }
    early = requests.post(provider.endpoint("token"), data=poll, timeout=TIMEOUT_S)
    assert (early.status_code, early.json()["error"]) == (400, "authorization_pending")
    provider.approve_device(answer["verification_uri_complete"], "ranger")
    time.sleep(answer["interval"])
    tokens = provider.grant(**poll)
    _, claims = decode(tokens["access_token"])
    assert claims["azp"] == "ardent-cli" and "ardent" in claims["aud"]
    assert "/pangeo_notebook_users" in claims["groups"] and claims["jti"].startswith("ofrtdg:")
    _, offline = decode(tokens["refresh_token"])
    assert offline["typ"] == "Offline" and "exp" not in offline
    assert decode(provider.refreshed(tokens["refresh_token"], client="ardent-cli"))[1]["typ"] == "Bearer"


def test_the_issuer_is_called_as_the_caller_called_it(provider):
    _, claims = decode(provider.token("ranger", host="localhost"))
    assert claims["iss"] == provider.issuer_at("localhost") != provider.issuer


def test_old_keys_stay_until_they_are_disabled(provider):
    old = decode(provider.token("ranger"))[0]["kid"]
    provider.rotate_keys()
    new = decode(provider.token("ranger"))[0]["kid"]
    assert new != old and {old, new} <= {key["kid"] for key in provider.keys()}
    provider.disable_old_keys()
    assert [key["kid"] for key in provider.keys() if key["use"] == "sig"] == [new]


def test_a_token_outlives_the_session_and_the_group(provider):
    tokens = provider.tokens("ranger")
    provider.remove_from_group("ranger", "pangeo_notebook_users")
    try:
        _, claims = decode(provider.refreshed(tokens["refresh_token"]))
        assert claims["groups"] == ["/forests/new_forest"], "a refreshed token has today's groups"
    finally:
        provider.add_to_group("ranger", "pangeo_notebook_users")
    provider.logout(tokens["refresh_token"])
    form = {"grant_type": "refresh_token", "client_id": "notebooks", "refresh_token": tokens["refresh_token"]}
    answer = requests.post(provider.endpoint("token"), data=form, timeout=TIMEOUT_S)
    assert (answer.status_code, answer.json()["error"]) == (400, "invalid_grant")


def test_all_is_there_after_a_restart(provider):
    kids = [key["kid"] for key in provider.keys()]
    issuer = provider.issuer
    provider.stop()
    provider.start()
    assert provider.issuer == issuer and [key["kid"] for key in provider.keys()] == kids
    assert "/pangeo_notebook_users" in decode(provider.token("ranger"))[1]["groups"]
