//! Where memory comes from: small pieces from one allocator, large ones from another.
//!
//! Documents are many small texts, made on one thread and dropped on another: the C library's allocator takes twice as long
//! for them as mimalloc. Pixels are few large pieces, of which mimalloc keeps as much again as is in use, for each thread of
//! its own (docs/design/005-the-hot-path-of-cubes.md).

use std::alloc::{GlobalAlloc, Layout, System};

use mimalloc::MiMalloc;

/// Pieces from here on are large: planes, tiles and what comes over the network are, single documents are not.
const LARGE_BYTES: usize = 16 << 10;

/// Chooses by size alone.
pub(crate) struct BySize;

const fn is_large(bytes: usize) -> bool {
    bytes >= LARGE_BYTES
}

// SAFETY: every method does as the one allocator or the other does, and a piece goes back to the one that it came from: its
// layout says which, and callers give the layout that they asked for.
unsafe impl GlobalAlloc for BySize {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        // SAFETY: the caller keeps the contract of this method, which is that of those.
        unsafe { if is_large(layout.size()) { System.alloc(layout) } else { MiMalloc.alloc(layout) } }
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        // SAFETY: as above.
        unsafe { if is_large(layout.size()) { System.alloc_zeroed(layout) } else { MiMalloc.alloc_zeroed(layout) } }
    }

    unsafe fn dealloc(&self, piece: *mut u8, layout: Layout) {
        // SAFETY: as above; it came from the one that its layout says.
        unsafe { if is_large(layout.size()) { System.dealloc(piece, layout) } else { MiMalloc.dealloc(piece, layout) } }
    }

    unsafe fn realloc(&self, piece: *mut u8, layout: Layout, bytes: usize) -> *mut u8 {
        // SAFETY: as above; `bytes` is a valid size for this alignment, says the contract. A piece that changes sides is
        // copied as far as both reach, and given back only if there is a new one.
        unsafe {
            match (is_large(layout.size()), is_large(bytes)) {
                (true, true) => System.realloc(piece, layout, bytes),
                (false, false) => MiMalloc.realloc(piece, layout, bytes),
                _ => {
                    let moved = self.alloc(Layout::from_size_align_unchecked(bytes, layout.align()));
                    if !moved.is_null() {
                        std::ptr::copy_nonoverlapping(piece, moved, layout.size().min(bytes));
                        self.dealloc(piece, layout);
                    }
                    moved
                }
            }
        }
    }
}

/// Bounds what the C library keeps of memory that it was given back, whose default is an arena for each thread. Once, before
/// there are threads.
pub(crate) fn set_up() {
    #[cfg(all(target_os = "linux", target_env = "gnu"))]
    for (setting, value) in [
        (libc::M_ARENA_MAX, 1),
        // What is larger is taken from the system each time, and given back: planes are to stay.
        (libc::M_MMAP_THRESHOLD, 32 << 20),
        // The rest goes back when the engine rests (`give_back`), not a moment before it is needed again.
        (libc::M_TRIM_THRESHOLD, 512 << 20),
    ] {
        // SAFETY: a call of two numbers, before other threads are begun.
        let is_taken = unsafe { libc::mallopt(setting, value) };
        debug_assert_eq!(is_taken, 1, "mallopt({setting}, {value})");
    }
}

/// Gives back to the system what the C library keeps of memory, wherever it lies.
pub(crate) fn give_back() {
    #[cfg(all(target_os = "linux", target_env = "gnu"))]
    // SAFETY: it takes the library's own locks, and touches no piece that is in use.
    unsafe {
        libc::malloc_trim(0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Bytes are kept while a piece grows and shrinks over the border.
    #[test]
    fn pieces_keep_their_bytes_when_they_change_sides() {
        let sizes = [100, LARGE_BYTES - 1, LARGE_BYTES, 3 * LARGE_BYTES, LARGE_BYTES + 5, LARGE_BYTES - 7, 12];
        for align in [1, 16, 64, 4096] {
            let mut layout = Layout::from_size_align(sizes[0], align).unwrap();
            // SAFETY: layouts are valid and not empty, and each piece is given back with the one it has.
            unsafe {
                let mut piece = BySize.alloc_zeroed(layout);
                let mut known = 0;
                for size in sizes {
                    piece = BySize.realloc(piece, layout, size);
                    layout = Layout::from_size_align(size, align).unwrap();
                    assert!(!piece.is_null() && piece.addr().is_multiple_of(align));
                    let bytes = std::slice::from_raw_parts_mut(piece, size);
                    assert!((0..known.min(size)).all(|at| bytes[at] == (at % 251) as u8), "{size} at {align}");
                    (0..size).for_each(|at| bytes[at] = (at % 251) as u8);
                    known = size;
                }
                BySize.dealloc(piece, layout);
                let layout = Layout::from_size_align(2 * LARGE_BYTES, align).unwrap();
                let piece = BySize.alloc_zeroed(layout);
                assert!(std::slice::from_raw_parts(piece, layout.size()).iter().all(|byte| *byte == 0));
                BySize.dealloc(piece, layout);
            }
        }
    }
}
