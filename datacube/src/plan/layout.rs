//! Which bands of the result share a file, and so a pixel type.

use ardent_model::{DataType, recipe::Reduce};

use super::{OutputBand, OutputKind, Plan, SourceBand, outputs};

/// Which bands of the result share a file while a cube is made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Layout {
    /// All, group-major.
    #[default]
    OneFile,
    /// One band of all groups.
    FilePerBand,
    /// All bands of one group.
    FilePerGroup,
    /// None.
    FilePerBandOfGroup,
}

impl Layout {
    /// How many files a plan makes.
    pub fn files(self, plan: &Plan) -> usize {
        let (groups, bands) = (plan.groups.len(), plan.outputs.len());
        match self {
            Self::OneFile => 1,
            Self::FilePerBand => bands,
            Self::FilePerGroup => groups,
            Self::FilePerBandOfGroup => groups * bands,
        }
    }
}

impl Plan {
    /// The same plan with its bands laid out otherwise.
    #[must_use]
    pub fn laid_out(self, layout: Layout) -> Self {
        Self { layout, ..self }
    }

    /// The file of a band of a group, and which band of that file it is, both from 0.
    pub(crate) fn place(&self, group: usize, output: usize) -> (usize, usize) {
        let bands = self.outputs.len();
        match self.layout {
            Layout::OneFile => (0, group * bands + output),
            Layout::FilePerBand => (output, group),
            Layout::FilePerGroup => (group, output),
            Layout::FilePerBandOfGroup => (group * bands + output, 0),
        }
    }

    /// The bands of a file, in its order: group and output.
    pub(crate) fn members(&self, file: usize) -> Vec<(usize, usize)> {
        let all = (0..self.groups.len()).flat_map(|group| (0..self.outputs.len()).map(move |output| (group, output)));
        all.filter(|(group, output)| self.place(*group, *output).0 == file).collect()
    }

    /// Pixel type and missing value in which a band is stored: its own, unless it shares a file with others.
    pub fn stored_type(&self, output: &OutputBand) -> (DataType, Option<f64>) {
        match self.layout {
            Layout::OneFile | Layout::FilePerGroup => self.stored,
            Layout::FilePerBand | Layout::FilePerBandOfGroup => outputs::stored_type(std::slice::from_ref(output)),
        }
    }

    /// Physical value = scale × stored value + offset, for bands whose stored values are not physical.
    pub(crate) fn packing(&self, output: &OutputBand) -> Option<(f64, f64)> {
        let OutputKind::Source(index) = output.kind else { return None };
        let SourceBand { scale, offset, .. } = self.sources[index];
        let packing = match self.recipe.reduce {
            Reduce::Count => (1.0, 0.0),
            // A deviation is a difference: it has no offset.
            Reduce::Stddev => (scale, 0.0),
            _ => (scale, offset),
        };
        Some(packing).filter(|packing| !self.recipe.scale && *packing != (1.0, 0.0))
    }
}
