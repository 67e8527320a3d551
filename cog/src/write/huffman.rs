//! Huffman codes (RFC 1951, 3.2.2) of bounded length.

/// The most symbols an alphabet has: literals, the end, and lengths.
pub(super) const SYMBOLS_MAX: usize = 286;
/// The longest code of all alphabets.
const BITS_MAX: usize = 15;

/// A code for each symbol of an alphabet.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Code {
    /// As it is written: the first bit is the least.
    pub(super) bits: u16,
    /// 0: the symbol does not occur.
    pub(super) length: u8,
}

/// Codes for symbols that occur so often, none longer than `longest`, which has room for all of them. At least two symbols
/// have one, though they occur nowhere: readers want codes to be complete.
pub(super) fn codes(frequencies: &[u32], longest: usize) -> [Code; SYMBOLS_MAX] {
    let mut lengths = [0; SYMBOLS_MAX];
    // By frequency, and those as frequent by number, so that the same bytes make the same file.
    let mut leaves: Vec<(u32, usize)> =
        (0..).zip(frequencies).filter(|(_, often)| **often > 0).map(|(symbol, often)| (*often, symbol)).collect();
    for symbol in 0..2 {
        if leaves.len() < 2 && leaves.iter().all(|(_, other)| *other != symbol) {
            leaves.push((1, symbol));
        }
    }
    leaves.sort_unstable();
    let counts = bounded(depths(&leaves), longest);
    let by_length =
        counts.iter().enumerate().rev().flat_map(|(length, count)| std::iter::repeat_n(length as u8, *count));
    for ((_, symbol), length) in leaves.iter().zip(by_length) {
        lengths[*symbol] = length;
    }
    canonical(&lengths, &counts)
}

/// How many leaves, least frequent first, of the tree with the least weight lie at each depth.
fn depths(leaves: &[(u32, usize)]) -> Vec<usize> {
    let count = leaves.len();
    // The inner nodes are made in the order of their weights, so that two queues need no sorting.
    let mut weights: Vec<u64> = leaves.iter().map(|(often, _)| u64::from(*often)).collect();
    let mut parents = vec![0; 2 * count - 1];
    let (mut leaf, mut inner) = (0, count);
    for node in count..2 * count - 1 {
        let mut weight = 0;
        for _ in 0..2 {
            let is_leaf = leaf < count && (inner == node || weights[leaf] <= weights[inner]);
            let next = if is_leaf { &mut leaf } else { &mut inner };
            weight += weights[*next];
            parents[*next] = node;
            *next += 1;
        }
        weights.push(weight);
    }
    let mut depth = vec![0_usize; 2 * count - 1];
    for node in (0..2 * count - 2).rev() {
        depth[node] = depth[parents[node]] + 1;
    }
    let mut counts = vec![0; depth[..count].iter().max().map_or(0, |deepest| deepest + 1)];
    depth[..count].iter().for_each(|depth| counts[*depth] += 1);
    counts
}

/// The same without those that are too deep: they move up, and others down until there is room for all.
fn bounded(mut counts: Vec<usize>, longest: usize) -> [usize; BITS_MAX + 1] {
    let too_deep: usize = counts.drain((longest + 1).min(counts.len())..).sum();
    let mut bounded = [0; BITS_MAX + 1];
    bounded[..counts.len()].copy_from_slice(&counts);
    bounded[longest] += too_deep;
    let room = |counts: &[usize; BITS_MAX + 1]| {
        (1..=longest).map(|length| counts[length] << (longest - length)).sum::<usize>()
    };
    let mut taken = room(&bounded);
    while taken > 1 << longest {
        // One of the longest joins a shorter one below a new node in its place.
        let Some(shorter) = (1..longest).rev().find(|length| bounded[*length] > 0) else { break };
        bounded[longest] -= 1;
        bounded[shorter] -= 1;
        bounded[shorter + 1] += 2;
        taken -= 1;
    }
    debug_assert!(taken <= 1 << longest, "more symbols than codes");
    bounded
}

/// The codes that the lengths alone tell.
fn canonical(lengths: &[u8; SYMBOLS_MAX], counts: &[usize; BITS_MAX + 1]) -> [Code; SYMBOLS_MAX] {
    let (mut next, mut code) = ([0_u16; BITS_MAX + 1], 0);
    for length in 1..=BITS_MAX {
        next[length] = code;
        code = (code + counts[length] as u16) << 1;
    }
    lengths.map(|length| {
        if length == 0 {
            return Code::default();
        }
        let code = next[usize::from(length)];
        next[usize::from(length)] += 1;
        Code { bits: code.reverse_bits() >> (16 - length), length }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lengths(frequencies: &[u32], longest: usize) -> Vec<u8> {
        codes(frequencies, longest)[..frequencies.len()].iter().map(|code| code.length).collect()
    }

    /// RFC 1951, 3.2.2: A to H of lengths 3, 3, 3, 3, 3, 2, 4, 4.
    #[test]
    fn codes_are_those_of_the_standard() {
        let found = codes(&[4, 4, 4, 4, 4, 8, 2, 2], 15);
        let written: Vec<String> = found[..8]
            .iter()
            .map(|code| (0..code.length).map(|bit| if code.bits >> bit & 1 == 1 { '1' } else { '0' }).collect())
            .collect();
        assert_eq!(written, ["010", "011", "100", "101", "110", "00", "1110", "1111"]);
    }

    #[test]
    fn frequent_symbols_have_short_codes() {
        assert_eq!(lengths(&[1, 1, 2, 4, 8], 15), [4, 4, 3, 2, 1]);
        assert_eq!(lengths(&[0, 5, 0, 5, 0], 15), [0, 1, 0, 1, 0]);
        assert_eq!(lengths(&[7; 256], 12), [8; 256]);
    }

    #[test]
    fn a_code_is_never_alone() {
        assert_eq!(lengths(&[0, 0, 9], 15), [1, 0, 1]);
        assert_eq!(lengths(&[9, 0, 0], 15), [1, 1, 0]);
        assert_eq!(lengths(&[0, 0, 0], 15), [1, 1, 0]);
    }

    /// Alphabets of all sizes that are written, with frequencies that are anything from alike to far apart.
    #[test]
    fn codes_are_complete() {
        for (symbols, longest) in [(19, 7), (286, 12), (286, 9), (128, 7), (2, 1)] {
            for steepness in 0..12_u32 {
                let often = |symbol: u32| {
                    1 + symbol.wrapping_mul(0x9e37_79b9).leading_zeros().wrapping_pow(steepness) % (1 << 20)
                };
                let frequencies: Vec<u32> = (0..symbols).map(often).collect();
                let lengths = lengths(&frequencies, longest);
                let room: usize = lengths.iter().map(|length| 1 << (longest - usize::from(*length))).sum();
                assert_eq!(room, 1 << longest, "{symbols} symbols, {longest} bits, {steepness}");
                for (one, other) in (0..lengths.len()).flat_map(|one| (0..one).map(move |other| (one, other))) {
                    let is_wrong = frequencies[one] > frequencies[other] && lengths[one] > lengths[other];
                    assert!(!is_wrong, "{symbols} symbols, {longest} bits, {steepness}: {one} and {other}");
                }
            }
        }
    }

    /// Frequencies of Fibonacci make the deepest trees.
    #[test]
    fn no_code_is_too_long_and_all_have_room() {
        let mut fibonacci = vec![1_u32, 1];
        while fibonacci.len() < 40 {
            fibonacci.push(fibonacci[fibonacci.len() - 1] + fibonacci[fibonacci.len() - 2]);
        }
        for longest in 6..=15 {
            let lengths = lengths(&fibonacci, longest);
            assert!(lengths.iter().all(|length| (1..=longest).contains(&usize::from(*length))), "{lengths:?}");
            let room: usize = lengths.iter().map(|length| 1 << (longest - usize::from(*length))).sum();
            assert_eq!(room, 1 << longest, "complete, for {longest}");
            assert!(lengths.is_sorted_by(|rare, frequent| rare >= frequent), "{lengths:?}");
        }
    }
}
