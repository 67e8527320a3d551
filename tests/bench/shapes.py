"""The requests: what users of a catalogue ask, each in several variants, seeded."""

import math
import random
from dataclasses import dataclass, field
from urllib.parse import quote, urlencode

import items

LATEST_FIRST = [{"field": "properties.datetime", "direction": "desc"}]


@dataclass
class Shape:
    """Requests of one kind. `bodies` are those of `POST /search`, `paths` are got."""

    name: str
    bodies: list = field(default_factory=list)
    paths: list = field(default_factory=list)
    #: The pages that follow are asked for, too, so many.
    pages: int = 1
    #: The order is asked for, so the answers must agree in it.
    is_ordered: bool = False
    #: Not a search of items: reported apart.
    is_page: bool = False


def shapes(count, variants=30):
    """All of them, for a catalogue of the first `count` items."""
    chance = random.Random(11)
    known = [items.item(chance.randrange(count)) for _ in range(max(200, variants))]
    boxes = lambda size: [box(chance, size) for _ in range(variants)]
    clouds = [
        {"bbox": area, "datetime": years(chance, 2), "sortby": LATEST_FIRST, "limit": 50,
         "filter-lang": "cql2-json", "filter": {"op": "<", "args": [{"property": "eo:cloud_cover"}, 20]}}
        for area in boxes(8)
    ]
    year = lambda number: f"{number}-01-01T00:00:00Z/{number}-12-31T23:59:59Z"
    names = list(items.COLLECTIONS)
    return [
        Shape("landing", paths=["/"], is_page=True),
        Shape("collections", paths=["/collections"], is_page=True),
        Shape("item", paths=[f"/collections/{one['collection']}/items/{quote(one['id'])}" for one in known]),
        Shape("bbox", [{"bbox": area, "limit": 10} for area in boxes(0.5)]),
        Shape("bbox-month", [{"bbox": area, "datetime": month(chance), "limit": 100} for area in boxes(5)]),
        Shape("cql2-text", paths=[as_text(body) for body in clouds], is_ordered=True),
        Shape("cql2-json", clouds, is_ordered=True),
        Shape("intersects", [{"intersects": coastline(), "datetime": year(2016 + n), "sortby": LATEST_FIRST, "limit": 100}
                             for n in range(9)], is_ordered=True),
        Shape("ids", [{"ids": [one["id"] for one in chance.sample(known, 20)], "limit": 20} for _ in range(variants)]),
        Shape("cloud-order", [{"collections": ["sentinel2-l2a"], "datetime": year(2016 + n), "limit": 50,
                               "sortby": [{"field": "properties.eo:cloud_cover", "direction": "asc"}]}
                              for n in range(9)], is_ordered=True),
        Shape("paging", [{"collections": [names[1]], "sortby": LATEST_FIRST, "limit": 250}], pages=20, is_ordered=True),
        Shape("fields", [{"bbox": area, "limit": 100, "fields": {
            "include": ["id", "geometry", "properties.datetime", "properties.eo:cloud_cover"],
            "exclude": ["assets", "links"]}} for area in boxes(5)]),
        Shape("limit-1000", paths=["/search?limit=1000"]),
        Shape("collection-items", paths=[
            f"/collections/{name}/items?limit=100&bbox={','.join(map(str, area))}"
            for name in names for area in boxes(3)[:6]]),
        Shape("antimeridian", [{"bbox": area, "limit": 100} for area in ([176, -25, -176, -10], [170, 55, -170, 72])]),
    ]


def box(chance, size):
    west, south = chance.uniform(-9, 25 - size), chance.uniform(37, 60 - size)
    return [round(value, 4) for value in (west, south, west + size, south + size)]


def month(chance):
    year, number = chance.randrange(2016, 2025), chance.randrange(1, 12)
    return f"{year}-{number:02d}-01T00:00:00Z/{year}-{number + 1:02d}-01T00:00:00Z"


def years(chance, length):
    first = chance.randrange(2016, 2024)
    return f"{first}-01-01T00:00:00Z/{first + length}-01-01T00:00:00Z"


def as_text(body):
    """The same search by GET, its filter as CQL2 text."""
    parameters = {
        "bbox": ",".join(map(str, body["bbox"])), "datetime": body["datetime"], "sortby": "-properties.datetime",
        "limit": body["limit"], "filter-lang": "cql2-text", "filter": "eo:cloud_cover < 20",
    }
    return "/search?" + urlencode(parameters, quote_via=quote)


def coastline(vertices=2300):
    """An island the size of Great Britain whose coast has bays upon bays; simple, since its radius is a function of the
    angle."""
    chance = random.Random(3)
    waves = [(k, 0.9 / k**1.1, chance.uniform(0, 2 * math.pi)) for k in (2, 3, 5, 8, 13, 34, 89, 233)]
    ring = []
    for index in range(vertices):
        angle = 2 * math.pi * index / vertices
        radius = 1 + 0.35 * sum(height * math.sin(k * angle + phase) for k, height, phase in waves)
        radius = max(0.15, radius)
        ring.append([round(-2.5 + 2.6 * radius * math.cos(angle), 5), round(54.5 + 3.8 * radius * math.sin(angle), 5)])
    return {"type": "Polygon", "coordinates": [[*ring, ring[0]]]}
