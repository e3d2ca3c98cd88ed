//! Until when writes may be made.
//!
//! Work that several processes share is guarded by leases. A process that is slow, or cannot renew, must not
//! write once another one may hold its lease: the fence says until when it may, by a clock that never steps,
//! and is asked just before each write is sent.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

/// How long after the last moment to begin a write its answer may come.
const GRACE: Duration = Duration::from_secs(4);

/// Until when writes may be made. Once it is closed it stays so: who holds the lease again needs another one.
#[derive(Debug)]
pub struct Fence {
    /// Milliseconds since [`origin`]; 0 where it is closed.
    until: AtomicU64,
}

/// Where times are counted from.
fn origin() -> Instant {
    static ORIGIN: OnceLock<Instant> = OnceLock::new();
    *ORIGIN.get_or_init(Instant::now)
}

fn millis(time: Instant) -> u64 {
    // Never 0, which means closed.
    u64::try_from(time.saturating_duration_since(origin()).as_millis()).unwrap_or(u64::MAX).saturating_add(1)
}

impl Fence {
    /// One that is open until then.
    pub fn until(time: Instant) -> Arc<Fence> {
        _ = origin();
        Arc::new(Fence { until: AtomicU64::new(millis(time)) })
    }

    /// One that stays open until it is closed.
    pub fn open() -> Arc<Fence> {
        Arc::new(Fence { until: AtomicU64::new(u64::MAX) })
    }

    /// Leaves it open until then. False if it is closed already.
    pub fn extend(&self, time: Instant) -> bool {
        self.extend_at(Instant::now(), time)
    }

    fn extend_at(&self, now: Instant, time: Instant) -> bool {
        loop {
            let Some(until) = self.load(now) else { return false };
            let new = until.max(millis(time));
            if self.until.compare_exchange(until, new, Ordering::AcqRel, Ordering::Acquire).is_ok() {
                return true;
            }
        }
    }

    /// Closes it.
    pub fn close(&self) {
        self.until.store(0, Ordering::Release);
    }

    /// Whether writes may be made.
    pub fn is_open(&self) -> bool {
        self.load(Instant::now()).is_some()
    }

    /// How long a write that is begun now may take; none where none may be begun.
    pub(super) fn left(&self) -> Option<Duration> {
        let now = Instant::now();
        let until = self.load(now)?;
        Some(Duration::from_millis(until.saturating_sub(millis(now))).saturating_add(GRACE))
    }

    /// Until when it is open. Who finds that the time is over closes it, so that nobody extends it afterwards.
    fn load(&self, now: Instant) -> Option<u64> {
        let mut until = self.until.load(Ordering::Acquire);
        loop {
            if until == 0 {
                return None;
            }
            if millis(now) < until {
                return Some(until);
            }
            match self.until.compare_exchange(until, 0, Ordering::AcqRel, Ordering::Acquire) {
                Ok(_) => return None,
                Err(other) => until = other,
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, Instant};

    use super::Fence;

    #[test]
    fn what_has_closed_stays_closed() {
        let now = Instant::now();
        let fence = Fence::until(now + Duration::from_secs(10));
        let later = |seconds| now + Duration::from_secs(seconds);
        assert!(fence.extend_at(later(9), later(19)));
        assert!(fence.load(later(18)).is_some());
        assert!(!fence.extend_at(later(19), later(29)));
        // Even for somebody whose clock was read before.
        assert!(!fence.extend_at(later(18), later(29)));
        assert!(!fence.is_open() && fence.left().is_none());
    }

    #[test]
    fn an_open_one_is_closed_by_hand() {
        let fence = Fence::open();
        assert!(fence.is_open() && fence.left().is_some());
        fence.close();
        assert!(!fence.is_open() && !fence.extend(Instant::now() + Duration::from_secs(1)));
    }
}
