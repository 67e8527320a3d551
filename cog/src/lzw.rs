//! LZW as TIFF has it (TIFF 6.0 §13): codes of 9 to 12 bits, most significant bit first, the width growing one code
//! early. Every entry of the table is a stretch of the output already written (the previous string and the byte after
//! it), so that the table is places and lengths, and a code is one copy.

const CLEAR: usize = 256;
const END: usize = 257;
const FIRST: usize = 258;
const TABLE: usize = 4096;
const WIDTH_MIN: u32 = 9;
const WIDTH_MAX: u32 = 12;

/// A place in the output and a length, in bytes.
type Stretch = (u32, u32);

/// Unpacks into `out` until it is full or the stream ends; the number of bytes written.
pub(crate) fn unpack(packed: &[u8], out: &mut [u8]) -> Result<usize, &'static str> {
    if packed.len() > 1 && packed[0] == 0 && packed[1] & 1 == 1 {
        return Err("it is of the kind before TIFF 6.0, least significant bit first; rewrite the file");
    }
    let mut codes = Codes { packed, bits: 0, count: 0 };
    let mut table: Vec<Stretch> = vec![(0, 0); TABLE];
    let (mut width, mut next, mut written) = (WIDTH_MIN, FIRST, 0);
    let mut previous: Option<Stretch> = None;
    while written < out.len() {
        let Some(code) = codes.next(width) else { break };
        if code == CLEAR {
            (width, next, previous) = (WIDTH_MIN, FIRST, None);
            continue;
        }
        if code == END {
            break;
        }
        if let Some((start, length)) = previous
            && next < TABLE
        {
            table[next] = (start, length + 1);
            next += 1;
            if next + 1 >= 1 << width && width < WIDTH_MAX {
                width += 1;
            }
        }
        let length = if code < CLEAR {
            out[written] = code as u8;
            1
        } else if code < next && previous.is_some() {
            let (start, length) = (table[code].0 as usize, table[code].1 as usize);
            repeat(out, start, written, length)
        } else {
            return Err("a code that is not in the table yet");
        };
        previous = Some((written as u32, length as u32));
        written += length;
    }
    Ok(written)
}

/// Copies `length` bytes from `start` to `end`, which lies behind it, as far as they fit. They may overlap: then what is
/// copied repeats.
#[inline]
fn repeat(out: &mut [u8], start: usize, end: usize, length: usize) -> usize {
    const STEP: usize = 8;
    let length = length.min(out.len() - end);
    if length <= STEP && end - start >= STEP && end + STEP <= out.len() {
        // More than is wanted, which the next code overwrites; but of a fixed size, which is one instruction.
        let (from, to) = out.split_at_mut(end);
        to[..STEP].copy_from_slice(&from[start..start + STEP]);
    } else if start + length <= end {
        out.copy_within(start..start + length, end);
    } else {
        for place in 0..length {
            out[end + place] = out[start + place];
        }
    }
    length
}

/// Reads codes from the bytes.
struct Codes<'a> {
    packed: &'a [u8],
    bits: u64,
    count: u32,
}

impl Codes<'_> {
    #[inline]
    fn next(&mut self, width: u32) -> Option<usize> {
        if self.count < width {
            self.refill();
            if self.count < width {
                return None;
            }
        }
        self.count -= width;
        Some((self.bits >> self.count) as usize & ((1 << width) - 1))
    }

    #[inline]
    fn refill(&mut self) {
        if let Some((four, rest)) = self.packed.split_first_chunk::<4>() {
            self.bits = self.bits << 32 | u64::from(u32::from_be_bytes(*four));
            self.count += 32;
            self.packed = rest;
        } else if let Some((one, rest)) = self.packed.split_first() {
            self.bits = self.bits << 8 | u64::from(*one);
            self.count += 8;
            self.packed = rest;
            if self.count < WIDTH_MAX {
                self.refill();
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use weezl::{BitOrder, encode::Encoder};

    use super::*;

    fn packed(bytes: &[u8]) -> Vec<u8> {
        Encoder::with_tiff_size_switch(BitOrder::Msb, 8).encode(bytes).unwrap()
    }

    fn random(seed: u64) -> impl FnMut() -> u64 {
        let mut state = seed * 2 + 1;
        move || {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            state
        }
    }

    #[test]
    fn what_another_encoder_packs_is_unpacked() {
        for seed in 0..200 {
            let mut random = random(seed);
            let (length, values) = (random() % 60_000, 1 + random() % 256);
            let bytes: Vec<u8> = (0..length).map(|_| (random() % values * (random() % 2)) as u8).collect();
            let mut out = vec![1; bytes.len()];
            assert_eq!(unpack(&packed(&bytes), &mut out), Ok(bytes.len()), "{seed}");
            assert!(out == bytes, "{seed}");
            // A buffer that is shorter holds the beginning; one that is longer is not filled.
            let half = bytes.len() / 2;
            assert_eq!(unpack(&packed(&bytes), &mut out[..half]), Ok(half));
            assert!(out[..half] == bytes[..half], "{seed}");
            let mut longer = vec![1; bytes.len() + 100];
            assert_eq!(unpack(&packed(&bytes), &mut longer), Ok(bytes.len()), "{seed}");
        }
    }

    #[test]
    fn runs_repeat_themselves() {
        let bytes = vec![7; 100_000];
        let mut out = vec![0; bytes.len()];
        assert_eq!(unpack(&packed(&bytes), &mut out), Ok(bytes.len()));
        assert!(out == bytes);
    }

    #[test]
    fn noise_is_an_error_or_some_bytes() {
        let mut refused = 0;
        for seed in 0..500 {
            let mut random = random(seed);
            let noise: Vec<u8> = (0..random() % 2000).map(|_| random() as u8).collect();
            refused += usize::from(unpack(&noise, &mut [0; 4096]).is_err());
        }
        assert!(refused > 300, "{refused}");
        assert!(unpack(&[0, 1, 2, 3], &mut [0; 9]).unwrap_err().contains("TIFF 6.0"));
    }
}
