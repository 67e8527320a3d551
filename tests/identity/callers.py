"""Who calls the server, and the doors at which they knock."""

import time

import requests

RESTRICTED, OPEN = "sentinel2", "shore"
SUMMER = "2019-06-01T00:00:00Z/2019-08-31T23:59:59Z"


def recipe(collection):
    return {
        "collections": [collection],
        "datetime": "2019-06-01/2019-08-31",
        "bands": ["red"],
        "valid": {"vmask": [1]},
        "mask": {"fmask": [0]},
    }


class Caller(requests.Session):
    """Somebody with a token or an API key; without, anybody."""

    def __init__(self, url, token=None):
        super().__init__()
        self.base = url
        if token:
            self.headers["Authorization"] = f"Bearer {token}"

    def request(self, method, path, **more):
        return super().request(method, self.base + path, timeout=120, **more)

    def me(self):
        answer = self.get("/me")
        assert answer.status_code == 200, answer.text
        return answer.json()


def doors(collection, item):
    """Every way to a collection: its name, and what asks."""
    search = {"collections": [collection], "limit": 1}
    return {
        "collection": lambda caller: caller.get(f"/collections/{collection}"),
        "items": lambda caller: caller.get(f"/collections/{collection}/items?limit=1"),
        "item": lambda caller: caller.get(f"/collections/{collection}/items/{item}"),
        "search": lambda caller: caller.get(f"/search?collections={collection}&limit=1"),
        "posted search": lambda caller: caller.post("/search", json=search),
        "cube": lambda caller: caller.post("/datacube/load", json=recipe(collection)),
    }


def outcome(answer):
    """Seen, not there, or the status that says why it is not told. A search for what is not there finds nothing."""
    if answer.status_code == 404:
        return "not there"
    if answer.status_code != 200:
        return answer.status_code
    is_search = answer.headers["Content-Type"].startswith("application/geo+json") and "features" in answer.json()
    return "not there" if is_search and not answer.json()["features"] else "seen"


def knock(caller, collection, item):
    """What happens at each door."""
    return {name: outcome(ask(caller)) for name, ask in doors(collection, item).items()}


def everywhere(what, **others):
    """That at every door, but for the others."""
    return {name: others.get(name, what) for name in doors("", "")}


def challenge(answer):
    return answer.headers.get("WWW-Authenticate", "")


def eventually(true, seconds, every=0.1):
    """Whether it becomes true in time."""
    end = time.monotonic() + seconds
    while not true():
        if time.monotonic() > end:
            return False
        time.sleep(every)
    return True
