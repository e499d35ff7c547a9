/// Input that breaks a bound: which field, and what it must be.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{field}: {bound}")]
pub struct Invalid {
    /// Path of the field as the client wrote it, for example `players[1].rating`.
    pub field: String,
    /// What the field must satisfy, for example `must be a finite number`.
    pub bound: String,
}

impl Invalid {
    pub fn new(field: impl Into<String>, bound: impl Into<String>) -> Self {
        Self { field: field.into(), bound: bound.into() }
    }

    /// The same complaint seen from one level further out: `rating` becomes `players[1].rating`.
    #[must_use]
    pub fn within(self, outer: impl std::fmt::Display) -> Self {
        Self { field: format!("{outer}.{}", self.field), bound: self.bound }
    }
}
