"""The plan for the floor: which bytes of which files it unpacks, by GDAL's metadata of their blocks."""

import json

import numpy as np
import rasterio

from .jobs import BANDS, positions
from .scenes import ARD_BANDS, SCL_KEPT

STEP_PX = 16


def write_plan(job, items, folder, path):
    dates = []
    for number in range(job.dates):
        file = lambda key, wanted=(0,), keep=(): raster(folder / items[number]["assets"][key]["href"], wanted, keep)
        if job.is_warped:
            masks, values = [file("scl", keep=SCL_KEPT)], [file(band) for band in BANDS]
        else:
            masks = [file("clouds", keep=[0]), file("valid", keep=[1])]
            values = [file("data", [ARD_BANDS.index(band) for band in BANDS])]
        dates.append({"group": job.group(number), "masks": masks, "values": values})
    lattice = None
    if job.is_warped:
        x, y = positions(job, STEP_PX, extra=1)
        nodes = np.stack([x, y], -1).reshape(-1, 2).tolist()
        lattice = {"step_px": STEP_PX, "columns": x.shape[1], "nodes": nodes}
    path.write_text(json.dumps({"width_px": job.width_px, "height_px": job.height_px, "bands": len(BANDS),
                                "dates": dates, "lattice": lattice}))
    return path


def raster(path, wanted, keep):
    with rasterio.open(path) as file:
        return {"path": str(path), "width_px": file.width, "height_px": file.height, "tile_px": file.block_shapes[0][0],
                "samples": file.count, "wanted": list(wanted), "sample_bytes": np.dtype(file.dtypes[0]).itemsize,
                "predictor": int(file.tags(ns="IMAGE_STRUCTURE").get("PREDICTOR", 1)), "keep": list(keep),
                "tiles": blocks(file)}


def blocks(file):
    """Offset and length of each tile of the full resolution, row by row."""
    rows, columns = (-(-size // file.block_shapes[0][0]) for size in (file.height, file.width))
    tag = lambda name, row, column: int(file.get_tag_item(f"BLOCK_{name}_{column}_{row}", "TIFF", bidx=1))
    return [(tag("OFFSET", row, column), tag("SIZE", row, column)) for row in range(rows) for column in range(columns)]


def read(path, job):
    """What the floor wrote."""
    return np.fromfile(path, np.uint16).reshape(-1, job.height_px, job.width_px)
