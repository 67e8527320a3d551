//! How long work tells how far it is.

/// Hears how far a piece of work is. Calls come from several threads, in any order.
///
/// ```
/// use ardent_model::progress::{Progress, Silent};
/// Silent.begin("upload", 3);
/// Silent.advance(1);
/// ```
pub trait Progress: Send + Sync {
    /// A stage begins, of `total` steps.
    fn begin(&self, stage: &str, total: u64);
    /// `steps` more are done.
    fn advance(&self, steps: u64);
    /// Something the user should know, such as a document kept aside.
    fn note(&self, message: &str);
}

/// Hears nothing.
#[derive(Debug, Clone, Copy, Default)]
pub struct Silent;

impl Progress for Silent {
    fn begin(&self, _stage: &str, _total: u64) {}
    fn advance(&self, _steps: u64) {}
    fn note(&self, _message: &str) {}
}
