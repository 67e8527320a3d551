//! Where memory comes from.

use libmimalloc_sys::{mi_option_get, mi_option_set, mi_option_t};

/// Documents are many small texts, made on one thread and dropped on another: the C library's allocator takes twice as long.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// `mi_option_purge_delay`, which the bindings do not name.
const PURGE_DELAY: mi_option_t = 15;
/// Its default, in ms.
const DEFAULT_DELAY_MS: i64 = 10;
/// The next window of a cube takes the memory of the last: given back and asked for again, each page is cleared anew.
/// Longer gains little, and holds memory.
const DELAY_MS: i64 = 100;

/// Keeps memory that is free for a tenth of a second. Does nothing if `MIMALLOC_PURGE_DELAY` says something else.
pub(crate) fn keep_free_memory() {
    // SAFETY: plain reads and writes of a number that the allocator reads whenever it frees pages. That it is the one we
    // mean is seen by its default.
    unsafe {
        if mi_option_get(PURGE_DELAY) == DEFAULT_DELAY_MS {
            mi_option_set(PURGE_DELAY, DELAY_MS);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_option_is_the_one_we_mean() {
        keep_free_memory();
        // SAFETY: see above.
        assert_eq!(
            unsafe { mi_option_get(PURGE_DELAY) },
            DELAY_MS,
            "another version of the allocator numbers its options anew"
        );
    }
}
