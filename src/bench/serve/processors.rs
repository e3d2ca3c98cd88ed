//! Where threads run: the service and the one who asks it do not share a processor.

/// The sides of a measurement.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Side {
    Service,
    Client,
}

#[cfg(target_os = "linux")]
mod system {
    use rustix::thread::{CpuSet, sched_getaffinity, sched_setaffinity};

    use super::Side;

    /// A processor for each side. This thread, and the threads and processes that it starts, can be put there; when this is
    /// dropped, this thread runs where it did before.
    pub(in super::super) struct Processors {
        before: CpuSet,
        service: usize,
        client: usize,
    }

    impl Processors {
        /// The first two that this thread may use; none where there is only one.
        pub(in super::super) fn two() -> Option<Processors> {
            let before = sched_getaffinity(None).ok()?;
            let mut usable = (0..CpuSet::MAX_CPU).filter(|number| before.is_set(*number));
            let (service, client) = (usable.next()?, usable.next()?);
            Some(Processors { before, service, client })
        }

        /// Puts this thread, and what it starts from now on, onto the processor of a side.
        pub(in super::super) fn put(&self, side: Side) {
            let mut set = CpuSet::new();
            set.set(match side {
                Side::Service => self.service,
                Side::Client => self.client,
            });
            // Without it, the figures are less steady.
            _ = sched_setaffinity(None, &set);
        }
    }

    impl Drop for Processors {
        fn drop(&mut self) {
            _ = sched_setaffinity(None, &self.before);
        }
    }

    /// Lets the sleeps of this thread end when they should. Linux lets them end up to 50 us later, to wake less often.
    pub(in super::super) fn sleep_precisely() {
        _ = rustix::thread::set_current_timer_slack(std::num::NonZeroU64::new(1));
    }
}

#[cfg(not(target_os = "linux"))]
mod system {
    use super::Side;

    /// A processor for each side; this system does not say how to choose one.
    pub(in super::super) struct Processors(());

    impl Processors {
        pub(in super::super) fn two() -> Option<Processors> {
            None
        }

        pub(in super::super) fn put(&self, _: Side) {}
    }

    pub(in super::super) fn sleep_precisely() {}
}

pub(super) use system::{Processors, sleep_precisely};
