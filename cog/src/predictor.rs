//! From the unpacked bytes of a tile to the samples of the bands asked for: byte order, interleave and predictor undone
//! in one pass over each wanted band.

use crate::{Sample, Samples, bytes::Order, layout::Predictor};

/// A sample as it is stored.
pub(crate) trait Stored: Sample {
    /// Its bytes.
    type Cell: Copy;
    /// The unsigned number of the same width, on which horizontal differences are taken (also of floats).
    type Bits: Copy + Default;

    fn cells(bytes: &[u8]) -> &[Self::Cell];
    fn cells_mut(bytes: &mut [u8]) -> &mut [Self::Cell];
    fn little(cell: Self::Cell) -> Self::Bits;
    fn big(cell: Self::Cell) -> Self::Bits;
    fn sum(a: Self::Bits, b: Self::Bits) -> Self::Bits;
    fn of(bits: Self::Bits) -> Self;
    fn bits(self) -> Self::Bits;
    fn difference(a: Self::Bits, b: Self::Bits) -> Self::Bits;
    fn little_of(bits: Self::Bits) -> Self::Cell;
}

macro_rules! stored {
    ($($type:ty, $bits:ty, $size:literal);+) => {
        $(impl Stored for $type {
            type Cell = [u8; $size];
            type Bits = $bits;

            #[inline]
            fn cells(bytes: &[u8]) -> &[[u8; $size]] {
                bytes.as_chunks().0
            }

            #[inline]
            fn cells_mut(bytes: &mut [u8]) -> &mut [[u8; $size]] {
                bytes.as_chunks_mut().0
            }

            #[inline]
            fn little(cell: [u8; $size]) -> $bits {
                <$bits>::from_le_bytes(cell)
            }

            #[inline]
            fn big(cell: [u8; $size]) -> $bits {
                <$bits>::from_be_bytes(cell)
            }

            #[inline]
            fn sum(a: $bits, b: $bits) -> $bits {
                a.wrapping_add(b)
            }

            #[inline]
            fn of(bits: $bits) -> Self {
                Self::from_ne_bytes(bits.to_ne_bytes())
            }

            #[inline]
            fn bits(self) -> $bits {
                <$bits>::from_ne_bytes(self.to_ne_bytes())
            }

            #[inline]
            fn difference(a: $bits, b: $bits) -> $bits {
                a.wrapping_sub(b)
            }

            #[inline]
            fn little_of(bits: $bits) -> [u8; $size] {
                bits.to_le_bytes()
            }
        })+
    };
}

stored!(u8, u8, 1; i8, u8, 1; u16, u16, 2; i16, u16, 2; u32, u32, 4; i32, u32, 4; f32, u32, 4; f64, u64, 8);

/// The shape of an unpacked tile.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Shape {
    /// Columns that are stored.
    pub(crate) stored_width_px: usize,
    /// Columns that are inside the image.
    pub(crate) width_px: usize,
    /// Rows that are inside the image.
    pub(crate) height_px: usize,
    /// Samples of a pixel that are stored together.
    pub(crate) samples: usize,
    pub(crate) predictor: Predictor,
    pub(crate) order: Order,
}

impl Shape {
    /// Samples stored in a row.
    fn row_samples(&self) -> usize {
        self.stored_width_px * self.samples
    }
}

/// Band `band` of the tile in `raw`, which holds at least all rows inside the image.
pub(crate) fn unpack<T: Stored>(raw: &[u8], shape: &Shape, band: usize) -> Samples {
    match (shape.predictor, shape.order) {
        (Predictor::Float, _) => T::into_samples(floats(raw, shape, band)),
        (Predictor::None, Order::Little) => each_row::<T>(raw, (shape, band), |cells, out| copy(cells, out, T::little)),
        (Predictor::None, Order::Big) => each_row::<T>(raw, (shape, band), |cells, out| copy(cells, out, T::big)),
        (Predictor::Horizontal, Order::Little) => {
            each_row::<T>(raw, (shape, band), |cells, out| accumulate(cells, out, T::little))
        }
        (Predictor::Horizontal, Order::Big) => {
            each_row::<T>(raw, (shape, band), |cells, out| accumulate(cells, out, T::big))
        }
    }
}

/// The cells of one band in a row: all, or every so manieth.
type Cells<'a, T> = (&'a [<T as Stored>::Cell], usize);

/// Calls `work` for each row, with its cells as far as they lie inside the image, and with a row to be filled.
#[inline]
fn each_row<T: Stored>(
    raw: &[u8],
    (shape, band): (&Shape, usize),
    mut work: impl FnMut(Cells<'_, T>, &mut [T]),
) -> Samples {
    // A row is filled in the nearest cache and added, so that the plane need not be cleared first.
    let mut values = Vec::with_capacity(shape.width_px * shape.height_px);
    let mut filled = vec![T::default(); shape.width_px];
    for row in T::cells(raw).chunks_exact(shape.row_samples()).take(shape.height_px) {
        work((&row[band..], shape.samples), &mut filled);
        values.extend_from_slice(&filled);
    }
    T::into_samples(values)
}

#[inline]
fn copy<T: Stored>((cells, step): Cells<'_, T>, out: &mut [T], load: impl Fn(T::Cell) -> T::Bits) {
    if step == 1 {
        out.iter_mut().zip(cells).for_each(|(value, cell)| *value = T::of(load(*cell)));
    } else {
        out.iter_mut().zip(cells.iter().step_by(step)).for_each(|(value, cell)| *value = T::of(load(*cell)));
    }
}

#[inline]
fn accumulate<T: Stored>((cells, step): Cells<'_, T>, out: &mut [T], load: impl Fn(T::Cell) -> T::Bits) {
    let mut sum = T::Bits::default();
    let mut add = |(value, cell): (&mut T, &T::Cell)| {
        sum = T::sum(sum, load(*cell));
        *value = T::of(sum);
    };
    if step == 1 {
        out.iter_mut().zip(cells).for_each(&mut add);
    } else {
        out.iter_mut().zip(cells.iter().step_by(step)).for_each(&mut add);
    }
}

/// Predictor 3 (Adobe TIFF technical note 3): a row holds the most significant bytes of all its samples, then the next
/// ones …, whatever the byte order of the file; each byte is less its neighbour `samples` to the left, so that the bytes
/// of one band can be summed without the others.
fn floats<T: Stored>(raw: &[u8], shape: &Shape, band: usize) -> Vec<T> {
    let size_bytes = size_of::<T>();
    let mut values = Vec::with_capacity(shape.width_px * shape.height_px);
    let mut plane_bytes = vec![0_u8; shape.stored_width_px * size_bytes];
    let mut cells = vec![0_u8; shape.width_px * size_bytes];
    for row in raw.chunks_exact(shape.row_samples() * size_bytes).take(shape.height_px) {
        let mut sum = 0_u8;
        for (byte, stored) in plane_bytes.iter_mut().zip(row[band..].iter().step_by(shape.samples)) {
            sum = sum.wrapping_add(*stored);
            *byte = sum;
        }
        for (place, plane) in plane_bytes.chunks_exact(shape.stored_width_px).enumerate() {
            let places = cells.iter_mut().skip(place).step_by(size_bytes);
            places.zip(plane).for_each(|(cell, byte)| *cell = *byte);
        }
        values.extend(T::cells(&cells).iter().map(|cell| T::of(T::big(*cell))));
    }
    values
}
