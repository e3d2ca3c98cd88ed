//! Which shards this replica holds.
//!
//! Each shard has a Lease, and the replicas share the shards evenly. Every two seconds a replica looks at all
//! leases, renews its own, releases what is more than its share, and takes what is free. With one shard that
//! is the election of a leader.
//!
//! A shard is worked on by one replica at a time:
//! * Its holder writes only until 10 s after it has asked for the lease ([`Fence`]); others wait for 15 s.
//! * It is released only when its last pass has ended.
//! * Who takes it first reads anew what may have been written by others before (`catch_up`).
//! * Replicas that count another number of shards exclude each other: who has taken a lease looks at all of them
//!   once more before it works, and gives way to those that are held under another number.

use std::collections::hash_map::RandomState;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::hash::BuildHasher as _;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use futures_util::future::join_all;
use tokio::sync::{Notify, mpsc};

use super::Shared;
use super::lease::{GIVE_UP, Leases, Seen};
use super::serve::Status as _;
use super::shards::Tenure;
use super::watches;
use crate::cluster::kube::Fence;
use crate::yaml::Text;

/// How often leases are renewed; up to a fifth more at random.
const RENEW: Duration = Duration::from_secs(2);

/// How the names of all leases begin; the name of the only one where there is one shard.
const LEASE: &str = "stampmill-controller";

/// What a lease is for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Use {
    Shard {
        index: usize,
        count: usize,
    },
    /// Says that a replica is there.
    Member {
        count: usize,
    },
}

impl Use {
    fn of(name: &str) -> Option<Use> {
        let rest = name.strip_prefix(LEASE)?;
        if rest.is_empty() {
            return Some(Use::Shard { index: 0, count: 1 });
        }
        if let Some(rest) = rest.strip_prefix("-shard-") {
            let (index, count) = rest.split_once("-of-")?;
            return Some(Use::Shard { index: index.parse().ok()?, count: count.parse().ok()? });
        }
        let (count, _) = rest.strip_prefix("-member-of-")?.split_once('-')?;
        Some(Use::Member { count: count.parse().ok()? })
    }
}

fn shard_name(index: usize, count: usize) -> String {
    if count == 1 { LEASE.to_owned() } else { format!("{LEASE}-shard-{index}-of-{count}") }
}

fn member_name(count: usize, identity: &str) -> String {
    let identity = identity.to_ascii_lowercase();
    let identity = identity.replace(|c: char| !c.is_ascii_alphanumeric(), "-");
    format!("{LEASE}-member-of-{count}-{identity}")
}

/// What the leases say.
#[derive(Debug, Default)]
struct View {
    /// By shard, who holds it; none where it is free.
    holders: Vec<Option<Text>>,
    /// The replicas that are there.
    members: BTreeSet<Text>,
    /// Whether somebody holds a shard who counts another number of them.
    is_mixed: bool,
}

impl View {
    fn new(count: usize, leases: &HashMap<Text, Seen>) -> View {
        let mut view = View { holders: vec![None; count], ..View::default() };
        for (name, seen) in leases.iter().filter(|(_, seen)| !seen.is_free()) {
            match Use::of(name) {
                Some(Use::Shard { index, count: of }) if of == count => {
                    view.members.insert(seen.holder.clone());
                    if let Some(holder) = view.holders.get_mut(index) {
                        *holder = Some(seen.holder.clone());
                    }
                }
                Some(Use::Member { count: of }) if of == count => {
                    _ = view.members.insert(seen.holder.clone())
                }
                Some(Use::Shard { .. }) => view.is_mixed = true,
                Some(Use::Member { .. }) | None => {}
            }
        }
        view
    }

    /// How many shards a replica is to hold. The shares of all add up to all shards. Who holds most keeps most, so
    /// that as few as possible move.
    fn share(&self, identity: &Text) -> usize {
        let held = |member: &Text| self.holders.iter().flatten().filter(|holder| *holder == member).count();
        let mut members: Vec<&Text> = self.members.iter().chain([identity]).collect();
        members.sort_by_key(|member| (std::cmp::Reverse(held(member)), *member));
        members.dedup();
        let rank = members.iter().position(|member| *member == identity).unwrap_or(0);
        let count = self.holders.len();
        count / members.len().max(1) + usize::from(rank < count % members.len().max(1))
    }
}

/// How far a shard is that this replica holds.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum State {
    /// Taken at this time, but others may be there that count another number of shards.
    Taken(Instant),
    /// Worked on, or soon.
    Kept,
    /// To be released when its last pass has ended.
    Leaving,
}

struct Mine {
    tenure: Arc<Tenure>,
    state: State,
}

/// A shard that has caught up.
type Ready = (usize, Arc<Tenure>);

/// One replica's part in the sharing.
pub(super) struct Election {
    shared: Arc<Shared>,
    leases: Leases,
    identity: Text,
    mine: BTreeMap<usize, Mine>,
    ready: (mpsc::UnboundedSender<Ready>, mpsc::UnboundedReceiver<Ready>),
    random: RandomState,
}

impl Election {
    pub(super) fn new(shared: &Arc<Shared>, namespace: &str, identity: &str) -> Election {
        Election {
            shared: Arc::clone(shared),
            leases: Leases::new(Arc::clone(&shared.connection.api), namespace, identity),
            identity: Text::new(identity),
            mine: BTreeMap::new(),
            ready: mpsc::unbounded_channel(),
            random: RandomState::new(),
        }
    }

    fn count(&self) -> usize {
        self.shared.shards.count()
    }

    fn is_ending(&self) -> bool {
        self.shared.is_ending.load(Ordering::Acquire)
    }

    /// Takes part until the controller ends and all shards are released. `stop` wakes it for that.
    pub(super) async fn run(mut self, stop: Arc<Notify>) {
        loop {
            let again = self.round().await;
            if self.is_ending() && self.mine.is_empty() {
                return;
            }
            if !again {
                self.pause(&stop).await;
            }
        }
    }

    async fn pause(&mut self, stop: &Notify) {
        let spread = self.random.hash_one(Instant::now()) % 200;
        let sleep = tokio::time::sleep(RENEW + RENEW.mul_f64(spread as f64 / 1000.0));
        let mut sleep = std::pin::pin!(sleep);
        let shared = Arc::clone(&self.shared);
        loop {
            tokio::select! {
                () = &mut sleep => return,
                () = stop.notified() => return,
                () = shared.shards.ended.notified() => {
                    let has_left = |mine: &Mine| mine.state == State::Leaving && mine.tenure.is_idle();
                    if self.mine.values().any(has_left) {
                        return;
                    }
                }
                Some((index, tenure)) = self.ready.1.recv() => self.begin(index, &tenure),
            }
        }
    }

    /// Works on a shard from now on, unless it was lost meanwhile.
    fn begin(&self, index: usize, tenure: &Arc<Tenure>) {
        let is_kept = |mine: &&Mine| Arc::ptr_eq(&mine.tenure, tenure) && mine.state == State::Kept;
        if self.mine.get(&index).filter(is_kept).is_some() && !self.is_ending() {
            tracing::info!(shard = index, of = self.count(), identity = %self.identity, "reconciling");
            self.shared.take_over(index, tenure);
        }
    }

    fn lose(&mut self, index: usize, why: &str) {
        let Some(mine) = self.mine.remove(&index) else { return };
        mine.tenure.fence.close();
        tracing::warn!(shard = index, of = self.count(), identity = %self.identity, "lost: {why}");
        if self.shared.shards.close(index) {
            self.shared.left(index);
        }
    }

    /// One look at the leases, and what follows from it. Tells whether to look again at once.
    pub(super) async fn round(&mut self) -> bool {
        self.lose_all(|_, mine| !mine.tenure.fence.is_open(), "the lease could not be renewed in time");
        let seen = match self.leases.list(LEASE).await {
            Ok(seen) => seen,
            Err(error) => {
                tracing::warn!("cannot look at the leases: {error}");
                return false;
            }
        };
        let count = self.count();
        let name = |index: usize| Text::from(shard_name(index, count));
        let identity = self.identity.clone();
        let is_others = |index: usize| seen.get(&name(index)).is_none_or(|seen| seen.holder != identity);
        self.lose_all(|index, _| is_others(index), "another replica has the lease");
        let view = View::new(count, &seen);
        self.confirm(view.is_mixed);
        let share = if self.is_ending() { 0 } else { view.share(&self.identity) };
        self.leave_surplus(share);
        self.renew(&seen).await;
        let kept = self.mine.values().filter(|mine| mine.state != State::Leaving).count();
        let mut again = false;
        if !view.is_mixed {
            let is_free = |index: &usize| {
                let holder = view.holders.get(*index).and_then(Option::as_ref);
                holder.is_none_or(|holder| *holder == self.identity) && !self.mine.contains_key(index)
            };
            let free: Vec<usize> = (0..count).filter(is_free).take(share.saturating_sub(kept)).collect();
            for index in free {
                again |= self.take(index, seen.get(&name(index))).await;
            }
        }
        self.announce(&seen).await;
        again
    }

    fn lose_all(&mut self, is_lost: impl Fn(usize, &Mine) -> bool, why: &str) {
        let lost: Vec<usize> = self
            .mine
            .iter()
            .filter(|(index, mine)| is_lost(**index, mine))
            .map(|(index, _)| *index)
            .collect();
        for index in lost {
            self.lose(index, why);
        }
    }

    /// Decides about those that were taken before the last look.
    fn confirm(&mut self, is_mixed: bool) {
        let mut since = None;
        let mut confirmed = Vec::new();
        for (index, mine) in &mut self.mine {
            let State::Taken(time) = mine.state else { continue };
            if is_mixed {
                tracing::info!(shard = index, "replicas with another number of shards are still at work");
                mine.state = State::Leaving;
            } else {
                mine.state = State::Kept;
                since = since.max(Some(time));
                confirmed.push((*index, Arc::clone(&mine.tenure)));
            }
        }
        if let Some(since) = since {
            let (shared, sender) = (Arc::clone(&self.shared), self.ready.0.clone());
            tokio::spawn(async move {
                catch_up(&shared, since, &confirmed).await;
                for ready in confirmed {
                    _ = sender.send(ready);
                }
            });
        }
    }

    fn leave_surplus(&mut self, share: usize) {
        let kept: Vec<usize> = self
            .mine
            .iter()
            .filter(|(_, mine)| mine.state != State::Leaving)
            .map(|(index, _)| *index)
            .collect();
        for index in kept.into_iter().skip(share) {
            if let Some(mine) = self.mine.get_mut(&index) {
                mine.state = State::Leaving;
                tracing::info!(shard = index, "leaving it to others");
                if self.shared.shards.close(index) {
                    self.shared.left(index);
                }
            }
        }
    }

    /// Renews what is held, and releases what is left.
    async fn renew(&mut self, seen: &HashMap<Text, Seen>) {
        let count = self.count();
        let leases = &self.leases;
        let asked = self.mine.iter().map(|(index, mine)| async move {
            let name = shard_name(*index, count);
            let Some(seen) = seen.get(&*name) else { return (*index, true) };
            if mine.state == State::Leaving && mine.tenure.is_idle() {
                mine.tenure.fence.close();
                if let Err(error) = leases.release(&name, seen).await {
                    tracing::warn!(lease = name, "cannot release the lease: {error}");
                }
                return (*index, false);
            }
            let sent = Instant::now();
            match leases.hold(&name, Some(seen)).await {
                Ok(true) => _ = mine.tenure.fence.extend(sent + GIVE_UP),
                // The next look says who was faster.
                Ok(false) => {}
                Err(error) => tracing::warn!(lease = name, "cannot renew the lease: {error}"),
            }
            (*index, true)
        });
        for (index, is_held) in join_all(asked).await {
            if !is_held {
                self.mine.remove(&index);
            }
        }
    }

    /// Takes a free shard. Tells whether that went well.
    async fn take(&mut self, index: usize, seen: Option<&Seen>) -> bool {
        let name = shard_name(index, self.count());
        let sent = Instant::now();
        match self.leases.hold(&name, seen).await {
            Ok(true) => {
                let tenure = Tenure::new(Fence::until(sent + GIVE_UP));
                self.mine.insert(index, Mine { tenure, state: State::Taken(Instant::now()) });
                true
            }
            Ok(false) => false,
            Err(error) => {
                tracing::warn!(lease = name, "cannot take the lease: {error}");
                false
            }
        }
    }

    /// Says that this replica is there, once it could work, and removes what replicas have left that are gone.
    async fn announce(&self, seen: &HashMap<Text, Seen>) {
        if self.count() == 1 {
            return;
        }
        let own = member_name(self.count(), &self.identity);
        let result = if self.is_ending() {
            match seen.contains_key(&*own) {
                true => self.leases.remove(&own).await,
                false => Ok(()),
            }
        } else if self.shared.is_ready() {
            self.leases.hold(&own, seen.get(&*own)).await.map(|_| ())
        } else {
            Ok(())
        };
        if let Err(error) = result {
            tracing::warn!(lease = own, "cannot write the lease: {error}");
        }
        for (name, seen) in seen {
            if seen.is_forgotten && **name != *own && matches!(Use::of(name), Some(Use::Member { .. })) {
                _ = self.leases.remove(name).await;
            }
        }
    }
}

/// Waits until the stores have all that was written before `since`, as long as it is of use.
async fn catch_up(shared: &Shared, since: Instant, taken: &[Ready]) {
    watches::complete(shared).await;
    while taken.iter().any(|(_, tenure)| tenure.fence.is_open()) {
        let mut informers = shared.connection.informers.all();
        informers.extend(shared.followed.get().into_iter().flatten().cloned());
        let results = join_all(informers.iter().map(|informer| informer.catch_up(since))).await;
        let Some(error) = results.into_iter().find_map(Result::err) else { return };
        tracing::warn!("reading what others have written: {error}");
        tokio::time::sleep(Duration::from_millis(500)).await;
    }
}

#[cfg(test)]
mod tests {
    use super::{Use, View, member_name, shard_name};
    use crate::yaml::Text;

    fn view(holders: &[Option<&str>], members: &[&str]) -> View {
        View {
            holders: holders.iter().map(|holder| holder.map(Text::new)).collect(),
            members: members.iter().chain(holders.iter().flatten()).map(Text::new).collect(),
            is_mixed: false,
        }
    }

    fn shares(view: &View, names: &[&str]) -> Vec<usize> {
        names.iter().map(|name| view.share(&Text::new(name))).collect()
    }

    #[test]
    fn names_say_what_leases_are_for() {
        assert_eq!(shard_name(0, 1), "stampmill-controller");
        for (index, count) in [(0, 1), (3, 4), (63, 64)] {
            assert_eq!(Use::of(&shard_name(index, count)), Some(Use::Shard { index, count }));
        }
        let member = member_name(4, "Host.example_1f-of-9");
        assert_eq!(member, "stampmill-controller-member-of-4-host-example-1f-of-9");
        assert_eq!(Use::of(&member), Some(Use::Member { count: 4 }));
        for other in ["stampmill", "stampmill-controller2", "stampmill-controller-shard-x-of-2"] {
            assert_eq!(Use::of(other), None, "{other}");
        }
    }

    #[test]
    fn the_leader_stays_whoever_comes() {
        let led = view(&[Some("m")], &["a", "z"]);
        assert_eq!(shares(&led, &["a", "m", "z"]), [0, 1, 0]);
        assert_eq!(shares(&view(&[None], &[]), &["a"]), [1]);
    }

    #[test]
    fn shards_are_shared_evenly_and_few_move() {
        let [a, b, c] = ["a", "b", "c"].map(Some);
        let names = ["a", "b", "c"];
        // A newcomer.
        assert_eq!(shares(&view(&[c, c, c, c], &["a"]), &["a", "c"]), [2, 2]);
        assert_eq!(shares(&view(&[a, a, b, b], &["c"]), &names), [2, 1, 1]);
        assert_eq!(shares(&view(&[a, b, b, None], &["c"]), &names), [1, 2, 1]);
        // One is gone.
        assert_eq!(shares(&view(&[a, a, None, c], &["a", "c"]), &["a", "c"]), [2, 2]);
        // More replicas than shards.
        assert_eq!(shares(&view(&[b, None], &names), &names), [1, 1, 0]);
        for members in 1..6 {
            let names: Vec<String> = (0..members).map(|number| format!("m{number}")).collect();
            let names: Vec<&str> = names.iter().map(String::as_str).collect();
            let view = view(&[Some("m0"), Some("m0"), None, None, None, Some("m0"), None], &names);
            assert_eq!(shares(&view, &names).iter().sum::<usize>(), 7);
        }
    }
}
