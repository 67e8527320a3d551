"""The two cubes that are asked for, as recipes and as grids."""

import json
from dataclasses import dataclass

import numpy as np
from pyproj import Transformer
from rasterio.transform import from_origin

from .scenes import SCL_KEPT

BANDS = ["red", "green", "blue"]
SEASONS = ["2019-DJF", "2019-MAM", "2019-JJA", "2019-SON"]


@dataclass(frozen=True)
class Job:
    """A cube of a set of scenes, in EPSG:27700 at 10 m."""

    data: object
    left: float
    top: float
    width_px: int
    height_px: int
    dates: int

    @property
    def is_warped(self):
        return self.data.kind == "utm"

    @property
    def transform(self):
        return from_origin(self.left, self.top, 10, 10)

    @property
    def groups(self):
        return len(SEASONS) if self.is_warped else 1

    def group(self, number):
        """Of a date: December to February is the first season."""
        return self.data.day(number).month % 12 // 3 if self.is_warped else 0

    def recipe(self, collection):
        right, bottom = self.left + 10 * self.width_px, self.top - 10 * self.height_px
        recipe = {
            "collections": [collection], "datetime": f"{self.data.day(0)}/{self.data.day(self.dates - 1)}",
            "bbox": [self.left, bottom, right, self.top], "bbox_crs": "EPSG:27700", "crs": "EPSG:27700",
            "resolution": 10, "anchor": [self.left, self.top], "bands": BANDS, "reduce": "median"}
        if self.is_warped:
            return recipe | {"mask": {"scl": list(SCL_KEPT)}, "resampling": "bilinear", "group": "season"}
        return recipe | {"mask": {"clouds": [0]}, "valid": {"valid": [1]}, "group": "all"}

    def write(self, path, items):
        """For the peers."""
        path.write_text(json.dumps({
            "kind": self.data.kind, "left": self.left, "top": self.top, "width_px": self.width_px,
            "height_px": self.height_px, "groups": [self.group(number) for number in range(self.dates)],
            "items": items[: self.dates]}))
        return path


def job(data, share=(1, 1), dates=None):
    """The whole of the scenes' own grid, or a share of it across and down; of UTM the largest box inside, in whole 80 m."""
    left, top = data.corner
    if data.kind == "ard":
        return Job(data, left, top, int(data.side_px * share[0]), int(data.side_px * share[1]), dates or data.dates)
    size_m = 10 * data.side_px
    along = np.linspace(0, size_m, 21)
    to_grid = Transformer.from_crs(32630, 27700, always_xy=True).transform
    edge = lambda x, y: to_grid(np.broadcast_to(x, 21), np.broadcast_to(y, 21))
    west = np.ceil(edge(left, top - along)[0].max() / 80) * 80 + 80
    east = np.floor(edge(left + size_m, top - along)[0].min() / 80) * 80 - 80
    south = np.ceil(edge(left + along, top - size_m)[1].max() / 80) * 80 + 80
    north = np.floor(edge(left + along, top)[1].min() / 80) * 80 - 80
    return Job(data, float(west), float(north), int(east - west) // 10, int(north - south) // 10, data.dates)


def positions(job, step_px=1, extra=0):
    """Where the cube's pixels lie in UTM scenes: columns and rows from their corner, of every `step_px`-th pixel."""
    rows, columns = (np.arange(-(-size // step_px) + extra) * step_px for size in (job.height_px, job.width_px))
    x, y = np.meshgrid(job.left + 10 * (columns + 0.5), job.top - 10 * (rows + 0.5))
    east, north = Transformer.from_crs(27700, 32630, always_xy=True).transform(x, y)
    left, top = job.data.corner
    return (east - left) / 10, (top - north) / 10
