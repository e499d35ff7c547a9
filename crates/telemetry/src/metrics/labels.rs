//! Which labels a metric has. A value is static: it stands in the code, or is one of a bounded set of [`Names`](super::names::Names).

use prometheus_client::encoding::EncodeLabelSet;
use std::fmt::Debug;
use std::hash::Hash;

pub trait Labels: EncodeLabelSet + Copy + Eq + Hash + Debug + Send + Sync + 'static {
    const NAMES: &'static [&'static str];
}

macro_rules! labels {
    ($($name:ident { $($label:ident),* })+) => {$(
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, EncodeLabelSet)]
        pub struct $name { $(pub $label: &'static str),* }

        impl Labels for $name {
            const NAMES: &'static [&'static str] = &[$(stringify!($label)),*];
        }
    )+};
}

labels! {
    ByChange { change }
    ByOutcome { outcome }
    ByQueue { queue }
    ByQueueAndKind { queue, kind }
    ByQueueAndOutcome { queue, outcome }
    ByQueueAndRegion { queue, region }
    ByQueueAndRule { queue, rule }
    ByQueueAndVerdict { queue, verdict }
    ByRole { role }
    ByVerbAndOutcome { verb, outcome }
}

/// Of a metric without labels.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Whole;

impl Labels for Whole {
    const NAMES: &'static [&'static str] = &[];
}

impl EncodeLabelSet for Whole {
    fn encode(&self, _: &mut prometheus_client::encoding::LabelSetEncoder<'_>) -> std::fmt::Result {
        Ok(())
    }
}
