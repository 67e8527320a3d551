#!/usr/bin/env python3
"""One cube by one peer, in a process of its own: peers.py odc|gdal JOB.json OUT.npy"""

import json
import os
import sys
import time
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import numpy as np

BANDS = ["red", "green", "blue"]
ARD_BANDS = [3, 2, 1]
SCL_KEPT = (2, 4, 5, 6, 7, 11)
STRIP_PX = 512


def started():
    """Says what the interpreter and its imports took so far."""
    print(json.dumps({"start_cpu_seconds": time.process_time()}))


def by_odc(job):
    """odc-stac, dask's threads, xarray's median (of bottleneck)."""
    import dask
    import odc.stac
    import pystac
    import xarray
    from affine import Affine
    from odc.geo.geobox import GeoBox

    started()
    # If it is installed: compiling itself anew in each process would take it most of the time.
    xarray.set_options(use_numbagg=False)
    dask.config.set(scheduler="threads", num_workers=os.cpu_count())
    is_warped = job["kind"] == "utm"
    masks = ["scl"] if is_warped else ["clouds", "valid"]
    grid = GeoBox((job["height_px"], job["width_px"]), Affine(10, 0, job["left"], 0, -10, job["top"]), "EPSG:27700")
    how = {band: "bilinear" if is_warped else "nearest" for band in BANDS} | {mask: "nearest" for mask in masks}
    items = [pystac.Item.from_dict(item) for item in job["items"]]
    cube = odc.stac.load(items, bands=BANDS + masks, geobox=grid, chunks={"x": STRIP_PX, "y": STRIP_PX}, groupby="id",
                         resampling=how)
    kept = cube.scl.isin(SCL_KEPT) if is_warped else (cube.clouds == 0) & (cube.valid == 1)
    values = cube[BANDS].where(kept & (cube[BANDS] != 0))
    medians = []
    for group in range(max(job["groups"]) + 1):
        dates = [number for number, one in enumerate(job["groups"]) if one == group]
        medians.append(values.isel(time=dates).chunk({"time": -1}).median("time"))
    return np.concatenate([np.stack([one[band].values for band in BANDS]) for one in dask.compute(*medians)])


def by_gdal(job):
    """GDAL's warped VRTs read by strips in processes, numpy's masks, bottleneck's median."""
    import bottleneck
    import rasterio.vrt

    started()
    groups = max(job["groups"]) + 1
    out = np.empty((groups * len(BANDS), job["height_px"], job["width_px"]), np.float32)
    tasks = [(job, group, top) for group in range(groups) for top in range(0, job["height_px"], STRIP_PX)]
    with ProcessPoolExecutor() as workers:
        for (_, group, top), strip in zip(tasks, workers.map(gdal_strip, tasks)):
            out[group * len(BANDS) : (group + 1) * len(BANDS), top : top + strip.shape[1]] = strip
    return out


def gdal_strip(task):
    import bottleneck
    from rasterio.windows import Window

    job, group, top = task
    window = Window(0, top, job["width_px"], min(STRIP_PX, job["height_px"] - top))
    items = [item for item, one in zip(job["items"], job["groups"]) if one == group]
    stack = np.empty((len(BANDS), len(items), int(window.height), int(window.width)), np.float32)
    for number, item in enumerate(items):
        read = lambda key, bands: gdal_read(job, item["assets"][key]["href"], bands, window, key == "scl")
        if job["kind"] == "utm":
            kept = np.isin(read("scl", 1), SCL_KEPT)
            values = np.stack([read(band, 1) for band in BANDS])
        else:
            kept = (read("clouds", 1) == 0) & (read("valid", 1) == 1)
            values = read("data", ARD_BANDS)
        stack[:, number] = np.where(kept & (values != 0), values, np.float32(np.nan))
    return np.stack([bottleneck.nanmedian(band, 0) for band in stack])


def gdal_read(job, href, bands, window, is_mask):
    import rasterio
    from rasterio.enums import Resampling
    from rasterio.transform import from_origin
    from rasterio.vrt import WarpedVRT

    with rasterio.open(f"/vsicurl/{href}") as file:
        if job["kind"] != "utm":
            return file.read(bands, window=window)
        with WarpedVRT(file, crs="EPSG:27700", transform=from_origin(job["left"], job["top"], 10, 10),
                       width=job["width_px"], height=job["height_px"],
                       resampling=Resampling.nearest if is_mask else Resampling.bilinear) as warped:
            return warped.read(bands, window=window)


if __name__ == "__main__":
    document = json.loads(Path(sys.argv[2]).read_text())
    np.save(sys.argv[3], {"odc": by_odc, "gdal": by_gdal}[sys.argv[1]](document))
