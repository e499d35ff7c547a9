//! A figure that was measured several times.

/// How a figure differs from one time to another.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Range {
    pub median: f64,
    pub lowest: f64,
    pub highest: f64,
}

impl Range {
    /// All zero where there is no figure.
    pub fn of(figures: impl Iterator<Item = f64>) -> Self {
        let mut sorted: Vec<f64> = figures.collect();
        sorted.sort_by(f64::total_cmp);
        let at = |index: usize| sorted.get(index).copied().unwrap_or_default();
        let last = sorted.len().saturating_sub(1);
        Self { median: f64::midpoint(at(last / 2), at(last.div_ceil(2))), lowest: at(0), highest: at(last) }
    }

    pub fn shown(self, digits: usize) -> String {
        let Self { median, lowest, highest } = self;
        format!("{median:.digits$} ({lowest:.digits$} to {highest:.digits$})")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_median_lies_between_two() {
        let range = Range::of([4.0, 1.0, 3.0, 2.0].into_iter());
        assert_eq!(range, Range { median: 2.5, lowest: 1.0, highest: 4.0 });
        assert_eq!(Range::of(std::iter::empty()).median, 0.0);
    }
}
