"""Answers compared, and what they cost."""

import json
import re
import subprocess
import tempfile
import time
from pathlib import Path

from processes import cpu_ms

SCRIPT = Path(__file__).with_name("requests.lua")
#: Pages of a search that are compared at most.
COMPARED_PAGES = 60


def requests_of(shape):
    bodies = [("POST", "/search", body) for body in shape.bodies]
    return [("GET", path, None) for path in shape.paths] + bodies


def load(server, postgres, shape, connections, seconds):
    """Requests of a shape, over and over. A walk over pages goes one by one, and so does what is too slow for wrk."""
    before = cpu_ms(server.process), cpu_ms(postgres.process)
    result = walk(server, shape) if shape.pages > 1 else play(server, shape, connections, seconds)
    if result is None:
        before = cpu_ms(server.process), cpu_ms(postgres.process)
        result = one_by_one(server, shape)
    after = cpu_ms(server.process), cpu_ms(postgres.process)
    count = max(1, result["requests"])
    result["server_ms"], result["postgres_ms"] = ((last - first) / count for first, last in zip(before, after))
    result["cpu_ms"] = result["server_ms"] + result["postgres_ms"]
    return result


def play(server, shape, connections, seconds):
    with tempfile.NamedTemporaryFile("w", suffix=".lua") as file:
        file.write("return {\n")
        for method, path, body in requests_of(shape):
            content = "" if body is None else f", body = [==[{json.dumps(body, separators=(',', ':'))}]==]"
            file.write(f"{{ method = {json.dumps(method)}, path = {json.dumps(path)}{content} }},\n")
        file.write("}\n")
        file.flush()
        command = ["wrk", "-t1", f"-c{connections}", f"-d{seconds}s", "--timeout", "60s", "-s", str(SCRIPT),
                   f"http://127.0.0.1:{server.port}", "--", file.name]
        printed = subprocess.run(command, capture_output=True, text=True)
    found = re.search(r"^RESULT (.*)$", printed.stdout, re.MULTILINE)
    if not found:
        raise SystemExit(f"wrk failed: {printed.stderr or printed.stdout}")
    result = json.loads(found[1])
    if result["requests"] < 2 * connections and not result["failed"]:
        # wrk does not count what is under way at the end, which is most of what is slow.
        return None
    if not result["requests"] or result["failed"] > 0.01 * result["requests"]:
        raise SystemExit(f"{server.name}, {shape.name}: {result['failed']} of {result['requests']} requests failed")
    return result


def one_by_one(server, shape, count=5):
    times = []
    wanted = requests_of(shape)
    for number in range(count):
        begun = time.perf_counter()
        status, page = server.send(*wanted[number % len(wanted)])
        times.append(time.perf_counter() - begun)
        if status != 200:
            raise SystemExit(f"{server.name}, {shape.name}: {status}: {page[:300]}")
    ordered = sorted(times)
    return {"requests": count, "seconds": sum(times), "bytes": 0, "failed": 0,
            "p50_ms": 1000 * ordered[count // 2], "p99_ms": 1000 * ordered[-1]}


def walk(server, shape):
    times, size = [], 0
    started = time.perf_counter()
    wanted = requests_of(shape)[0]
    while wanted and len(times) < shape.pages:
        begun = time.perf_counter()
        status, page = server.send(*wanted)
        times.append(1000 * (time.perf_counter() - begun))
        if status != 200:
            raise SystemExit(f"{server.name}, {shape.name}: {status}: {page[:300]}")
        size += len(page["features"])
        wanted = server.page_after(page, wanted[2])
    ordered = sorted(times)
    return {"requests": len(times), "seconds": time.perf_counter() - started, "bytes": 0, "failed": 0,
            "p50_ms": ordered[len(ordered) // 2], "p99_ms": ordered[-1], "items": size}


def answers(server, wanted, pages=COMPARED_PAGES):
    """Ids of what a search finds, page by page, each as (collection, id); fields that are chosen may leave the
    collection out."""
    is_whole = wanted[2] is None or "fields" not in wanted[2]
    found = []
    while wanted and pages:
        status, page = server.send(*wanted)
        if status != 200:
            return [f"{status}: {page[:200]}"]
        found += [(item.get("collection") if is_whole else None, item["id"]) for item in page["features"]]
        wanted, pages = server.page_after(page, wanted[2]), pages - 1
    return found


def differences(one, two, shape, variants=3):
    """Where two servers do not find the same, as texts."""
    found = []
    for method, path, body in requests_of(shape)[:variants]:
        if shape.name == "item":
            status, document = two.send(method, path, body)
            if status != 200 or one.send(method, path, body)[1]["id"] != document["id"]:
                found.append(f"{path}: {status}")
            continue
        if body is not None and shape.pages == 1:
            body = {**body, "limit": 500}
        theirs, ours = answers(one, (method, path, body)), answers(two, (method, path, body))
        # What is not ordered may be cut off anywhere: all of it is compared where a walk reaches the end.
        same = theirs == ours if shape.is_ordered else sorted(theirs) == sorted(ours)
        if not same and shape.name != "limit-1000":
            found.append(f"{method} {path[:60]} {json.dumps(body)[:150]}: {len(theirs)} and {len(ours)} items, only "
                         f"{one.name}: {list(set(theirs) - set(ours))[:2]}, only {two.name}: {list(set(ours) - set(theirs))[:2]}")
    return found
