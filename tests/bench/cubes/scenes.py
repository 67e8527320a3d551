"""Scenes made of nothing but their number: terrain, noise, clouds, the edge of the swath. As files and STAC items."""

import datetime
import json
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass

import numpy as np
import rasterio
from rasterio.transform import from_origin
from rasterio.warp import transform_bounds

ARD_BANDS = ["blue", "green", "red", "rededge1", "rededge2", "rededge3", "nir", "nir2", "swir1", "swir2"]
UTM_BANDS = ["blue", "green", "red"]
TILE_PX = 512
CLEAR, CLOUD, SHADOW = 0, 1, 2
#: Classes of `scl` that are kept: dark, vegetation, bare, water, unclassified, snow.
SCL_KEPT = (2, 4, 5, 6, 7, 11)
SCL_NODATA, SCL_SHADOW, SCL_VEGETATION, SCL_CLOUD = 0, 3, 4, 9


@dataclass(frozen=True)
class Data:
    """A set of scenes: what decides every pixel of it."""

    kind: str
    dates: int
    side_px: int
    #: Share of the tiles of all dates that are wholly cloudy.
    masked: float = 0.0
    #: How many different scenes there are, if not one for each date: large ones fill the disk.
    distinct: int = 0

    @property
    def name(self):
        masked = f"-masked{self.masked:g}" if self.masked else ""
        return f"{self.kind}-{self.dates}x{self.side_px}{masked}" + (f"-of{self.distinct}" if self.distinct else "")

    @property
    def epsg(self):
        return 27700 if self.kind == "ard" else 32630

    @property
    def corner(self):
        """Easting and northing of the upper left corner, in the south of England."""
        return (470_000, 135_000) if self.kind == "ard" else (600_000, 5_660_040)

    def day(self, number):
        """ARD spans a summer, UTM four seasons."""
        first, days = (datetime.date(2019, 6, 1), 92) if self.kind == "ard" else (datetime.date(2018, 12, 1), 365)
        return first + datetime.timedelta(days=days * number // self.dates)

    def masked_tiles(self):
        """(date, row, column) of the tiles that are wholly cloudy."""
        down = -(-self.side_px // TILE_PX)
        every = [(date, row, column) for date in range(self.dates) for row in range(down) for column in range(down)]
        order = np.random.Generator(np.random.PCG64(7)).permutation(len(every))
        return {every[index] for index in order[: round(self.masked * len(every))]}


def make(data, folder):
    """Writes what is missing of a set; its items, their assets named by file alone."""
    folder = folder / data.name
    folder.mkdir(parents=True, exist_ok=True)
    items = folder / "items.json"
    if not items.exists():
        with ProcessPoolExecutor() as workers:
            count = data.distinct or data.dates
            made = list(workers.map(scene, [data] * count, range(count), [folder] * count))
        made += [again(data, made[number % count], number) for number in range(count, data.dates)]
        items.write_text(json.dumps(made))
    return json.loads(items.read_text())


def scene(data, number, folder):
    """Writes the files of a date; its item."""
    random = np.random.Generator(np.random.PCG64([20190601, number]))
    side = data.side_px
    cloud, shadow, valid = sky(data, number, random)
    # The ground is the same on every date; its colour follows the season.
    ground = 500 + 900 * smooth(np.random.Generator(np.random.PCG64(1)), side, 64)
    ground *= 1 + 0.15 * np.sin(2 * np.pi * data.day(number).timetuple().tm_yday / 365)
    bands = ARD_BANDS if data.kind == "ard" else UTM_BANDS
    values = np.empty((len(bands), side, side), np.uint16)
    for index in range(len(bands)):
        band = ground * (0.6 + 0.15 * index)
        band += random.standard_normal((side, side), np.float32) * (3 + 0.005 * band)
        band = np.where(shadow, 0.4 * band, np.where(cloud, 3000 + 2 * band, band))
        values[index] = np.where(valid, np.clip(np.rint(band), 1, 16_000), 0)
    name = f"{data.kind}_{data.day(number):%Y%m%d}_{number:03}"
    if data.kind == "ard":
        classes = np.where(cloud, CLOUD, np.where(shadow, SHADOW, CLEAR)).astype(np.uint8)
        files = {"data": (values, 10, 0, ARD_BANDS), "clouds": (classes[None], 10, None, ["clouds"]),
                 "valid": (valid[None].astype(np.uint8), 10, None, ["valid"])}
    else:
        classes = np.where(cloud, SCL_CLOUD, np.where(shadow, SCL_SHADOW, SCL_VEGETATION))
        scl = np.where(valid, classes, SCL_NODATA)[::2, ::2].astype(np.uint8)
        files = {band: (values[index][None], 10, 0, [band]) for index, band in enumerate(bands)}
        files["scl"] = (scl[None], 20, 0, ["scl"])
    assets = {key: write(data, folder / f"{name}_{key}.tif", *one) for key, one in files.items()}
    return item(data, name, number, assets)


def again(data, same, number):
    """The item of another date that has the files of one before."""
    properties = {**same["properties"], "datetime": f"{data.day(number)}T11:00:00Z"}
    return {**same, "id": f"{data.kind}_{data.day(number):%Y%m%d}_{number:03}", "properties": properties}


def sky(data, number, random):
    """Where there is cloud, where its shadow, and where there is a scene at all."""
    side = data.side_px
    field = smooth(random, side, max(64, side // 12))
    share = float(np.clip(random.beta(1.2, 1.6), 0.02, 0.95))
    cloud = field > np.quantile(field[::8, ::8], 1 - share)
    for date, row, column in data.masked_tiles() if data.masked else ():
        if date == number:
            cloud[row * TILE_PX : (row + 1) * TILE_PX, column * TILE_PX : (column + 1) * TILE_PX] = True
    shadow = np.roll(cloud, (max(8, side // 80), 8), (0, 1)) & ~cloud
    edge = random.uniform(0.15, 0.6) * side + 0.22 * np.arange(side)
    valid = np.arange(side)[None, :] < edge[:, None] if number % 3 == 1 else np.ones((side, side), bool)
    return cloud, shadow, valid


def smooth(random, side, cell_px):
    """Noise from 0 to 1, interpolated between nodes `cell_px` apart and those half as far."""
    total = np.zeros((side, side), np.float32)
    for weight, cell in ((0.7, cell_px), (0.3, cell_px // 2)):
        nodes = random.random((side // cell + 2, side // cell + 2), np.float32)
        at = np.arange(side) / cell
        low, share = at.astype(int), (at % 1).astype(np.float32)
        across = nodes[:, low] * (1 - share) + nodes[:, low + 1] * share
        total += weight * (across[low] * (1 - share[:, None]) + across[low + 1] * share[:, None])
    return total


def write(data, path, values, pixel_m, nodata, names):
    """A COG of GDAL's; its asset."""
    left, top = data.corner
    transform = from_origin(left, top, pixel_m, pixel_m)
    bands, rows, columns = values.shape
    with rasterio.open(path, "w", driver="COG", count=bands, height=rows, width=columns, dtype=values.dtype, nodata=nodata,
                       crs=f"EPSG:{data.epsg}", transform=transform, blocksize=TILE_PX, compress="DEFLATE", level=6,
                       predictor="YES" if values.dtype.itemsize == 2 else "NO",
                       overview_resampling="AVERAGE" if values.dtype.itemsize == 2 else "NEAREST") as file:
        file.write(values)
        file.descriptions = names
    kind = {"data_type": str(values.dtype), "spatial_resolution": pixel_m} | ({} if nodata is None else {"nodata": nodata})
    return {"href": path.name, "type": "image/tiff; application=geotiff; profile=cloud-optimized", "roles": ["data"],
            "proj:epsg": data.epsg, "proj:shape": [rows, columns], "proj:transform": [*transform],
            "raster:bands": [kind] * bands, "eo:bands": [{"name": name} for name in names]}


def item(data, name, number, assets):
    (left, top), size_m = data.corner, data.side_px * 10
    west, south, east, north = transform_bounds(f"EPSG:{data.epsg}", "EPSG:4326", left, top - size_m, left + size_m, top)
    ring = [[west, south], [east, south], [east, north], [west, north], [west, south]]
    return {"type": "Feature", "stac_version": "1.0.0", "id": name, "links": [], "bbox": [west, south, east, north],
            "stac_extensions": [f"https://stac-extensions.github.io/{one}/v1.1.0/schema.json"
                                for one in ("projection", "raster", "eo")],
            "geometry": {"type": "Polygon", "coordinates": [ring]}, "assets": assets,
            "properties": {"datetime": f"{data.day(number)}T11:00:00Z", "proj:epsg": data.epsg}}


def with_base(items, collection, base):
    """The same items in a collection, their assets below an address."""
    def placed(one):
        assets = {key: {**asset, "href": f"{base}/{asset['href']}"} for key, asset in one["assets"].items()}
        return {**one, "collection": collection, "assets": assets,
                "links": [{"rel": "collection", "href": "./collection.json"}]}

    return [placed(one) for one in items]


def write_documents(items, collection, folder):
    """What `ardent index` takes."""
    folder.mkdir(parents=True, exist_ok=True)
    times = sorted(one["properties"]["datetime"] for one in items)
    extent = {"spatial": {"bbox": [items[0]["bbox"]]}, "temporal": {"interval": [[times[0], times[-1]]]}}
    (folder / "collection.json").write_text(json.dumps({
        "type": "Collection", "stac_version": "1.0.0", "id": collection, "description": "Scenes of the cube benchmark",
        "license": "other", "links": [], "extent": extent}))
    (folder / "items.json").write_text(json.dumps({"type": "FeatureCollection", "features": items}))
    return folder
