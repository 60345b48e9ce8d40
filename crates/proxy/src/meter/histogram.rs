//! A histogram of durations, with quantiles.

use std::time::Duration;

/// Steps of the histogram for each doubling: a quantile is off by a tenth at most.
const STEPS: f64 = 8.0;
/// Steps in all: from a microsecond to more than two hours.
const MOST: usize = 8 * 33;

/// A histogram of durations.
#[derive(Debug, Clone)]
pub(crate) struct Histogram {
    pub(crate) count: u64,
    pub(crate) sum: Duration,
    pub(crate) min: Duration,
    pub(crate) max: Duration,
    steps: Box<[u64; MOST]>,
}

impl Default for Histogram {
    fn default() -> Self {
        let none = Duration::ZERO;
        Self { count: 0, sum: none, min: none, max: none, steps: Box::new([0; MOST]) }
    }
}

impl Histogram {
    /// Counts one in.
    pub(crate) fn add(&mut self, took: Duration) {
        self.min = if self.count == 0 { took } else { self.min.min(took) };
        self.max = self.max.max(took);
        self.sum += took;
        self.count += 1;
        // A float that is too small or too large becomes the nearest whole number.
        let step = ((took.as_secs_f64() * 1e6).log2() * STEPS).ceil() as usize;
        self.steps[step.min(MOST - 1)] += 1;
    }

    /// The mean; nothing of nothing.
    pub(crate) fn mean(&self) -> Duration {
        u32::try_from(self.count).ok().and_then(|n| self.sum.checked_div(n)).unwrap_or_default()
    }

    /// The least duration that `share` of all don't exceed, to a tenth; nothing of nothing.
    pub(crate) fn quantile(&self, share: f64) -> Duration {
        let wanted = (share * self.count as f64).ceil().max(1.0) as u64;
        let mut seen = 0;
        let step = self.steps.iter().position(|count| {
            seen += count;
            seen >= wanted
        });
        match step {
            None => Duration::ZERO,
            // The last step has no end.
            Some(step) if step == MOST - 1 => self.max,
            Some(step) => Duration::from_secs_f64((step as f64 / STEPS).exp2() / 1e6)
                .clamp(self.min, self.max),
        }
    }
}

/// A duration in milliseconds.
pub(crate) fn ms(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1000.0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantiles_are_within_a_tenth() {
        let mut histogram = Histogram::default();
        assert_eq!((histogram.quantile(0.5), histogram.mean()), (Duration::ZERO, Duration::ZERO));
        for n in 1..=1000 {
            histogram.add(Duration::from_micros(n * 100));
        }
        for (share, expected) in [(0.5, 50.0), (0.99, 99.0), (0.001, 0.1), (1.0, 100.0)] {
            let found = ms(histogram.quantile(share));
            assert!(found >= expected * 0.999 && found <= expected * 1.1, "{share}: {found}");
        }
        assert_eq!(histogram.mean(), Duration::from_nanos(50_050_000));
        assert_eq!(
            (histogram.min, histogram.max),
            (Duration::from_micros(100), Duration::from_millis(100))
        );
    }

    #[test]
    fn any_duration_has_a_place() {
        let mut histogram = Histogram::default();
        for took in [Duration::ZERO, Duration::from_nanos(1), Duration::from_secs(1 << 40)] {
            histogram.add(took);
        }
        assert_eq!(histogram.quantile(1.0), Duration::from_secs(1 << 40));
        assert!(histogram.quantile(0.1) <= Duration::from_micros(1));
    }
}
