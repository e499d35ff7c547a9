use prometheus_client::metrics::gauge::Gauge;
use std::sync::atomic::{AtomicI64, Ordering};

/// One holder's part of a gauge, which a process tells as the sum of all parts: given back when it is dropped. A copy holds as much.
#[derive(Debug)]
pub struct Share {
    gauge: Gauge,
    part: AtomicI64,
}

impl Share {
    pub(super) fn of(gauge: Gauge) -> Self {
        Self { gauge, part: AtomicI64::new(0) }
    }

    /// The part is `part` from now on.
    pub fn set(&self, part: usize) {
        let part = i64::try_from(part).unwrap_or(i64::MAX);
        self.gauge.inc_by(part - self.part.swap(part, Ordering::Relaxed));
    }

    /// The part grows by `by`, or shrinks.
    pub fn add(&self, by: i64) {
        self.part.fetch_add(by, Ordering::Relaxed);
        self.gauge.inc_by(by);
    }
}

impl Clone for Share {
    fn clone(&self) -> Self {
        let copy = Self::of(self.gauge.clone());
        copy.add(self.part.load(Ordering::Relaxed));
        copy
    }
}

impl Drop for Share {
    fn drop(&mut self) {
        self.gauge.dec_by(*self.part.get_mut());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_gauge_tells_what_all_its_holders_have_and_nothing_of_those_that_are_gone() {
        let gauge = Gauge::default();
        let (one, other) = (Share::of(gauge.clone()), Share::of(gauge.clone()));
        one.set(3);
        other.add(2);
        one.set(4);
        let copy = other.clone();
        assert_eq!(gauge.get(), 8);
        drop(other);
        copy.add(-1);
        assert_eq!(gauge.get(), 5);
        drop((one, copy));
        assert_eq!(gauge.get(), 0);
    }
}
