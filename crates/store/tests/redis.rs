//! What only Redis can do to a store: go away, forget scripts, hold foreign keys.

mod redis {
    mod away;
    mod keys;
    mod planted;
    mod raw;
}
