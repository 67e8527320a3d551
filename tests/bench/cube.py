#!/usr/bin/env python3
"""Two cubes by Ardent, by odc-stac and by GDAL, in turns, beside the least that they can cost.

Says what each costs in CPU, wall time and memory, and how much of it is right. `make bench-cube`; README.md says more.
"""

import argparse
import json
import statistics
import sys
from pathlib import Path

from cubes import extras, floor, jobs, scenes, servers, truth
from cubes.contenders import Floor, Ours, Peer


def main():
    options = read_options()
    folder = Path(options.folder).resolve()
    (folder / "out").mkdir(parents=True, exist_ok=True)
    files = servers.Files(folder / "files", folder)
    running, addresses, far = [files], [files.address], None
    try:
        if options.latency_ms:
            far = servers.far_away(files, options.latency_ms, folder)
            running.append(far)
            addresses.append(far.address)
        ardent = servers.Ardent(options.ardent, folder / "ardent", addresses)
        running.append(ardent)
        bench = extras.Bench(options, folder, files, far, ardent)
        wrong = run(bench)
    finally:
        for one in reversed(running):
            one.stop()
    if wrong:
        raise SystemExit("not as it should be:\n" + "\n".join(wrong))


def read_options():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--ardent", required=True, help="the binary")
    parser.add_argument("--floor", required=True, help="the binary of datacube/examples/floor")
    parser.add_argument("--folder", default="/var/tmp/ardent-bench-cube", help="where scenes and answers are kept")
    parser.add_argument("--dates", type=int, default=24)
    parser.add_argument("--side", type=int, default=2048, help="pixels of a scene's side, a multiple of 512")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--jobs", nargs="*", choices=["ard", "utm"], default=["ard", "utm"])
    parser.add_argument("--no-peers", dest="peers", action="store_false", help="Ardent and the floor alone")
    parser.add_argument("--latency-ms", type=float, default=0, help="also behind a proxy that holds requests back")
    parser.add_argument("--masked", type=float, default=0, help="also with this share of the tiles wholly cloudy")
    parser.add_argument("--large", action="store_true", help="also a cube of 59 megapixels and 48 dates")
    parser.add_argument("--linear", action="store_true", help="also seconds by dates and by area")
    options = parser.parse_args()
    if options.side % scenes.TILE_PX or options.side < scenes.TILE_PX:
        parser.error("--side must be a multiple of 512")
    if not 0 <= options.masked <= 1:
        parser.error("--masked must be from 0 to 1")
    return options


def run(bench):
    """All that is asked for; what is wrong with it."""
    wrong = []
    options = bench.options
    for kind in options.jobs:
        data = scenes.Data(kind, options.dates, options.side)
        wrong += compare(bench, jobs.job(data), scenes.make(data, bench.files_folder))
    if options.latency_ms:
        extras.latency(bench)
    if options.masked:
        wrong += extras.masked(bench)
    if options.large:
        extras.large(bench)
    if options.linear:
        extras.linear(bench)
    return wrong


def compare(bench, job, items):
    """The contenders of a job in turns, and their table."""
    out, data_folder = bench.folder / "out", bench.files_folder / job.data.name
    plan = floor.write_plan(job, items, data_folder, out / f"{job.data.name}-plan.json")
    task = job.write(out / f"{job.data.name}-job.json", scenes.with_base(items, "peer", bench.base(job.data)))
    bench.index(job.data, items)
    contenders = [Floor(bench.options.floor, plan, job, out), Ours(bench.ardent, job.recipe(job.data.name), out)]
    if bench.options.peers:
        contenders += [Peer(name, task, out) for name in ("odc", "gdal")]
    right, comparable = truth.truth(job, items, data_folder)
    runs, checks = {one.name: [] for one in contenders}, {}
    contenders[1].run()
    for turn in range(bench.options.rounds):
        first = turn % len(contenders)
        for one in contenders[first:] + contenders[:first]:
            runs[one.name].append(one.run())
            checks[one.name] = truth.compare(one.answer(), right, comparable)
            print(f"{job.data.name} {turn} {one.name:<7} {json.dumps(runs[one.name][-1])[:160]}", file=sys.stderr, flush=True)
    print(table(job, runs, checks), flush=True)
    (out / f"{job.data.name}-report.json").write_text(json.dumps({"runs": runs, "checks": checks}, indent=1))
    bounds = {"within_1": 0.99} if job.is_warped else {"equal": 1.0}
    return [f"{job.data.name}, {name}: {measure} is {checks[name][measure]:.4%} of the pixels, not {least:.0%}"
            for name in ("floor", "ardent") for measure, least in bounds.items() if checks[name][measure] < least]


def table(job, runs, checks):
    """Medians over the rounds, as Markdown."""
    middle = {name: {key: statistics.median(one[key] for one in each) for key in ("cpu", "work", "wall", "rss_mb")}
              for name, each in runs.items()}
    compared = next(iter(checks.values()))["compared"]
    lines = [f"\n{job.data.name}: {job.width_px} × {job.height_px} px, {job.groups} group(s), {job.dates} dates; "
             f"{compared:.1%} of the pixels can be compared\n",
             "| who | CPU s | less start | × floor | × Ardent | wall s | × Ardent | peak MB | equal | within 1 |",
             "|---|--:|--:|--:|--:|--:|--:|--:|--:|--:|"]
    ours = middle["ardent"]
    for name, one in middle.items():
        check = checks[name]
        lines.append(
            f"| {name} | {one['cpu']:.2f} | {one['work']:.2f} | {one['work'] / max(0.01, middle['floor']['work']):.2f} "
            f"| {one['work'] / max(0.01, ours['work']):.2f} | {one['wall']:.2f} | {one['wall'] / ours['wall']:.2f} "
            f"| {one['rss_mb']:.0f} | {check['equal']:.3%} | {check['within_1']:.3%} |")
    summary = runs["ardent"][-1]["summary"]
    lines.append(f"\nArdent read {summary['bytes_read'] / 1e6:.1f} MB in {summary['tiles_read']} tiles and passed "
                 f"{summary['tiles_skipped']} over.")
    return "\n".join(lines)


if __name__ == "__main__":
    main()
