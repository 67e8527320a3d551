//! What can be wrong with a value of the vocabulary.

/// A value that is not what it says it is. Every variant names the thing, and its message says what would pass.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A bounding box that is not one.
    #[error("bbox `{value}`: {reason}; give west,south,east,north in degrees, for example 0.5,51.2,1.4,51.9")]
    Bbox {
        /// The box as it was given.
        value: String,
        /// What is wrong with it.
        reason: String,
    },
    /// A time or interval that is not one.
    #[error("datetime `{value}`: {reason}")]
    Datetime {
        /// The text as it was given.
        value: String,
        /// What is wrong, and what would pass.
        reason: String,
    },
    /// A coordinate reference system that cannot be read.
    #[error("CRS `{value}`: {reason}; give an EPSG code such as EPSG:27700")]
    Crs {
        /// The CRS as it was given.
        value: String,
        /// What is wrong with it.
        reason: String,
    },
    /// A grid that cannot be.
    #[error("grid: {reason}")]
    Grid {
        /// What is wrong with it.
        reason: String,
    },
    /// An item document that cannot be read.
    #[error("item `{item}`: {reason}")]
    Item {
        /// Id of the item, or a placeholder if it has none.
        item: String,
        /// What is wrong with it.
        reason: String,
    },
    /// A collection document that cannot be read.
    #[error("collection `{collection}`: {reason}")]
    Collection {
        /// Id of the collection, or a placeholder if it has none.
        collection: String,
        /// What is wrong with it.
        reason: String,
    },
    /// A recipe member that is wrong.
    #[error("recipe: `{field}`: {reason}")]
    Recipe {
        /// The member of the recipe, as a path (`mask[0].band`).
        field: String,
        /// What is wrong, and what would pass.
        reason: String,
    },
    /// A search parameter that is wrong.
    #[error("search: `{parameter}`: {reason}")]
    Search {
        /// The parameter.
        parameter: String,
        /// What is wrong, and what would pass.
        reason: String,
    },
    /// A geometry that is too large to search with.
    #[error("search: `{parameter}`: a geometry has {vertices} vertices; simplify it to {allowed} at most")]
    TooManyVertices {
        /// The parameter.
        parameter: String,
        /// How many it has.
        vertices: usize,
        /// How many it may have.
        allowed: usize,
    },
    /// A filter that is too large to search with.
    #[error("search: `{parameter}`: {reason}")]
    FilterTooLarge {
        /// The parameter.
        parameter: String,
        /// How large it may be.
        reason: String,
    },
    /// A part of a policy that is wrong.
    #[error("policy: `{field}`: {reason}")]
    Policy {
        /// The part.
        field: String,
        /// What is wrong, and what would pass.
        reason: String,
    },
    /// A pixel type nobody knows.
    #[error("data type `{value}` is unknown; known are uint8, int8, uint16, int16, uint32, int32, float32, float64")]
    DataType {
        /// The name as it was given.
        value: String,
    },
}

impl Error {
    /// What is wrong with a member of a recipe, and what would pass.
    pub fn recipe(field: impl Into<String>, reason: impl Into<String>) -> Self {
        Self::Recipe { field: field.into(), reason: reason.into() }
    }
}
