"""Who sees what, and what else they may do."""

import re

import pytest
from callers import OPEN, RESTRICTED, challenge, doors, eventually, everywhere, knock, recipe
from providers import decode


def test_who_i_am(provider, caller):
    ranger, token = caller("ranger"), provider.token("ranger")
    me = ranger.me()
    assert me["subject"] == f"user:{decode(token)[1]['sub']}" and me["name"] == "ranger"
    groups = {"group:pangeo_notebook_users", "group:forests/new_forest"}
    roles = {"role:ecologist", "client-role:notebooks/author"}
    assert groups | roles | {me["subject"]} <= set(me["subjects"])
    assert set(me["scopes"]) >= {"read", "load", "job"} and "admin" not in me["scopes"] and me["expires"]
    assert "group:forests" not in me["subjects"], "who is in a group below is not in the one above"
    assert not [subject for subject in caller("visitor").me()["subjects"] if subject.startswith("group:")]
    assert "admin" in caller("keeper").me()["scopes"]
    assert caller().me()["subject"] is None


def test_where_to_sign_in(provider, caller):
    document = caller().get("/.well-known/oauth-protected-resource").json()
    assert document["authorization_servers"] == [provider.issuer]


def test_the_group_sees_its_collection(caller, item):
    assert knock(caller("ranger"), RESTRICTED, item) == everywhere("seen")


def test_an_admin_sees_all(caller, item):
    assert knock(caller("keeper"), RESTRICTED, item) == everywhere("seen")


def told(ask, caller):
    """An answer, without the number that every problem has."""
    answer = ask(caller)
    return f"{answer.status_code} {re.sub('urn:uuid:[0-9a-f-]+', '', answer.text)}"


def test_to_others_it_is_not_there(caller, item):
    visitor = caller("visitor")
    assert knock(visitor, RESTRICTED, item) == everywhere("not there")
    for name, ask in doors(RESTRICTED, item).items():
        hidden, unknown = (told(ask, visitor) for ask in (ask, doors("none", item)[name]))
        assert hidden.replace(RESTRICTED, "none") == unknown, f"{name}: nothing tells them apart"
    # Who has not signed in must do so for a cube, of whatever.
    assert knock(caller(), RESTRICTED, item) == everywhere("not there", cube=401)


@pytest.mark.parametrize("user", [None, "visitor"])
def test_lists_leave_it_out(caller, item, user):
    somebody = caller(user)
    listed = [collection["id"] for collection in somebody.get("/collections").json()["collections"]]
    assert listed == [OPEN]
    assert RESTRICTED not in somebody.get("/").text
    everything = somebody.get("/search?limit=100").json()
    assert {found["collection"] for found in everything["features"]} == {OPEN}
    assert everything["numberMatched"] == len(everything["features"])
    assert somebody.get(f"/search?ids={item}").json()["features"] == []
    both = somebody.post("/datacube/load", json={**recipe(OPEN), "collections": [OPEN, RESTRICTED]})
    assert both.status_code == (404 if user else 401)


def test_open_collections_are_for_everyone(caller, open_item):
    assert knock(caller("visitor"), OPEN, open_item) == everywhere("seen")
    assert knock(caller(), OPEN, open_item) == everywhere("seen", cube=401)
    assert 'error="' not in challenge(caller().post("/datacube/load", json=recipe(OPEN))), "RFC 6750, 3.1"


def test_a_scope_for_a_group(platform, caller):
    """Cubes for the group only."""
    ranger, visitor = caller("ranger"), caller("visitor")

    def cube(somebody):
        return somebody.post("/datacube/load", json=recipe(OPEN))

    assert cube(visitor).status_code == 200
    platform.command("policy", "grant", "load", "group:pangeo_notebook_users")
    platform.command("policy", "revoke", "load", "authenticated")
    platform.command("policy", "revoke", "job", "authenticated")
    try:
        assert eventually(lambda: cube(visitor).status_code == 403, 3)
        refused = cube(visitor)
        assert 'error="insufficient_scope"' in challenge(refused) and 'scope="load"' in challenge(refused)
        assert "`load`" in refused.json()["detail"]
        assert cube(ranger).status_code == 200
        assert visitor.get("/search?limit=1").status_code == 200, "who may not load may still search"
    finally:
        platform.command("policy", "grant", "job", "authenticated")
        platform.command("policy", "grant", "load", "authenticated")
        platform.command("policy", "revoke", "load", "group:pangeo_notebook_users")
    assert eventually(lambda: cube(visitor).status_code == 200, 3)


def test_policies_are_for_admins(caller):
    assert caller("keeper").get("/admin/policies").status_code == 200
    refused = caller("ranger").get("/admin/policies")
    assert refused.status_code == 403 and 'scope="admin"' in challenge(refused)
    assert caller().get("/admin/policies").status_code == 401


def test_a_collection_is_opened_and_closed_again(platform, caller, item):
    assert knock(caller(), RESTRICTED, item)["search"] == "not there"
    platform.command("policy", "open", RESTRICTED)
    try:
        assert eventually(lambda: knock(caller(), RESTRICTED, item) == everywhere("seen", cube=401), 3)
    finally:
        platform.command("policy", "restrict", RESTRICTED, "group:pangeo_notebook_users")
    assert eventually(lambda: knock(caller(), RESTRICTED, item) == everywhere("not there", cube=401), 3)


def test_the_policies_are_shown(platform):
    shown = platform.command("policy", "show")
    assert RESTRICTED in shown and "group:pangeo_notebook_users" in shown and "group:admins" in shown


def test_a_role_opens_as_a_group_does(platform, caller, item):
    try:
        for subject, opens in [
            ("role:ecologist", True),
            ("client-role:notebooks/author", True),
            ("group:forests/new_forest", True),
            ("group:forests", False),
            ("role:new_forest", False),
        ]:
            platform.command("policy", "restrict", RESTRICTED, subject)
            expected = everywhere("seen" if opens else "not there")
            assert eventually(lambda: knock(caller("ranger"), RESTRICTED, item) == expected, 3), subject
            assert knock(caller("visitor"), RESTRICTED, item) == everywhere("not there"), subject
    finally:
        platform.command("policy", "restrict", RESTRICTED, "group:pangeo_notebook_users")
