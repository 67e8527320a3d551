"""Measurements beside the comparison: latency, masked tiles, how time grows."""

import statistics

from . import floor, jobs, scenes


class Bench:
    """What all measurements share."""

    def __init__(self, options, folder, files, far, ardent):
        self.options, self.folder, self.files, self.far, self.ardent = options, folder, files, far, ardent
        self.files_folder = folder / "files"
        self.indexed = set()

    def base(self, data, server=None):
        return f"{(server or self.files).address}/{data.name}"

    def index(self, data, items, server=None, suffix=""):
        """Puts a set into Ardent's catalogue, once; its collection."""
        collection = data.name + suffix
        if collection not in self.indexed:
            placed = scenes.with_base(items, collection, self.base(data, server))
            self.ardent.index(scenes.write_documents(placed, collection, self.folder / "documents" / collection))
            self.indexed.add(collection)
        return collection

    def seconds(self, recipe):
        """Medians of wall time and of CPU, after a run that warms the caches of headers and files."""
        path = self.folder / "out" / "extra.tif"
        self.ardent.load(recipe, path)
        runs = [self.ardent.load(recipe, path) for _ in range(self.options.rounds)]
        return [statistics.median(one[key] for one in runs) for key in ("wall", "cpu")]


def latency(bench):
    """Wall time with the files near and far."""
    latency_ms = bench.options.latency_ms
    print(f"\n| cube | near s | {latency_ms:g} ms away s | ratio |\n|---|--:|--:|--:|")
    for kind in bench.options.jobs:
        data = scenes.Data(kind, bench.options.dates, bench.options.side)
        items, job = scenes.make(data, bench.files_folder), jobs.job(data)
        near, _ = bench.seconds(job.recipe(bench.index(data, items)))
        far, _ = bench.seconds(job.recipe(bench.index(data, items, bench.far, "-far")))
        print(f"| {data.name} | {near:.2f} | {far:.2f} | {far / near:.2f} |", flush=True)


def masked(bench):
    """Requests for tiles of which the masks keep nothing: there must be none. What is wrong."""
    share = bench.options.masked
    data = scenes.Data("ard", bench.options.dates, bench.options.side, share)
    items, job = scenes.make(data, bench.files_folder), jobs.job(data)
    collection = bench.index(data, items)
    wanted, unwanted = {}, {}
    across = data.side_px // scenes.TILE_PX
    for number, item in enumerate(items):
        href = item["assets"]["data"]["href"]
        blocks = floor.raster(bench.files_folder / data.name / href, [0], [])["tiles"]
        for tile, (offset, size) in enumerate(blocks):
            is_masked = (number, tile // across, tile % across) in data.masked_tiles()
            (unwanted if is_masked else wanted).setdefault(f"/{data.name}/{href}", []).append((offset, offset + size - 1))
    line = bench.files.lines()
    summary = bench.ardent.load(job.recipe(collection), bench.folder / "out" / "extra.tif")["summary"]
    read = bench.files.ranges_since(line)

    def requests(blocks):
        """Reads with the middle of a block in them: a header's read may reach into the first one."""
        return sum(any(first <= (start + end) // 2 <= last for start, end in blocks.get(path, ())) for path, first, last in read)

    count, useful, blocks = requests(unwanted), requests(wanted), sum(map(len, unwanted.values()))
    print(f"\n{data.name}: {blocks} of {sum(map(len, wanted.values())) + blocks} tiles are wholly cloudy; requests for them: "
          f"{count}, for others: {useful}. Tiles passed over: {summary['tiles_skipped']}.", flush=True)
    wrong = [f"{count} requests for tiles that are wholly cloudy"] if count else []
    return wrong + ([] if useful else ["no request for any tile was seen: is the log of nginx complete?"])


def large(bench):
    """A cube of as many pixels as the South Downs have, of 48 dates, three bands and two masks: what memory it takes."""
    data = scenes.Data("ard", 48, 7680, distinct=3)
    items, job = scenes.make(data, bench.files_folder), jobs.job(data)
    took = bench.ardent.load(job.recipe(bench.index(data, items)), bench.folder / "out" / "extra.tif")
    print(f"\n{data.name}: {job.width_px} × {job.height_px} px, {job.dates} dates: {took['wall']:.1f} s, CPU {took['cpu']:.1f} s, "
          f"peak {took['rss_mb']:.0f} MB; {took['summary']['bytes_read'] / 1e9:.1f} GB read.", flush=True)


def linear(bench):
    """Seconds by dates and area: wall time, and CPU."""
    data = scenes.Data("ard", 48, bench.options.side)
    items = scenes.make(data, bench.files_folder)
    collection = bench.index(data, items)
    shares = {1: (0.5, 0.5), 2: (1, 0.5), 4: (1, 1)}
    print("\n| dates | " + " | ".join(f"{area} × {data.side_px // 2}² px: wall s (CPU s)" for area in shares) + " |\n|--:|--:|--:|--:|")
    for dates in (12, 24, 48):
        each = [bench.seconds(jobs.job(data, share, dates).recipe(collection)) for share in shares.values()]
        cells = [f"{wall:.2f} ({cpu:.2f})" for wall, cpu in each]
        print(f"| {dates} | " + " | ".join(cells) + " |", flush=True)
