//! Georeference: the affine transform and CRS of a GeoTIFF (OGC 19-008r4).

use ardent_model::{Affine, Crs};

use crate::{bytes::Fault, description::Georeference, ifd::Directory};

const MODEL_PIXEL_SCALE: u16 = 33550;
const MODEL_TIEPOINT: u16 = 33922;
const MODEL_TRANSFORMATION: u16 = 34264;
const GEO_KEY_DIRECTORY: u16 = 34735;

const MODEL_TYPE: u16 = 1024;
const RASTER_TYPE: u16 = 1025;
const GEOGRAPHIC_TYPE: u16 = 2048;
const PROJECTED_TYPE: u16 = 3072;

/// Codes from here on are no EPSG codes: undefined, private or user defined.
const USER_DEFINED: u16 = 32767;

impl Georeference {
    pub(crate) fn read(directory: &Directory) -> Result<Self, Fault> {
        let keys = keys(&directory.numbers(GEO_KEY_DIRECTORY)?.unwrap_or_default());
        let key = |wanted: u16| keys.iter().find(|(id, _)| *id == wanted).map(|(_, value)| *value);
        let is_point = key(RASTER_TYPE) == Some(2);
        let code = match key(MODEL_TYPE) {
            Some(2) => key(GEOGRAPHIC_TYPE),
            _ => key(PROJECTED_TYPE),
        };
        let crs = code.filter(|code| (1024..USER_DEFINED).contains(code)).map(|code| Crs::epsg(u32::from(code)));
        // A pixel that is a point has its coordinates at its centre.
        let affine = affine(directory)?.map(|affine| if is_point { affine.shifted(-0.5, -0.5) } else { affine });
        Ok(Self { affine: affine.filter(|affine| affine.0.iter().all(|number| number.is_finite())), crs })
    }
}

/// Ids and values of the keys that hold one number.
fn keys(numbers: &[u64]) -> Vec<(u16, u16)> {
    let cells = numbers.get(4..).unwrap_or_default().chunks_exact(4);
    cells.filter(|cell| cell[1] == 0 && cell[2] == 1).map(|cell| (cell[0] as u16, cell[3] as u16)).collect()
}

/// The transform as it stands in the file. Tie points without a scale make no affine transform.
fn affine(directory: &Directory) -> Result<Option<Affine>, Fault> {
    let tie = directory.doubles(MODEL_TIEPOINT)?.unwrap_or_default();
    let scale = directory.doubles(MODEL_PIXEL_SCALE)?.unwrap_or_default();
    if let ([scale_x, scale_y, ..], [col, row, _, x, y, _, ..]) = (&scale[..], &tie[..])
        && *scale_x != 0.0
        && *scale_y != 0.0
    {
        // Rows run south, as GDAL has it, also if a writer put a minus there.
        let scale_y = scale_y.abs();
        return Ok(Some(Affine([*scale_x, 0.0, x - col * scale_x, 0.0, -scale_y, y + row * scale_y])));
    }
    let matrix = directory.doubles(MODEL_TRANSFORMATION)?.unwrap_or_default();
    Ok((matrix.len() == 16).then(|| Affine([matrix[0], matrix[1], matrix[3], matrix[4], matrix[5], matrix[7]])))
}
