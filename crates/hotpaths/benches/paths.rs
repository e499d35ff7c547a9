//! How long each path takes. README.md of this crate says how to run it and what came of it.

use criterion::Criterion;

/// The one that `muster` runs on.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() {
    let mut criterion = Criterion::default().configure_from_args();
    for path in hotpaths::paths() {
        // Made once, and only for a path that is asked for.
        let mut prepared = None;
        criterion.bench_function(path.name, |bencher| {
            let go = prepared.get_or_insert_with(path.prepare);
            bencher.iter(go);
        });
    }
    criterion.final_summary();
}
