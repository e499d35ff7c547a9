//! How tests draw at random: the same at every run, so that no seed of a failure need be kept.

use proptest::test_runner::{Config, RngSeed};

/// So many cases from a fixed seed; others where `PROPTEST_CASES` and `PROPTEST_RNG_SEED` say so.
pub fn repeatable(cases: u32) -> Config {
    let mut config = Config { failure_persistence: None, ..Config::default() };
    if config.rng_seed == RngSeed::Random {
        config.rng_seed = RngSeed::Fixed(1);
    }
    if std::env::var_os("PROPTEST_CASES").is_none() {
        config.cases = cases;
    }
    config
}
