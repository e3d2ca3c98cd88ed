//! Who may render now: as many as there are slots, the others wait, clients in turn.
//!
//! Each client has a queue of its own, and free slots go round the clients, so that one with a thousand requests
//! keeps another waiting for one of them at most. Queues are bounded, alone and together.

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::oneshot;

/// What names a client.
pub(super) type ClientId = Arc<str>;

/// The slots.
#[derive(Debug)]
pub(super) struct Slots {
    state: Mutex<State>,
    most_waiting: usize,
    most_of_client: usize,
}

#[derive(Debug, Default)]
struct State {
    free: usize,
    waiting: usize,
    /// Whoever has a slot or waits for one.
    clients: HashMap<ClientId, Queue>,
    /// Clients that wait, the next one first.
    turns: VecDeque<ClientId>,
}

#[derive(Debug, Default)]
struct Queue {
    running: usize,
    waiting: VecDeque<oneshot::Sender<Slot>>,
}

/// Why there is no slot and no place to wait for one.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Refused {
    /// The client has too much at once.
    Client,
    /// All clients together have.
    Overload,
}

/// A slot, until it is dropped.
#[derive(Debug)]
pub(super) struct Slot {
    slots: Option<Arc<Slots>>,
    client: ClientId,
}

/// How many have slots, and wait.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(super) struct SlotFigures {
    pub(super) free: usize,
    pub(super) waiting: usize,
    pub(super) clients: usize,
}

impl Slots {
    /// This many slots; so many may wait for one, and one client may have so many or wait for them.
    pub(super) fn new(slots: usize, most_waiting: usize, most_of_client: usize) -> Arc<Slots> {
        let state = State { free: slots.max(1), ..State::default() };
        Arc::new(Slots { state: Mutex::new(state), most_waiting, most_of_client: most_of_client.max(1) })
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn figures(&self) -> SlotFigures {
        let state = self.lock();
        SlotFigures { free: state.free, waiting: state.waiting, clients: state.clients.len() }
    }

    /// Waits for a slot.
    ///
    /// # Errors
    /// There is none, and no place to wait.
    pub(super) async fn acquire(self: &Arc<Slots>, client: &ClientId) -> Result<Slot, Refused> {
        let mut ticket = {
            let mut state = self.lock();
            let of_client = state.clients.get(client).map_or(0, |queue| queue.running + queue.waiting.len());
            if of_client >= self.most_of_client {
                return Err(Refused::Client);
            }
            if state.free > 0 && state.waiting == 0 {
                state.free -= 1;
                state.clients.entry(Arc::clone(client)).or_default().running += 1;
                return Ok(Slot { slots: Some(Arc::clone(self)), client: Arc::clone(client) });
            }
            if state.waiting >= self.most_waiting {
                return Err(Refused::Overload);
            }
            let (sender, ticket) = oneshot::channel();
            let queue = state.clients.entry(Arc::clone(client)).or_default();
            let is_new = queue.waiting.is_empty();
            queue.waiting.push_back(sender);
            if is_new {
                state.turns.push_back(Arc::clone(client));
            }
            state.waiting += 1;
            Ticket { slots: self, client, receiver: ticket }
        };
        let slot = (&mut ticket.receiver).await;
        // Slots are never taken away from who waits.
        slot.map_err(|_| Refused::Overload)
    }

    /// Gives free slots to those who wait.
    fn give(self: &Arc<Slots>, state: &mut State) {
        while state.free > 0 {
            let Some(client) = state.turns.pop_front() else { break };
            let Some(queue) = state.clients.get_mut(&client) else { continue };
            let Some(sender) = queue.waiting.pop_front() else { continue };
            state.waiting -= 1;
            let slot = Slot { slots: Some(Arc::clone(self)), client: Arc::clone(&client) };
            let mut slot = match sender.send(slot) {
                Ok(()) => {
                    state.free -= 1;
                    queue.running += 1;
                    if !queue.waiting.is_empty() {
                        state.turns.push_back(client);
                    }
                    continue;
                }
                Err(slot) => slot,
            };
            // Whoever it was for has gone. It was not counted yet.
            slot.slots = None;
            if !queue.waiting.is_empty() {
                state.turns.push_front(Arc::clone(&client));
            }
            state.forget(&client);
        }
    }
}

impl State {
    /// Forgets a client that has nothing and waits for nothing.
    fn forget(&mut self, client: &ClientId) {
        if self.clients.get(client).is_some_and(|queue| queue.running == 0 && queue.waiting.is_empty()) {
            self.clients.remove(client);
        }
    }
}

impl Drop for Slot {
    fn drop(&mut self) {
        let Some(slots) = self.slots.take() else { return };
        let mut state = slots.lock();
        state.free += 1;
        if let Some(queue) = state.clients.get_mut(&self.client) {
            queue.running -= 1;
        }
        slots.give(&mut state);
        state.forget(&self.client);
    }
}

/// Somebody who waits.
struct Ticket<'a> {
    slots: &'a Arc<Slots>,
    client: &'a ClientId,
    receiver: oneshot::Receiver<Slot>,
}

impl Drop for Ticket<'_> {
    fn drop(&mut self) {
        self.receiver.close();
        // A slot that came too late goes back by itself.
        let late = self.receiver.try_recv();
        let mut state = self.slots.lock();
        if let Some(queue) = state.clients.get_mut(self.client) {
            let before = queue.waiting.len();
            queue.waiting.retain(|sender| !sender.is_closed());
            let gone = before - queue.waiting.len();
            state.waiting -= gone;
        }
        state.forget(self.client);
        drop(state);
        drop(late);
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may panic")]

    use std::sync::{Arc, Mutex};

    use super::{ClientId, Refused, Slots};

    fn runtime() -> tokio::runtime::Runtime {
        tokio::runtime::Builder::new_current_thread().build().unwrap()
    }

    #[test]
    fn slots_go_round_the_clients() {
        runtime().block_on(async {
            let slots = Slots::new(1, 100, 100);
            let (greedy, modest): (ClientId, ClientId) = ("greedy".into(), "modest".into());
            let first = slots.acquire(&greedy).await.unwrap();
            let order = Arc::new(Mutex::new(Vec::new()));
            let mut tasks = Vec::new();
            for client in [&greedy, &greedy, &greedy, &greedy, &modest] {
                let (slots, client, order) = (Arc::clone(&slots), Arc::clone(client), Arc::clone(&order));
                tasks.push(tokio::spawn(async move {
                    let _slot = slots.acquire(&client).await.unwrap();
                    order.lock().unwrap().push(client);
                }));
                tokio::task::yield_now().await;
            }
            assert_eq!(slots.figures().waiting, 5);
            drop(first);
            for task in tasks {
                task.await.unwrap();
            }
            let order: Vec<ClientId> = order.lock().unwrap().clone();
            // Four requests came before; only one of them is served before the modest one.
            assert_eq!(order.iter().position(|client| *client == modest), Some(1));
            let figures = slots.figures();
            assert_eq!((figures.free, figures.waiting, figures.clients), (1, 0, 0));
        });
    }

    #[test]
    fn queues_are_bounded_alone_and_together() {
        runtime().block_on(async {
            let slots = Slots::new(1, 2, 2);
            let clients: Vec<ClientId> = ["a", "b", "c"].map(ClientId::from).to_vec();
            let slot = slots.acquire(&clients[0]).await.unwrap();
            let wait = |client: &ClientId| {
                let (slots, client) = (Arc::clone(&slots), Arc::clone(client));
                tokio::spawn(async move { slots.acquire(&client).await.map(drop) })
            };
            let waiting = [wait(&clients[0]), wait(&clients[1])];
            tokio::task::yield_now().await;
            assert_eq!(slots.acquire(&clients[0]).await.err(), Some(Refused::Client));
            assert_eq!(slots.acquire(&clients[2]).await.err(), Some(Refused::Overload));
            drop(slot);
            for waiting in waiting {
                waiting.await.unwrap().unwrap();
            }
        });
    }

    #[test]
    fn who_goes_away_keeps_no_place() {
        runtime().block_on(async {
            let slots = Slots::new(1, 1, 5);
            let client: ClientId = "a".into();
            let slot = slots.acquire(&client).await.unwrap();
            for _ in 0..3 {
                let mut waiting = Box::pin(slots.acquire(&client));
                assert!(futures_util::FutureExt::now_or_never(&mut waiting).is_none());
                assert_eq!(slots.figures().waiting, 1);
                drop(waiting);
                assert_eq!(slots.figures().waiting, 0);
            }
            // One to whom the slot was given, but who went before taking it.
            let mut waiting = Box::pin(slots.acquire(&client));
            assert!(futures_util::FutureExt::now_or_never(&mut waiting).is_none());
            drop(slot);
            drop(waiting);
            assert_eq!(slots.figures().free, 1);
            assert_eq!(slots.figures().clients, 0);
        });
    }
}
