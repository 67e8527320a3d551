//! What is packed comes back.

use libdeflater::Decompressor;

use super::*;

/// Numbers without a pattern, the same ones each time (SplitMix64).
fn noise(seed: usize) -> impl Iterator<Item = u64> {
    (1..).map(move |at: u64| {
        let mixed = (at + ((seed as u64) << 32)).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        let mixed = (mixed ^ mixed >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ mixed >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ mixed >> 31
    })
}

fn packed(bytes: &[u8]) -> Vec<u8> {
    let (plan, mut packed) = (plan(bytes), b"what was packed before".to_vec());
    plan.write(bytes, &mut packed).unwrap();
    assert!(packed.len() <= plan.length_bytes(), "{} planned, {}", plan.length_bytes(), packed.len());
    packed
}

#[track_caller]
fn comes_back(bytes: &[u8]) -> usize {
    let packed = packed(bytes);
    let mut out = vec![0; bytes.len()];
    assert_eq!(Decompressor::new().zlib_decompress(&packed, &mut out), Ok(bytes.len()));
    assert!(out == bytes, "other bytes");
    // A second opinion: this one refuses codes that are not complete.
    assert!(miniz_oxide::inflate::decompress_to_vec_zlib(&packed).unwrap() == bytes, "other bytes by miniz");
    packed.len()
}

#[test]
fn whatever_the_bytes_they_come_back() {
    for length in (0..40).chain([BLOCK_BYTES - 1, BLOCK_BYTES, BLOCK_BYTES + 1, 3 * BLOCK_BYTES + 5]) {
        comes_back(&vec![0; length]);
        comes_back(&vec![255; length]);
        comes_back(&noise(1).map(|value| value as u8).take(length).collect::<Vec<_>>());
        comes_back(&noise(2).map(|value| (value % 3) as u8).take(length).collect::<Vec<_>>());
        // The more a byte is, the less frequent: some would have codes of far more than twelve bits.
        comes_back(&noise(3).map(|value| value.trailing_zeros() as u8).take(length).collect::<Vec<_>>());
        comes_back(&(0..length).map(|at| at as u8).collect::<Vec<_>>());
    }
}

#[test]
fn runs_of_any_length_anywhere_come_back() {
    for (seed, start) in (0..40).chain([BLOCK_BYTES - 300, BLOCK_BYTES - 9, BLOCK_BYTES - 1]).enumerate() {
        let mut bytes: Vec<u8> = noise(seed).map(|value| value as u8).take(start).collect();
        for (length, byte) in (1..800).step_by(7).zip(noise(seed)) {
            bytes.extend(std::iter::repeat_n(byte as u8, length));
            bytes.push(byte as u8 ^ 1);
        }
        comes_back(&bytes);
    }
}

/// What is between runs may be short: as short as one byte, many times.
#[test]
fn runs_close_together_come_back() {
    for gap in 1..4 {
        let repeats = noise(7).flat_map(|value| {
            let [one, two, three, ..] = value.to_le_bytes();
            [one, two, three].into_iter().take(gap).chain([0; 20])
        });
        comes_back(&repeats.take(BLOCK_BYTES + 77).collect::<Vec<_>>());
    }
    // A run from the first byte to the last but one, and one that ends with a block.
    comes_back(&[vec![9; BLOCK_BYTES - 1], vec![8]].concat());
    comes_back(&[vec![1, 2, 3], vec![9; BLOCK_BYTES - 3], vec![4, 4, 4]].concat());
}

#[test]
fn runs_are_all_that_repeats_the_byte_before() {
    let of = |bytes: &[u8], start: usize| -> Vec<(usize, usize)> {
        runs(bytes, &(start..bytes.len())).into_iter().map(|run| (run.start, run.end)).collect()
    };
    let mut bytes = b"abc".to_vec();
    bytes.extend([7; 20]);
    bytes.extend(b"xyz");
    assert_eq!(of(&bytes, 0), [(4, 23)], "the first one is a literal");
    assert_eq!(of(&bytes, 8), [(8, 23)], "but not in a later block");
    assert_eq!(of(&[5; 16], 0), [(1, 16)]);
    assert!(of(b"aabbccddeeffgghhiijj", 0).is_empty());
}

#[test]
fn no_piece_of_a_run_is_too_short() {
    for length in 3..3000 {
        let pieces: Vec<usize> = pieces(&(0..length)).collect();
        assert_eq!(pieces.iter().sum::<usize>(), length);
        assert!(pieces.iter().all(|piece| (3..=258).contains(piece)), "{length}: {pieces:?}");
    }
}

/// The table of RFC 1951, 3.2.5.
#[test]
fn lengths_are_written_as_the_standard_has_them() {
    let of = |length| {
        let run = Run::of(length);
        (run.symbol, run.extra, run.extra_bits)
    };
    assert_eq!([of(3), of(10), of(11), of(12)], [(257, 0, 0), (264, 0, 0), (265, 0, 1), (265, 1, 1)]);
    assert_eq!([of(13), of(18), of(19), of(34)], [(266, 0, 1), (268, 1, 1), (269, 0, 2), (272, 3, 2)]);
    assert_eq!([of(35), of(115), of(131), of(257)], [(273, 0, 3), (280, 0, 4), (281, 0, 5), (284, 30, 5)]);
    assert_eq!(of(258), (285, 0, 0));
}

/// By the entropy of the bytes, of which a code of whole bits is no more than a few per cent away.
#[test]
fn noise_takes_little_more_than_its_entropy() {
    let bytes: Vec<u8> = noise(5).zip(noise(6)).map(|(one, two)| (one % 16 + two % 16) as u8).take(1 << 19).collect();
    // The sum of two dice of sixteen sides each.
    let often = (0..31).map(|sum: i32| f64::from(16 - (sum - 15).abs()) / 256.0);
    let entropy_bits: f64 = often.map(|share| -share * share.log2()).sum();
    let packed_bits = comes_back(&bytes) as f64 * 8.0 / bytes.len() as f64;
    assert!((entropy_bits..entropy_bits * 1.02).contains(&packed_bits), "{packed_bits} of {entropy_bits}");
    let nothing = comes_back(&vec![0; 1 << 19]);
    assert!(nothing < 1 << 12, "{nothing} bytes of nothing but zeros");
}
