#!/usr/bin/env python3
"""Ardent beside stac-fastapi-pgstac: one PostgreSQL, the same items, the same requests, in turns.

Says for each kind of request what it costs in CPU (server and PostgreSQL), and how often Ardent's cost goes into the
peer's; checks that both find the same. `make bench-search`; README.md beside this file says more.
"""

import argparse
import json
import math
import os
import statistics
import subprocess
import sys
import time
from pathlib import Path

import items
import measure
import processes
import servers
import shapes

QUERYABLES = {
    "$schema": "https://json-schema.org/draft/2019-09/schema", "$id": "https://example.org/queryables",
    "type": "object", "title": "benchmark", "additionalProperties": True,
    "properties": {
        "id": {"type": "string"}, "datetime": {"type": "string", "format": "date-time"},
        "eo:cloud_cover": {"type": "number"}, "gsd": {"type": "number"}, "platform": {"type": "string"},
    },
}


def main():
    options = read_options()
    folder = Path(options.folder)
    folder.mkdir(parents=True, exist_ok=True)
    documents, scenes = items.write(options.items, folder)
    postgres = servers.Postgres(folder)
    running = []
    try:
        loads = load_all(options, folder, postgres, documents, scenes)
        if options.peer:
            running.append(servers.start_peer(folder))
        running.append(servers.start_ardent(options.ardent, folder, options.counts))
        report = compare(options, postgres, running)
        report["loads"] = loads
        report["sizes_mb"] = {name: size_mb(postgres, name) for name in ("peer", "ardent") if postgres.has(name)}
        report["memory_mb"] = {server.name: round(processes.memory_mb(server.process)) for server in running}
    finally:
        for server in running:
            server.stop()
        postgres.stop()
    print(table(report))
    (folder / "report.json").write_text(json.dumps(report, indent=1))
    if report["differences"]:
        raise SystemExit("the answers differ:\n" + "\n".join(report["differences"]))


def read_options():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--ardent", required=True, help="the binary")
    parser.add_argument("--folder", default="/var/tmp/ardent-bench-search", help="where databases and items are kept")
    parser.add_argument("--items", type=int, default=100_000)
    parser.add_argument("--connections", type=int, nargs="+", default=[1, 8])
    parser.add_argument("--seconds", type=int, default=3)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--shapes", nargs="+", help="only these")
    parser.add_argument("--keep", action="store_true", help="search what an earlier run loaded")
    parser.add_argument("--counts", action="store_true", help="let Ardent count what matches, which the peer does not")
    parser.add_argument("--no-peer", dest="peer", action="store_false", help="Ardent alone")
    return parser.parse_args()


def load_all(options, folder, postgres, documents, scenes):
    """Items per second and CPU of loading, by server."""
    loads = {}
    peer = {"PGHOST": "127.0.0.1", "PGPORT": str(servers.PORT_POSTGRES), "PGUSER": "postgres", "PGPASSWORD": "none",
            "PGDATABASE": "peer"}
    pypgstac = [str(Path(sys.executable).with_name("pypgstac"))]
    if options.peer and not (options.keep and postgres.has("peer")):
        postgres.recreate("peer")
        queryables = folder / "queryables.json"
        queryables.write_text(json.dumps(QUERYABLES))
        run([*pypgstac, "migrate"], peer)
        run([*pypgstac, "load", "collections", str(documents), "--method", "upsert"], peer)
        run([*pypgstac, "load_queryables", str(queryables), "--index_fields", '["eo:cloud_cover"]'], peer)
        command = [*pypgstac, "load", "items", str(scenes), "--method", "insert"]
        loads["pgstac"] = timed(options, postgres, command, peer)
        settle(postgres, "peer")
    if not (options.keep and postgres.has("ardent")):
        postgres.recreate("ardent")
        ours = {"ARDENT_DATABASE_URL": servers.url("ardent")}
        run([options.ardent, "migrate"], ours)
        run([options.ardent, "index", str(documents)], ours)
        loads["ardent"] = timed(options, postgres, [options.ardent, "index", str(scenes)], ours)
        settle(postgres, "ardent")
    return loads


def settle(postgres, database):
    """What a load leaves to be done is done before anything else is measured."""
    postgres.ask("VACUUM ANALYZE", database)
    postgres.ask("CHECKPOINT")


def timed(options, postgres, command, environment):
    before, started = processes.cpu_ms(postgres.process), time.monotonic()
    children = os.times()
    run(command, environment)
    after, seconds = os.times(), time.monotonic() - started
    client = after.children_user + after.children_system - children.children_user - children.children_system
    return {"items_per_second": options.items / seconds, "client_cpu_seconds": client,
            "postgres_cpu_seconds": (processes.cpu_ms(postgres.process) - before) / 1000}


def run(command, environment):
    done = subprocess.run(command, env={**os.environ, **environment}, capture_output=True, text=True)
    if done.returncode:
        raise SystemExit(f"{' '.join(command)}:\n{done.stdout[-2000:]}\n{done.stderr[-2000:]}")


def size_mb(postgres, database):
    return round(postgres.ask(f"SELECT pg_database_size('{database}')") / 2**20)


def compare(options, postgres, running):
    report = {"items": options.items, "rows": [], "differences": []}
    wanted = [one for one in shapes.shapes(options.items) if not options.shapes or one.name in options.shapes]
    for shape in wanted:
        if len(running) == 2 and not shape.is_page and shape.name != "antimeridian":
            report["differences"] += [f"{shape.name}: {text}" for text in measure.differences(*running, shape)]
        if shape.name == "antimeridian":
            report["differences"] += missed(running[-1], shape, options.items)
        for connections in options.connections[:1] if shape.pages > 1 else options.connections:
            row = {"shape": shape.name, "connections": connections, "is_page": shape.is_page}
            for server in running:
                measure.load(server, postgres, shape, connections, 1)
            results = {server.name: [] for server in running}
            for turn in range(options.rounds):
                for server in running if turn % 2 else reversed(running):
                    results[server.name].append(measure.load(server, postgres, shape, connections, options.seconds))
            for name, each in results.items():
                row[name] = {key: statistics.median(one[key] for one in each)
                             for key in ("cpu_ms", "server_ms", "postgres_ms", "p50_ms", "p99_ms")}
                row[name]["per_second"] = statistics.median(one["requests"] / one["seconds"] for one in each)
            report["rows"].append(row)
            print(line(row), file=sys.stderr, flush=True)
    return report


def missed(server, shape, count):
    """Where a search across the antimeridian does not find what the items' own shapes say (the peer does not, either:
    it takes west > east for a box around the rest of the world)."""
    from shapely.geometry import box
    from shapely.geometry import shape as geometry_of

    known = [items.item(number) for number in range(count)]
    found = []
    for method, path, body in measure.requests_of(shape):
        west, south, east, north = body["bbox"]
        halves = box(west, south, 180, north), box(-180, south, east, north)
        truth = {(one["collection"], one["id"]) for one in known
                 if any(half.intersects(geometry_of(one["geometry"])) for half in halves)}
        ours = measure.answers(server, (method, path, body))
        if set(ours) != truth or len(ours) != len(truth):
            found.append(f"antimeridian {body['bbox']}: {len(ours)} items instead of {len(truth)}")
    return found


def line(row):
    cells = [f"{row['shape']:<17}", f"{row['connections']:>2}"]
    for name in ("pgstac", "ardent"):
        if name in row:
            one = row[name]
            cells.append(f"{name} {one['cpu_ms']:8.2f} ms CPU ({one['server_ms']:.2f} + {one['postgres_ms']:.2f}), "
                         f"p50 {one['p50_ms']:8.2f} ms, {one['per_second']:8.1f}/s")
    return " | ".join([*cells, *([f"{ratio(row):6.1f}x"] if "pgstac" in row else [])])


def ratio(row):
    return row["pgstac"]["cpu_ms"] / max(0.001, row["ardent"]["cpu_ms"])


def table(report):
    """All of it, as Markdown."""
    lines = [f"{report['items']} items", "", "| requests | connections | peer: CPU ms (server + PostgreSQL) | p50 ms | per s "
             "| Ardent: CPU ms | p50 ms | per s | CPU ratio |", "|---|--:|--:|--:|--:|--:|--:|--:|--:|"]
    for row in report["rows"]:
        cells = [row["shape"], str(row["connections"])]
        for name in ("pgstac", "ardent"):
            one = row.get(name)
            cells += ["", "", ""] if one is None else [
                f"{one['cpu_ms']:.2f} ({one['server_ms']:.2f} + {one['postgres_ms']:.2f})", f"{one['p50_ms']:.2f}",
                f"{one['per_second']:.0f}"]
        cells.append(f"{ratio(row):.1f}" if "pgstac" in row else "")
        lines.append("| " + " | ".join(cells) + " |")
    for connections in sorted({row["connections"] for row in report["rows"]}):
        ratios = [ratio(row) for row in report["rows"]
                  if "pgstac" in row and not row["is_page"] and row["connections"] == connections]
        if ratios:
            mean = math.exp(sum(map(math.log, ratios)) / len(ratios))
            lines.append(f"\n{connections} connections: geometric mean {mean:.1f}x, least {min(ratios):.1f}x (landing page "
                         "and collections apart)")
    for name, load in report["loads"].items():
        lines.append(f"\nloading, {name}: {load['items_per_second']:.0f} items/s, CPU {load['client_cpu_seconds']:.1f} s "
                     f"+ PostgreSQL {load['postgres_cpu_seconds']:.1f} s")
    lines.append(f"\ndatabases (MB): {report['sizes_mb']}; memory of the servers (MB): {report['memory_mb']}")
    return "\n".join(lines)


if __name__ == "__main__":
    main()
