"""API keys, from their making to their end."""

import pytest
from callers import OPEN, RESTRICTED, Caller, challenge, eventually, everywhere, knock, recipe


def make(owner, **wanted):
    answer = owner.post("/keys", json={"label": "a test", "scopes": ["load"], "days": 30} | wanted)
    assert answer.status_code == 201, answer.text
    return answer.json()


def test_a_key_from_first_to_last(platform, caller, item):
    ranger = caller("ranger")
    made = make(ranger)
    assert made["secret"].startswith("ardent_") and made["label"] == "a test"
    key = Caller(platform.url, made["secret"])
    assert key.me()["subject"] == ranger.me()["subject"]
    assert knock(key, RESTRICTED, item) == everywhere("seen")
    listed = {found["id"]: found for found in ranger.get("/keys").json()["keys"]}
    assert listed[made["id"]]["label"] == "a test" and made["secret"] not in ranger.get("/keys").text
    assert ranger.delete(f"/keys/{made['id']}").status_code == 204
    refused = key.get(f"/collections/{RESTRICTED}")
    assert refused.status_code == 401, "revoked at once"
    assert 'error="invalid_token"' in challenge(refused)


def test_a_key_may_do_what_it_was_made_for(platform, caller):
    made = make(caller("ranger"), scopes=["read"])
    key = Caller(platform.url, made["secret"])
    assert key.me()["scopes"] == ["read"]
    assert key.get(f"/collections/{RESTRICTED}").status_code == 200
    refused = key.post("/datacube/load", json=recipe(RESTRICTED))
    assert refused.status_code == 403 and 'error="insufficient_scope"' in challenge(refused)


@pytest.mark.parametrize(
    "wanted", [{"scopes": ["admin"]}, {"scopes": []}, {"scopes": ["fly"]}, {"days": 0}, {"days": 5000}, {"label": ""}]
)
def test_a_key_that_is_not_made(caller, wanted):
    answer = caller("ranger").post("/keys", json={"label": "a test", "scopes": ["load"], "days": 30} | wanted)
    assert 400 <= answer.status_code < 404, answer.text


def test_a_key_makes_no_keys(platform, caller):
    key = Caller(platform.url, make(caller("ranger"))["secret"])
    assert key.post("/keys", json={"label": "another", "scopes": ["read"], "days": 1}).status_code == 403


def test_keys_are_their_owners(platform, caller):
    made = make(caller("ranger"))
    visitor = caller("visitor")
    assert made["id"] not in visitor.get("/keys").text
    assert visitor.delete(f"/keys/{made['id']}").status_code == 404
    assert Caller(platform.url, made["secret"]).get("/me").status_code == 200
    assert caller().get("/keys").status_code == 401
    assert Caller(platform.url, made["secret"] + "0").get("/me").status_code == 401


def test_an_admin_revokes_the_key_of_another(platform, caller):
    made = make(caller("ranger"))
    key = Caller(platform.url, made["secret"])
    assert key.get("/me").status_code == 200
    assert caller("keeper").delete(f"/admin/keys/{made['id']}").status_code == 204
    assert key.get("/me").status_code == 401


def test_who_leaves_the_group(platform, provider, caller, item, without_group):
    """The token is good until it ends; a new one, and then the key, are not of the group any more."""
    ranger = caller("ranger")
    key = Caller(platform.url, make(ranger)["secret"])
    without_group("ranger", "pangeo_notebook_users")
    assert knock(ranger, RESTRICTED, item) == everywhere("seen")
    assert knock(key, RESTRICTED, item) == everywhere("seen"), "nobody has told the server yet"
    assert knock(caller("ranger"), RESTRICTED, item) == everywhere("not there")
    assert knock(key, RESTRICTED, item) == everywhere("not there")
    assert key.get(f"/collections/{OPEN}").status_code == 200


def test_who_comes_back_to_the_group(platform, caller, item):
    """Runs after the one above: the key is no worse than its owner either."""
    ranger = caller("ranger")
    key = Caller(platform.url, make(ranger)["secret"])
    assert eventually(lambda: knock(key, RESTRICTED, item) == everywhere("seen"), 3)
