//! A folder of small scenes, and cubes made from them.

use std::{path::Path, sync::Arc};

use ardent_cog::RasterCache;
use ardent_datacube::{Engine, Error, Finished, Format, Plan, Request, Taken};
use ardent_model::{Item, Recipe};
use ardent_storage::{Profiles, Stores};
use ardent_testkit::raster::{self, RasterSpec};
use gdal::{Dataset, Metadata as _};
use serde_json::{Value, json};
use tempfile::TempDir;

pub(crate) struct Archive {
    pub(crate) folder: TempDir,
    pub(crate) items: Vec<Item>,
    pub(crate) memory_bytes: usize,
    pub(crate) disk_bytes: u64,
}

/// A finished cube, read back by GDAL.
pub(crate) struct Cube {
    pub(crate) bands: Vec<Vec<f64>>,
    pub(crate) names: Vec<String>,
    pub(crate) nodata: Option<f64>,
    pub(crate) geotransform: [f64; 6],
    pub(crate) data_type: String,
    pub(crate) tiles_skipped: u64,
}

/// One scene: where its corner lies, and its values.
pub(crate) struct SceneSpec<'a> {
    pub(crate) id: &'a str,
    pub(crate) datetime: &'a str,
    pub(crate) spec: RasterSpec,
    pub(crate) values: &'a dyn Fn(usize, usize) -> f64,
    pub(crate) mask: &'a dyn Fn(usize, usize) -> f64,
}

/// A uint16 raster of one band on the British grid.
pub(crate) fn british(left: f64, top: f64, size_px: usize) -> RasterSpec {
    RasterSpec {
        width_px: size_px,
        height_px: size_px,
        bands: 1,
        data_type: raster::DataType::Uint16,
        nodata: Some(0.0),
        tile_px: Some(64),
        geotransform: [left, 10.0, 0.0, top, 0.0, -10.0],
        epsg: Some(27700),
        ..RasterSpec::default()
    }
}

impl Archive {
    pub(crate) fn new() -> Self {
        Self { folder: tempfile::tempdir().unwrap(), items: Vec::new(), memory_bytes: 1 << 30, disk_bytes: 1 << 30 }
    }

    pub(crate) fn path(&self, name: &str) -> std::path::PathBuf {
        self.folder.path().join(name)
    }

    pub(crate) fn add(&mut self, scene: &SceneSpec<'_>) -> &mut Self {
        let (value, mask) = (format!("{}_red.tif", scene.id), format!("{}_clouds.tif", scene.id));
        raster::write(&self.path(&value), &scene.spec, |_, x, y| (scene.values)(x, y)).unwrap();
        let spec = RasterSpec { data_type: raster::DataType::Uint8, ..scene.spec.clone() };
        raster::write(&self.path(&mask), &spec, |_, x, y| (scene.mask)(x, y)).unwrap();
        let href = |name: &str| self.path(name).display().to_string();
        let document = json!({
            "type": "Feature", "stac_version": "1.1.0", "id": scene.id, "collection": "c", "links": [],
            "geometry": {"type": "Point", "coordinates": [-1.5, 50.9]}, "bbox": [-1.5, 50.9, -1.5, 50.9],
            "properties": {"datetime": scene.datetime},
            "assets": {
                "red": {"href": href(&value)},
                "fmask": {"href": href(&mask), "bands": [{"name": "fmask", "data_type": "uint8"}]},
            },
        });
        self.items.push(Item::from_stac(&document).unwrap());
        self
    }

    #[expect(clippy::needless_pass_by_value, reason = "callers build the recipe in place")]
    pub(crate) fn cube(&self, changes: Value) -> Result<Cube, Error> {
        let (finished, taken) = self.file(&changes, Format::default())?;
        Ok(Cube { tiles_skipped: taken.tiles_skipped, ..read(&finished.file) })
    }

    /// The finished file in any form.
    pub(crate) fn file(&self, changes: &Value, format: Format) -> Result<(Finished, Taken), Error> {
        let mut recipe = json!({"collections": ["c"], "bands": ["red"]});
        for (member, value) in changes.as_object().unwrap() {
            recipe[member] = value.clone();
        }
        let recipe = Recipe::parse(recipe.to_string().as_bytes())?;
        let runtime = tokio::runtime::Runtime::new().unwrap();
        runtime.block_on(self.make(&recipe, format))
    }

    async fn make(&self, recipe: &Recipe, format: Format) -> Result<(Finished, Taken), Error> {
        let stores = Stores::new(Profiles::default().with_folder(self.folder.path())).unwrap();
        let request = Request {
            recipe,
            items: self.items.clone(),
            collections: &[],
            stores: &stores,
            rasters: &RasterCache::new(100),
            max_pixels: 10_000_000,
            fetches: 4,
        };
        let plan = Arc::new(Plan::make(request).await?.laid_out(format.layout()));
        format.check(&plan)?;
        let (scratch, taken) = Engine::new(self.memory_bytes, 4).with_disk(self.disk_bytes).run(plan).await?;
        Ok((scratch.finish(format).await?, taken))
    }
}

pub(crate) fn read(path: &Path) -> Cube {
    let dataset = Dataset::open(path).unwrap();
    let bands = || (1..=dataset.raster_count()).map(|number| dataset.rasterband(number).unwrap());
    let first = dataset.rasterband(1).unwrap();
    Cube {
        bands: bands().map(|band| band.read_band_as::<f64>().unwrap().data().to_vec()).collect(),
        names: bands().map(|band| band.description().unwrap()).collect(),
        nodata: first.no_data_value(),
        geotransform: dataset.geo_transform().unwrap(),
        data_type: first.band_type().name(),
        tiles_skipped: 0,
    }
}
