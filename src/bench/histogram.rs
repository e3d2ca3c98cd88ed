//! Times of many renders, in little room.

use std::time::Duration;

/// How often which time was seen. Times are kept with an error below one in 128.
#[derive(Clone, Debug)]
pub(super) struct Histogram {
    buckets: Vec<u64>,
    count: u64,
    total: Duration,
    max: u64,
}

/// The bits of a time that are kept.
const BITS: u32 = 7;

impl Histogram {
    pub(super) fn new() -> Histogram {
        let buckets = vec![0; index(u64::MAX) + 1];
        Histogram { buckets, count: 0, total: Duration::ZERO, max: 0 }
    }

    pub(super) fn add(&mut self, time: Duration) {
        let nanos = u64::try_from(time.as_nanos()).unwrap_or(u64::MAX);
        if let Some(bucket) = self.buckets.get_mut(index(nanos)) {
            *bucket += 1;
        }
        self.count += 1;
        self.total += time;
        self.max = self.max.max(nanos);
    }

    pub(super) fn merge(&mut self, other: &Histogram) {
        for (bucket, more) in self.buckets.iter_mut().zip(&other.buckets) {
            *bucket += more;
        }
        self.count += other.count;
        self.total += other.total;
        self.max = self.max.max(other.max);
    }

    /// How many times there are.
    pub(super) fn count(&self) -> u64 {
        self.count
    }

    /// Microseconds on average; 0 without times.
    pub(super) fn mean(&self) -> f64 {
        self.total.as_secs_f64() * 1e6 / self.count.max(1) as f64
    }

    /// The microseconds that this share of the times does not exceed; 0 without times.
    pub(super) fn quantile(&self, share: f64) -> f64 {
        let rank = ((share * self.count as f64).ceil() as u64).max(1);
        let mut seen = 0;
        for (index, bucket) in self.buckets.iter().enumerate() {
            seen += bucket;
            if seen >= rank {
                return last(index).min(self.max) as f64 / 1e3;
            }
        }
        0.0
    }
}

/// The bucket of a time in nanoseconds.
fn index(nanos: u64) -> usize {
    let shift = (u64::BITS - nanos.leading_zeros()).saturating_sub(BITS + 1);
    ((u64::from(shift) << BITS) + (nanos >> shift)) as usize
}

/// The longest time of a bucket.
fn last(index: usize) -> u64 {
    let index = index as u64;
    let shift = (index >> BITS).saturating_sub(1);
    let first = (index - (shift << BITS)) << shift;
    first + ((1 << shift) - 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_is_in_its_bucket_and_little_shorter_than_its_end() {
        let mut previous = 0;
        for nanos in (0..64).flat_map(|bit| [(1_u64 << bit) - 1, 1 << bit, (1 << bit) + (1 << bit) / 3]) {
            let bucket = index(nanos);
            assert!(last(bucket) >= nanos, "{nanos}");
            assert!((last(bucket) - nanos) as f64 <= nanos as f64 / 128.0, "{nanos}");
            assert!(bucket >= previous || nanos < 4, "{nanos}");
            previous = bucket;
        }
        assert_eq!(last(index(u64::MAX)), u64::MAX);
    }

    #[test]
    fn quantiles_are_those_of_the_times() {
        let mut times = Histogram::new();
        let mut more = Histogram::new();
        (1..=50).for_each(|micros| times.add(Duration::from_micros(micros)));
        (51..=100).for_each(|micros| more.add(Duration::from_micros(micros)));
        times.merge(&more);
        let near = |found: f64, expected: f64| (found - expected).abs() <= expected / 128.0;
        assert_eq!(times.count(), 100);
        assert!(near(times.mean(), 50.5));
        for (share, micros) in [(0.0, 1.0), (0.5, 50.0), (0.99, 99.0), (1.0, 100.0)] {
            assert!(near(times.quantile(share), micros), "{share}: {}", times.quantile(share));
        }
        assert_eq!(Histogram::new().quantile(0.5), 0.0);
    }
}
