//! A folder of small scenes, and cubes made from them.

use std::{
    collections::{BTreeMap, HashMap},
    path::Path,
    sync::Arc,
};

use ardent_cog::RasterCache;
use ardent_datacube::{Engine, Error, Finished, Format, Ledger, Made, Plan, Request};
use ardent_model::{Asset, Item, Recipe};
use ardent_storage::{Profiles, Stores};
use ardent_testkit::{
    raster::{self, RasterSpec},
    s3::{self, S3},
};
use gdal::{Dataset, Metadata as _};
use serde_json::{Value, json};
use tempfile::TempDir;

pub(crate) struct Archive {
    pub(crate) folder: TempDir,
    pub(crate) items: Vec<Item>,
    pub(crate) memory_bytes: usize,
    pub(crate) disk_bytes: u64,
    /// Headers, kept from cube to cube.
    pub(crate) rasters: RasterCache,
    /// Serves the files, if they are to be read over HTTP.
    pub(crate) server: Option<S3>,
}

/// A finished cube, read back by GDAL.
pub(crate) struct Cube {
    pub(crate) bands: Vec<Vec<f64>>,
    pub(crate) names: Vec<String>,
    pub(crate) nodata: Option<f64>,
    pub(crate) geotransform: [f64; 6],
    pub(crate) size_px: (usize, usize),
    pub(crate) data_type: String,
    /// What the file says of each band.
    pub(crate) notes: BTreeMap<String, BTreeMap<String, String>>,
    pub(crate) tiles_read: u64,
    pub(crate) tiles_skipped: u64,
    /// What was left out.
    pub(crate) ledger: Ledger,
    /// Metadata of the file.
    pub(crate) metadata: HashMap<String, String>,
}

/// The value at a column and row.
pub(crate) type Values<'a> = &'a dyn Fn(usize, usize) -> f64;

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

/// Bucket of a served archive.
const BUCKET: &str = "ard";

impl Archive {
    pub(crate) fn new() -> Self {
        Self {
            folder: tempfile::tempdir().unwrap(),
            items: Vec::new(),
            memory_bytes: 1 << 30,
            disk_bytes: 1 << 30,
            rasters: RasterCache::new(100),
            server: None,
        }
    }

    /// With an S3 server in front of its folder, which can be told to fail.
    pub(crate) fn served() -> Self {
        let mut archive = Self::new();
        std::fs::create_dir(archive.folder.path().join(BUCKET)).unwrap();
        let runtime = tokio::runtime::Runtime::new().unwrap();
        archive.server = Some(runtime.block_on(s3::start_in(archive.folder.path(), 0)).unwrap());
        archive
    }

    pub(crate) fn server(&self) -> &S3 {
        self.server.as_ref().unwrap()
    }

    pub(crate) fn path(&self, name: &str) -> std::path::PathBuf {
        let folder = self.folder.path();
        if self.server.is_some() { folder.join(BUCKET).join(name) } else { folder.join(name) }
    }

    pub(crate) fn add(&mut self, scene: &SceneSpec<'_>) -> &mut Self {
        let (value, mask) = (format!("{}_red.tif", scene.id), format!("{}_clouds.tif", scene.id));
        raster::write(&self.path(&value), &scene.spec, |_, x, y| (scene.values)(x, y)).unwrap();
        let spec = RasterSpec { data_type: raster::DataType::Uint8, ..scene.spec.clone() };
        raster::write(&self.path(&mask), &spec, |_, x, y| (scene.mask)(x, y)).unwrap();
        let href = |name: &str| match self.server {
            Some(_) => format!("s3://{BUCKET}/{name}"),
            None => self.path(name).display().to_string(),
        };
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

    /// A scene with more bands of the same shape, all of them scaled by 0.0001.
    pub(crate) fn add_bands(&mut self, scene: &SceneSpec<'_>, bands: &[(&str, Values<'_>)]) {
        self.add(scene);
        for (name, values) in bands {
            let path = self.path(&format!("{}_{name}.tif", scene.id));
            raster::write(&path, &scene.spec, |_, x, y| values(x, y)).unwrap();
            let asset = Asset::from_stac(name, &json!({"href": path.display().to_string()}), None);
            self.items.last_mut().unwrap().assets.push(asset);
        }
        let assets = self.items.last_mut().unwrap().assets.iter_mut().filter(|asset| asset.key != "fmask");
        assets.flat_map(|asset| &mut asset.bands).for_each(|band| band.scale = 0.0001);
    }

    #[expect(clippy::needless_pass_by_value, reason = "callers build the recipe in place")]
    pub(crate) fn cube(&self, changes: Value) -> Result<Cube, Error> {
        let runtime = tokio::runtime::Runtime::new().unwrap();
        runtime.block_on(self.make(&recipe(&changes)?))
    }

    /// The finished file in any form.
    pub(crate) fn file(&self, changes: &Value, format: Format) -> Result<Finished, Error> {
        let recipe = recipe(changes)?;
        let runtime = tokio::runtime::Runtime::new().unwrap();
        runtime.block_on(async {
            let plan = self.plan(&recipe).await?.laid_out(format.layout());
            format.check(&plan)?;
            self.engine().run(Arc::new(plan)).await?.scratch.finish(format).await
        })
    }

    fn engine(&self) -> Engine {
        Engine::new(self.memory_bytes, 4).with_disk(self.disk_bytes)
    }

    fn stores(&self) -> Stores {
        let mut profiles = Profiles::default().with_folder(self.folder.path());
        if let Some(server) = &self.server {
            let file = self.folder.path().join("stores.toml");
            std::fs::write(&file, server.profile_toml()).unwrap();
            profiles.stores.extend(Profiles::read(&file).unwrap().stores);
        }
        Stores::new(profiles).unwrap()
    }

    /// The plan of a recipe, and then the cube.
    pub(crate) async fn plan(&self, recipe: &Recipe) -> Result<Plan, Error> {
        let stores = self.stores();
        let request = Request {
            recipe,
            items: self.items.clone(),
            collections: &[],
            stores: &stores,
            rasters: &self.rasters,
            max_pixels: 10_000_000,
            fetches: 4,
        };
        Plan::make(request).await
    }

    pub(crate) async fn run(&self, plan: Plan) -> Result<Cube, Error> {
        let Made { scratch, taken, plan } = self.engine().run(Arc::new(plan)).await?;
        let file = scratch.finish(Format::default()).await?.file;
        Ok(Cube {
            tiles_read: taken.tiles_read,
            tiles_skipped: taken.tiles_skipped,
            ledger: plan.ledger.clone(),
            ..read(&file)
        })
    }

    async fn make(&self, recipe: &Recipe) -> Result<Cube, Error> {
        let plan = self.plan(recipe).await?;
        self.run(plan).await
    }
}

/// The recipe of all of `red`, changed.
pub(crate) fn recipe(changes: &Value) -> Result<Recipe, Error> {
    let mut recipe = json!({"collections": ["c"], "bands": ["red"]});
    for (member, value) in changes.as_object().unwrap() {
        recipe[member] = value.clone();
    }
    Ok(Recipe::parse(recipe.to_string().as_bytes())?)
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
        size_px: dataset.raster_size(),
        data_type: first.band_type().name(),
        notes: bands()
            .map(|band| {
                let notes = band.metadata().filter(|note| note.domain.is_empty());
                (band.description().unwrap(), notes.map(|note| (note.key, note.value)).collect())
            })
            .collect(),
        tiles_read: 0,
        tiles_skipped: 0,
        ledger: Ledger::default(),
        metadata: dataset.metadata().map(|entry| (entry.key, entry.value)).collect(),
    }
}
