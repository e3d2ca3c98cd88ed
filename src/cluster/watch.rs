//! Being told what happens to objects.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::time::Duration;

use super::error::{Error, ErrorKind, Result};
use super::object::Object;

/// What happened to an object, as a watch sees it: an object that gets the watched labels is added, one that
/// loses them is deleted.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Hash)]
pub enum Change {
    /// It is new.
    Added,
    /// It has changed.
    Modified,
    /// It is gone; the event has its last state.
    Deleted,
}

/// One thing that happened.
#[derive(Clone, PartialEq, Debug)]
pub struct Event {
    /// What happened.
    pub change: Change,
    /// The object after it; its resource version is where to go on watching.
    pub object: Object,
}

/// A subscription to events, in the order they happened. Dropping it ends it.
///
/// It ends by itself when the cluster goes away, or with an error of kind [`Gone`](ErrorKind::Gone) when the
/// reader is too slow.
#[derive(Debug)]
pub struct Watch {
    events: Receiver<Result<Event>>,
    waiting: Arc<AtomicUsize>,
}

/// The cluster's end of a watch.
#[derive(Debug)]
pub struct Feed {
    events: Sender<Result<Event>>,
    waiting: Arc<AtomicUsize>,
    most: usize,
}

impl Watch {
    /// A watch and its feed, which holds this many events for a slow reader.
    pub fn channel(most: usize) -> (Feed, Watch) {
        let (sender, receiver) = channel();
        let waiting = Arc::new(AtomicUsize::new(0));
        let feed = Feed { events: sender, waiting: Arc::clone(&waiting), most };
        (feed, Watch { events: receiver, waiting })
    }

    fn taken(&self, event: Result<Event>) -> Result<Event> {
        self.waiting.fetch_sub(1, Ordering::Relaxed);
        event
    }

    /// The next event that is already there.
    pub fn try_next(&self) -> Option<Result<Event>> {
        self.events.try_recv().ok().map(|event| self.taken(event))
    }

    /// Waits for the next event; none once the watch has ended.
    pub fn next(&self) -> Option<Result<Event>> {
        self.events.recv().ok().map(|event| self.taken(event))
    }

    /// Waits so long for the next event.
    pub fn next_within(&self, time: Duration) -> Waited {
        match self.events.recv_timeout(time) {
            Ok(event) => Waited::Event(self.taken(event)),
            Err(RecvTimeoutError::Timeout) => Waited::Nothing,
            Err(RecvTimeoutError::Disconnected) => Waited::Ended,
        }
    }
}

/// What came of waiting.
#[derive(Clone, PartialEq, Debug)]
pub enum Waited {
    /// An event, or why there will be no more.
    Event(Result<Event>),
    /// Nothing so far.
    Nothing,
    /// The watch has ended.
    Ended,
}

impl Feed {
    /// Whether the watch was dropped.
    pub fn is_closed(&self) -> bool {
        Arc::strong_count(&self.waiting) < 2
    }

    /// Hands on an event, or the error that ends the watch. False where nobody listens any more, or not
    /// fast enough: the feed is of no more use then.
    pub fn send(&self, event: Result<Event>) -> bool {
        if self.waiting.fetch_add(1, Ordering::Relaxed) < self.most {
            return self.events.send(event).is_ok();
        }
        // Whether the reader still hears this does not matter.
        _ = self.events.send(Err(Error::new(ErrorKind::Gone, "the watch fell too far behind")));
        false
    }
}
