//! Writing the files of an archive.

use std::path::Path;

use anyhow::Context as _;
use rayon::prelude::*;

use super::{
    expected::Window,
    ground::Ground,
    landscape::Scene,
    metadata::iso_19139,
    options::{Compression, Options},
    plan::Plan,
    product::{IMAGE_SUFFIX, Product, Tile},
    sky::{CLEAR, CLOUDY, SHADOW},
    spectrum::BANDS,
    thumbnail::thumbnail,
};
use crate::raster::{DataType, Interleave, RasterSpec, write_bands};

/// The pixels of a product: ten bands, and masks.
struct Pixels {
    bands: Vec<Vec<u16>>,
    clouds: Vec<u8>,
    valid: Vec<u8>,
    hill_shade: Vec<u8>,
    saturation: Vec<u8>,
    probability: Vec<u8>,
}

/// Writes an archive below `folder`, with `scenes.json` (the [`Plan`]) beside its `sentinel_2`. Files that are there
/// are replaced. Products are written in parallel; the bytes depend on nothing but the options.
pub fn write(folder: &Path, options: &Options) -> anyhow::Result<Plan> {
    let mut plan = Plan::new(options)?;
    let landscape = options.landscape();
    let mut products = std::mem::take(&mut plan.products);
    for tile in &plan.tiles {
        let window = Window::of_bounds(tile.bounds);
        let ground: Vec<Ground> = (0..window.height_px)
            .into_par_iter()
            .flat_map_iter(|row| (0..window.width_px).map(move |column| window.centre(column, row)))
            .map(|(x, y)| landscape.ground(x, y))
            .collect();
        let of_tile: Vec<&mut Product> = products.iter_mut().filter(|product| product.tile == tile.id).collect();
        of_tile.into_par_iter().try_for_each(|product| {
            let pixels = Pixels::new(&landscape.on(product.date), &window, &ground);
            pixels.measure(product);
            pixels.write(&folder.join(&product.folder), options, (product, tile))
        })?;
    }
    plan.products = products;
    let list = folder.join("scenes.json");
    std::fs::write(&list, serde_json::to_vec_pretty(&plan)?).with_context(|| format!("list {}", list.display()))?;
    Ok(plan)
}

impl Pixels {
    fn new(scene: &Scene, window: &Window, ground: &[Ground]) -> Self {
        let count = ground.len();
        let mut pixels = Self {
            bands: vec![Vec::with_capacity(count); BANDS.len()],
            clouds: Vec::with_capacity(count),
            valid: Vec::with_capacity(count),
            hill_shade: Vec::with_capacity(count),
            saturation: Vec::with_capacity(count),
            probability: Vec::with_capacity(count),
        };
        for (at, ground) in ground.iter().enumerate() {
            let (x, y) = window.centre(at % window.width_px, at / window.width_px);
            let (values, seen) = scene.stored(ground, x, y);
            for (band, value) in pixels.bands.iter_mut().zip(values) {
                band.push(value);
            }
            pixels.valid.push(u8::from(seen.is_some()));
            pixels.clouds.push(seen.map_or(CLEAR, super::sky::Seen::class));
            pixels.hill_shade.push(u8::from(seen.is_some() && scene.hill_shade(ground)));
            pixels.saturation.push(u8::from(Scene::saturates(&values)));
            pixels.probability.push(seen.map_or(0, |seen| scene.sky.probability(seen, x, y)));
        }
        pixels
    }

    fn measure(&self, product: &mut Product) {
        let mut classes = [0_u32; 3];
        for &class in &self.clouds {
            classes[usize::from(class)] += 1;
        }
        let valid = self.valid.iter().map(|&value| f64::from(value)).sum::<f64>();
        let (cloudy, shaded) = (f64::from(classes[usize::from(CLOUDY)]), f64::from(classes[usize::from(SHADOW)]));
        product.valid_fraction = valid / self.valid.len() as f64;
        product.cloud_cover = cloudy / valid.max(1.0);
        product.clear_fraction = (valid - cloudy - shaded) / valid.max(1.0);
    }

    fn write(self, folder: &Path, options: &Options, (product, tile): (&Product, &Tile)) -> anyhow::Result<()> {
        std::fs::create_dir_all(folder).with_context(|| format!("folder {}", folder.display()))?;
        let place = |end: &str| folder.join(format!("{}{end}", product.name));
        let picture = thumbnail(&self.bands, options.size_px)?;
        std::fs::write(place(&format!("{IMAGE_SUFFIX}_thumbnail.jpg")), picture)?;
        std::fs::write(place(&format!("{IMAGE_SUFFIX}_meta.xml")), iso_19139(product, tile))?;

        let image = image(options, tile);
        let mask = RasterSpec {
            bands: 1,
            band_names: Vec::new(),
            data_type: DataType::Uint8,
            predictor: 1,
            interleave: Interleave::Pixel,
            ..image.clone()
        };
        write_bands(&place(&format!("{IMAGE_SUFFIX}.tif")), &image, self.bands)?;
        write_bands(&place("_clouds.tif"), &mask, vec![self.clouds])?;
        write_bands(&place("_valid.tif"), &mask, vec![self.valid])?;
        write_bands(&place("_toposhad.tif"), &mask, vec![self.hill_shade])?;
        write_bands(&place("_sat.tif"), &mask, vec![self.saturation])?;
        let name = format!("{}_clouds_prob.tif", product.name);
        if product.files.contains(&name) {
            let percent = RasterSpec { nodata: None, ..mask };
            write_bands(&folder.join(name), &percent, vec![self.probability])?;
        }
        Ok(())
    }
}

fn image(options: &Options, tile: &Tile) -> RasterSpec {
    let tile_px = options.inner_tile_px();
    let factors = (1..6).map(|level| 1_i32 << level);
    let factors = factors.take_while(|&factor| options.size_px * 2 / factor as usize > tile_px);
    RasterSpec {
        width_px: options.size_px,
        height_px: options.size_px,
        bands: BANDS.len(),
        band_names: BANDS.map(str::to_owned).to_vec(),
        data_type: DataType::Uint16,
        compression: match options.compression {
            Compression::Deflate => "DEFLATE",
            Compression::Zstd => "ZSTD",
            Compression::Lzw => "LZW",
            Compression::None => "NONE",
        },
        predictor: 2,
        interleave: options.interleave,
        tile_px: Some(tile_px),
        nodata: Some(0.0),
        overviews: if options.no_overviews { Vec::new() } else { factors.collect() },
        geotransform: [tile.bounds[0], 10.0, 0.0, tile.bounds[3], 0.0, -10.0],
        epsg: Some(27700),
        options: if options.compression == Compression::Deflate {
            vec![("ZLEVEL", "2".to_owned())]
        } else {
            Vec::new()
        },
        ..RasterSpec::default()
    }
}
