//! Small true-colour pictures.

use jpeg_encoder::{ColorType, Encoder};

/// A JPEG of at most 256 × 256 pixels of a square image's bands (blue, green and red first), or of the part of it that
/// every so many pixels give.
pub(super) fn thumbnail(bands: &[Vec<u16>], size_px: usize) -> anyhow::Result<Vec<u8>> {
    let step = size_px.div_ceil(256);
    let side = size_px.div_ceil(step);
    let kept = (0..side * side).map(|at| (at / side) * step * size_px + (at % side) * step);
    let pixels: Vec<u8> = kept.flat_map(|at| [2, 1, 0].map(|band| brightness(band, bands[band][at]))).collect();
    let mut jpeg = Vec::new();
    Encoder::new(&mut jpeg, 88).encode(&pixels, side as u16, side as u16, ColorType::Rgb)?;
    Ok(jpeg)
}

/// Reflectance as brightness on a screen: dark ground lifted, clouds kept from burning out.
pub(super) fn brightness(band: usize, value: u16) -> u8 {
    // Haze lies over the blue and, less, over the green.
    let dark = [170.0, 120.0, 60.0][band];
    let t = ((f64::from(value) - dark) / 2900.0).clamp(0.0, 1.0);
    (255.0 * (0.72 * t.sqrt() + 0.28 * t) + 0.5) as u8
}
