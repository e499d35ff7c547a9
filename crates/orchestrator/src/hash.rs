use std::hash::{BuildHasher, BuildHasherDefault, DefaultHasher, Hash};

/// A hash that is the same in every process, for what all are to agree on without a word.
pub fn stable(what: impl Hash) -> u64 {
    BuildHasherDefault::<DefaultHasher>::default().hash_one(what)
}
