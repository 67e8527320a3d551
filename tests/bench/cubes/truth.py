"""What is right, by numpy alone, and how near an answer is to it."""

import numpy as np
import rasterio

from .jobs import BANDS, positions
from .scenes import ARD_BANDS, SCL_KEPT


def truth(job, items, folder):
    """The cube (0 is no data), and where answers can be compared: (group, band, row, column)."""
    cubes, comparable = [], []
    where = positions(job) if job.is_warped else None
    for group in range(job.groups):
        dates = [one(job, items[number], folder, where) for number in range(job.dates) if job.group(number) == group]
        shape = (len(BANDS), job.height_px, job.width_px)
        stack = np.stack([date[0] for date in dates]) if dates else np.full((1, *shape), np.nan, np.float32)
        cubes.append(whole([median(stack[:, band]) for band in range(len(BANDS))]))
        is_mixed = np.any([date[1] for date in dates], axis=0) if dates else np.zeros(shape[1:], bool)
        comparable.append(np.broadcast_to(~is_mixed, shape))
    return np.concatenate(cubes), np.concatenate(comparable)


def one(job, item, folder, where):
    """A date's values, NaN where the masks drop them; and where a kernel would mix kept and dropped pixels."""
    read = lambda key, bands=None: rasterio.open(folder / item["assets"][key]["href"]).read(bands)
    if not job.is_warped:
        wanted = [ARD_BANDS.index(band) + 1 for band in BANDS]
        values = read("data", wanted)[:, : job.height_px, : job.width_px].astype(np.float32)
        kept = ((read("clouds", 1) == 0) & (read("valid", 1) == 1))[: job.height_px, : job.width_px]
        return np.where(kept & (values != 0), values, np.nan), np.zeros(kept.shape, bool)
    kept = np.isin(read("scl", 1), SCL_KEPT).repeat(2, 0).repeat(2, 1)
    x, y = where
    column, row = np.floor(x).astype(int), np.floor(y).astype(int)
    values = np.stack([bilinear(read(band, 1), x - 0.5, y - 0.5) for band in BANDS])
    return np.where(kept[row, column], values, np.nan), mixed(kept)[row, column]


def bilinear(pixels, x, y):
    """Whole numbers, as every contender rounds before it takes the median."""
    left, top = np.floor(x).astype(int), np.floor(y).astype(int)
    right, lower = x - left, y - top
    tap = lambda row, column: pixels[top + row, left + column].astype(np.float64)
    upper = tap(0, 0) * (1 - right) + tap(0, 1) * right
    return np.floor(upper * (1 - lower) + (tap(1, 0) * (1 - right) + tap(1, 1) * right) * lower + 0.5).astype(np.float32)


def mixed(kept):
    """Pixels whose neighbours are not all alike: kernels there lose taps in Ardent, and not in the peers."""
    shifted = [np.roll(kept, (down, right), (0, 1)) for down in (-1, 0, 1) for right in (-1, 0, 1)]
    return np.any(shifted, axis=0) & ~np.all(shifted, axis=0)


def median(stack):
    """By sorting: NaN goes last."""
    ordered = np.sort(stack, axis=0)
    count = np.count_nonzero(~np.isnan(stack), axis=0)
    pick = lambda index: np.take_along_axis(ordered, np.maximum(index, 0)[None], axis=0)[0]
    return np.where(count > 0, (pick((count - 1) // 2) + pick(count // 2)) / 2, np.nan)


def whole(values):
    """Halves rounded up; 0 is no data."""
    return np.floor(np.nan_to_num(np.asarray(values, np.float64)) + 0.5).astype(np.int32)


def compare(answer, right, comparable):
    """Shares of the comparable pixels that are equal, and that are within 1."""
    apart = np.abs(whole(answer) - right)[comparable]
    return {"equal": float(np.mean(apart == 0)), "within_1": float(np.mean(apart <= 1)),
            "compared": float(np.mean(comparable))}
