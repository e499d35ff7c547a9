/// Why a verb did not answer.
#[derive(Debug, Clone, thiserror::Error)]
pub enum StoreError {
    /// The store could not be reached in time. The verb may or may not have happened: ask again with the same arguments.
    #[error("store unavailable: {0}")]
    Unavailable(String),
    /// The store holds something this build cannot read, or a script is wrong: a fault to report, not to retry.
    #[error("store corrupt: {0}")]
    Corrupt(String),
}
