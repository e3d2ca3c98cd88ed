//! What time it is.

use std::sync::atomic::{AtomicI64, Ordering};

use jiff::Timestamp;

/// Tells the time, so that what depends on it can be repeated.
pub trait Clock: Send + Sync {
    /// The time now.
    fn now(&self) -> Timestamp;
}

/// The clock of the system.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> Timestamp {
        Timestamp::now()
    }
}

/// A clock that stands still until somebody sets it.
#[derive(Debug, Default)]
pub struct ManualClock {
    /// Seconds since 1970.
    seconds: AtomicI64,
}

impl ManualClock {
    /// A clock that shows this time, in whole seconds.
    pub fn at(time: Timestamp) -> ManualClock {
        ManualClock { seconds: AtomicI64::new(time.as_second()) }
    }

    /// Puts the clock forward.
    pub fn advance(&self, seconds: i64) {
        self.seconds.fetch_add(seconds, Ordering::Relaxed);
    }
}

impl Clock for ManualClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_second(self.seconds.load(Ordering::Relaxed)).unwrap_or(Timestamp::MAX)
    }
}

/// A time as objects carry it: RFC 3339 in UTC and whole seconds, as `2024-06-10T12:30:00Z`.
pub fn rfc3339(time: Timestamp) -> crate::yaml::Text {
    let seconds = Timestamp::from_second(time.as_second()).unwrap_or(time);
    smol_str::format_smolstr!("{seconds}")
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)] // Tests may fail loudly.

    use super::{Clock, ManualClock, rfc3339};

    #[test]
    fn times_have_whole_seconds() {
        let clock = ManualClock::at("2024-06-10T12:30:00.75Z".parse().unwrap());
        assert_eq!(rfc3339(clock.now()), "2024-06-10T12:30:00Z");
        clock.advance(60);
        assert_eq!(rfc3339(clock.now()), "2024-06-10T12:31:00Z");
        assert_eq!(rfc3339("1969-12-31T23:59:59.5Z".parse().unwrap()), "1970-01-01T00:00:00Z");
    }
}
