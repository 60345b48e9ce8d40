//! A histogram of durations: exact sums, quantiles to a tenth, and cumulative buckets for Prometheus.

use std::time::Duration;

/// Buckets per doubling of a duration: neighbours differ by 2^(1/8), so a quantile is at most a tenth too
/// high.
const PER_DOUBLING: f64 = 8.0;
/// Buckets in all: 33 doublings, from a microsecond to more than two hours.
const BUCKETS: usize = 8 * 33;
/// The doublings of a microsecond that are the bounds of the cumulative buckets: 128 µs (what compressing
/// a small request takes) to 134 s (a long response).
const CUMULATIVE: std::ops::RangeInclusive<usize> = 7..=27;

/// A histogram of durations.
#[derive(Debug, Clone)]
pub struct Histogram {
    /// How many durations were added.
    pub count: u64,
    /// Their sum.
    pub sum: Duration,
    /// The shortest; zero if there is none.
    pub min: Duration,
    /// The longest; zero if there is none.
    pub max: Duration,
    buckets: Box<[u64; BUCKETS]>,
}

impl Default for Histogram {
    fn default() -> Self {
        let none = Duration::ZERO;
        Self { count: 0, sum: none, min: none, max: none, buckets: Box::new([0; BUCKETS]) }
    }
}

impl Histogram {
    /// Adds one duration.
    pub fn add(&mut self, took: Duration) {
        self.min = if self.count == 0 { took } else { self.min.min(took) };
        self.max = self.max.max(took);
        self.sum += took;
        self.count += 1;
        // A cast of a float saturates: what is shorter than a microsecond is in the first bucket.
        let bucket = ((took.as_secs_f64() * 1e6).log2() * PER_DOUBLING).ceil() as usize;
        self.buckets[bucket.min(BUCKETS - 1)] += 1;
    }

    /// How many durations don't exceed each of some bounds, which double from one to the next.
    pub fn cumulative(&self) -> impl Iterator<Item = (Duration, u64)> {
        CUMULATIVE.map(|doublings| {
            let last = doublings * PER_DOUBLING as usize;
            (upper_bound(last), self.buckets[..=last].iter().sum())
        })
    }

    /// The mean; zero if there is none.
    pub fn mean(&self) -> Duration {
        u32::try_from(self.count).ok().and_then(|n| self.sum.checked_div(n)).unwrap_or_default()
    }

    /// The shortest duration that a `share` (0 to 1) of all don't exceed, at most a tenth too long; zero if
    /// there is none.
    pub fn quantile(&self, share: f64) -> Duration {
        let wanted = (share * self.count as f64).ceil().max(1.0) as u64;
        let mut seen = 0;
        let bucket = self.buckets.iter().position(|count| {
            seen += count;
            seen >= wanted
        });
        match bucket {
            None => Duration::ZERO,
            // The last bucket has no upper bound.
            Some(bucket) if bucket == BUCKETS - 1 => self.max,
            Some(bucket) => upper_bound(bucket).clamp(self.min, self.max),
        }
    }
}

/// The longest duration that a bucket counts.
fn upper_bound(bucket: usize) -> Duration {
    Duration::from_secs_f64((bucket as f64 / PER_DOUBLING).exp2() / 1e6)
}

/// A duration in milliseconds.
pub fn ms(duration: Duration) -> f64 {
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
    fn cumulative_buckets_count_what_does_not_exceed_their_bound() {
        let mut histogram = Histogram::default();
        for micros in [1, 128, 129, 1024, 1025, 1 << 27, (1 << 27) + 1] {
            histogram.add(Duration::from_micros(micros));
        }
        let buckets: Vec<_> = histogram.cumulative().collect();
        assert_eq!(buckets[0], (Duration::from_micros(128), 2));
        assert_eq!(buckets[1], (Duration::from_micros(256), 3));
        assert_eq!(buckets[3], (Duration::from_micros(1024), 4));
        assert_eq!(buckets.last(), Some(&(Duration::from_micros(1 << 27), 6)));
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
