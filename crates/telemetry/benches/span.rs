//! What a span costs that is not made, as most are. `cargo bench --locked -p telemetry --bench span`.

use criterion::{Criterion, criterion_group, criterion_main};
use std::hint::black_box;
use telemetry::{Under, span};

const UNSAMPLED: &str = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-00";

criterion_group!(benches, spans);
criterion_main!(benches);

fn spans(criterion: &mut Criterion) {
    for (name, under) in [("here", Under::Here), ("named", Under::Named(UNSAMPLED))] {
        assert!(span!(under, "look", tickets = 128).is_disabled());
        criterion.bench_function(&format!("span/not sampled, {name}"), |bencher| {
            bencher.iter(|| span!(black_box(under), "look", tickets = black_box(128)));
        });
    }
}
