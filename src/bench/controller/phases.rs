//! The measurements, one after the other.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use http::Method;
use tokio::task::JoinHandle;

use super::client::{Client, Metadata, Named, each, read};
use super::error::{Result, failed};
use super::figures::{Figures, Requests, is_rest, server_cpu};
use super::objects::{
    self, BARE, DEFINITIONS, GROUP, KINDS, NAME, REFERENCE_CHAINS, carto, config_maps, own,
};
use super::process::Controller;
use super::report::{Bare, Fleet, Latency, Memory, Reference, Rest, Restart, Template};
use super::wait::{Seen, Waiting};
use super::{ControllerBench, Progress};

/// How long owners may take, beside [`EACH`] for each of them.
const MOST: Duration = Duration::from_secs(120);
/// What an owner may take: ten times what the table allows.
const EACH: Duration = Duration::from_millis(100);

/// A controller that has written nothing for so long is at rest.
const QUIET: Duration = Duration::from_secs(3);

/// The pause between two changes whose latency is measured.
const PAUSE: Duration = Duration::from_millis(20);

fn most(owners: usize) -> Duration {
    MOST + EACH * u32::try_from(owners).unwrap_or(u32::MAX)
}

/// What all measurements have.
pub(super) struct Bench<'a> {
    pub(super) client: Client,
    pub(super) options: &'a ControllerBench,
    pub(super) progress: &'a Progress<'a>,
}

impl Bench<'_> {
    fn say(&self, what: impl AsRef<str>) {
        (self.progress)(what.as_ref());
    }

    async fn create_each(&self, objects: impl IntoIterator<Item = (String, String)>) -> Result<()> {
        for (path, object) in objects {
            self.client.create(&path, &object).await?;
        }
        Ok(())
    }

    /// Makes what the measurements share: namespaces, kinds, an account, and all templates.
    pub(super) async fn prepare(&self) -> Result<()> {
        self.say("preparing");
        for kind in KINDS {
            self.client.create(DEFINITIONS, &objects::definition(kind)).await?;
        }
        for name in [NAME, BARE] {
            self.client.create("/api/v1/namespaces", &objects::namespace(name)).await?;
        }
        self.create_each(objects::account()).await?;
        self.create_each(objects::fleet_templates()).await?;
        let end = Instant::now() + Duration::from_secs(30);
        for kind in KINDS {
            while self.client.get(&own(NAME, kind)).await?.is_none() {
                if Instant::now() > end {
                    return Err(failed(format!("{kind}.{GROUP} is not served")));
                }
                tokio::time::sleep(Duration::from_millis(100)).await;
            }
        }
        Ok(())
    }

    /// Creates workloads for a chain.
    async fn create_workloads(&self, prefix: &str, count: usize, chain: &str) -> Result<()> {
        self.say(format!("creating {count} workloads"));
        let path = carto("workloads");
        each(0..count, |number| {
            let object = objects::workload(&format!("{prefix}{number}"), chain);
            let path = &path;
            async move { self.client.create(path, &object).await.map(drop) }
        })
        .await
        .map(drop)
    }

    /// Waits until the controller has nothing more to do.
    pub(super) async fn rest(&self, controller: &Controller) -> Result<Figures> {
        self.say("waiting until the controller rests");
        let end = Instant::now() + Duration::from_secs(600);
        let mut before = controller.figures().await?;
        let mut since = Instant::now();
        loop {
            tokio::time::sleep(Duration::from_millis(250)).await;
            let now = controller.figures().await?;
            let works = now.requests_since(&before).keys().any(|request| !is_rest(request));
            if works || now.busy > 0 {
                since = Instant::now();
            } else if since.elapsed() >= QUIET {
                return Ok(now);
            }
            before = now;
            if Instant::now() > end {
                return Err(failed("the controller does not come to rest"));
            }
        }
    }

    /// The owners of the bare client, which are like workloads.
    pub(super) async fn bare_owners(&self, count: usize) -> Result<Vec<Metadata>> {
        self.say(format!("bare client: creating {count} owners"));
        let path = own(BARE, "owners");
        each(0..count, |number| {
            let object = objects::bare_owner(&format!("w{number}"));
            let path = &path;
            async move {
                let created: Named = read(&self.client.create(path, &object).await?)?;
                Ok(created.metadata)
            }
        })
        .await
    }

    /// The bare client creates what the controller would stamp for these owners.
    pub(super) async fn bare_objects(&self, owners: &[Metadata], bare: &mut Bare) -> Result<()> {
        self.say(format!("bare client: creating {} objects", owners.len() * 3));
        let path = config_maps(BARE);
        let begin = Instant::now();
        each(0..owners.len(), |number| {
            let owner = owners.get(number).cloned().unwrap_or_default();
            let path = &path;
            async move {
                for object in objects::bare_objects(&owner.name, &owner.uid) {
                    self.client.create(path, &object).await?;
                }
                Ok(())
            }
        })
        .await?;
        bare.objects += owners.len() * 3;
        bare.object_seconds += begin.elapsed().as_secs_f64();
        Ok(())
    }

    /// The bare client writes the status of each of its owners: that which the controller has written.
    pub(super) async fn bare_statuses(&self, owners: &[Metadata], bare: &mut Bare) -> Result<()> {
        self.say(format!("bare client: writing {} statuses", owners.len()));
        let written = self.client.get(&format!("{}/w0", carto("workloads"))).await?;
        let written: serde_json::Value = read(&written.unwrap_or_default())?;
        let status = written.get("status").cloned().unwrap_or_default().to_string();
        let path = own(BARE, "owners");
        let begin = Instant::now();
        each(0..owners.len(), |number| {
            let owner = owners.get(number).cloned().unwrap_or_default();
            let status = status.replace("w0", &owner.name);
            let object = objects::bare_owner(&owner.name);
            // As a controller does it: the whole object, with the version it goes back to.
            let object = object.replacen(
                r#""metadata":{"#,
                &format!(
                    r#""status":{status},"metadata":{{"uid":"{}","resourceVersion":"{}","#,
                    owner.uid, owner.resource_version
                ),
                1,
            );
            let path = format!("{path}/{}/status", owner.name);
            async move { self.client.send(Method::PUT, &path, Some(&object)).await.map(drop) }
        })
        .await?;
        bare.statuses += owners.len();
        bare.status_seconds += begin.elapsed().as_secs_f64();
        Ok(())
    }

    /// Creates the workloads of the fleet; there is no chain for them yet.
    pub(super) async fn fleet_workloads(&self) -> Result<()> {
        self.create_workloads("w", self.options.fleet, "fleet").await
    }

    /// From the chain of the fleet until all its workloads are ready; then until the controller rests.
    pub(super) async fn fleet(&self, controller: &Controller) -> Result<(Fleet, Memory)> {
        let count = self.options.fleet;
        let mut waiting =
            Waiting::from_now(&self.client, "workloads", &carto("workloads"), "&labelSelector=chain%3Dfleet")
                .await?;
        let before = controller.figures().await?;
        let server_before = server_cpu(&self.client).await;
        let begin = Instant::now();
        let (path, chain) = objects::fleet_chain();
        self.client.create(&path, &chain).await?;
        let done = |done: usize| {
            if done.is_multiple_of(100) {
                self.say(format!("the fleet: {done} of {count} workloads are ready"));
            }
        };
        waiting.all(count, most(count), &done, Seen::is_ready).await?;
        let seconds = begin.elapsed().as_secs_f64();
        let after = controller.figures().await?;
        let server_after = server_cpu(&self.client).await;
        // The last answers, and what is sent beside the work.
        let rest = self.rest(controller).await?;
        let fleet = Fleet {
            workloads: count,
            objects: count * 3,
            seconds,
            requests: rest.requests_since(&before),
            cpu_seconds: difference(before.cpu_seconds, after.cpu_seconds),
            server_cpu_seconds: difference(server_before, server_after),
        };
        Ok((fleet, Bench::memory(&rest)))
    }

    fn memory(figures: &Figures) -> Memory {
        Memory { resident_bytes: figures.resident_bytes, peak_bytes: figures.peak_bytes }
    }

    /// Makes owners whose chain needs things, and changes a template of theirs.
    pub(super) async fn template(&self) -> Result<Template> {
        let count = self.options.changed;
        self.create_each(objects::thing_chain()).await?;
        let mut ready =
            Waiting::from_now(&self.client, "workloads", &carto("workloads"), "&labelSelector=chain%3Dthing")
                .await?;
        let maker = self.maker().await?;
        self.create_workloads("t", count, "thing").await?;
        self.say(format!("changing a template: waiting for {count} workloads"));
        ready.all(count, most(count), &|_| {}, Seen::is_ready).await?;
        drop(maker);
        let mut changed = self.colors().await?;
        self.say("changing a template");
        let begin = Instant::now();
        let (path, template) = objects::color_template("blue");
        let path = format!("{path}/{NAME}-color");
        self.client.send(Method::PATCH, &path, Some(&template)).await?;
        let is_blue = |seen: &Seen| seen.data.get("color").is_some_and(|color| color == "blue");
        changed.all(count, most(count), &|_| {}, is_blue).await?;
        Ok(Template { owners: count, seconds: begin.elapsed().as_secs_f64() })
    }

    async fn colors(&self) -> Result<Waiting> {
        let query = format!("&labelSelector=carto.run%2Fsupply-chain-name%3D{NAME}-thing");
        Waiting::from_now(&self.client, "ConfigMaps", &config_maps(NAME), &query).await
    }

    /// From the request that changes the status of a thing until a watch shows its dependant.
    pub(super) async fn latency(&self) -> Result<Latency> {
        let count = self.options.changed;
        let mut seen = self.colors().await?;
        let mut times = Vec::new();
        for sample in 0..self.options.samples {
            self.say(format!("status to dependant: {sample} of {}", self.options.samples));
            let name = format!("t{}", sample % count.max(1));
            let image = format!("image-{}", sample + 2);
            let path = format!("{}/{name}/status", own(NAME, "things"));
            let begin = Instant::now();
            self.client.send(Method::PATCH, &path, Some(&objects::thing_status(&image))).await?;
            let is_it = |seen: &Seen| {
                seen.metadata.name == name && seen.data.get("image").is_some_and(|found| *found == image)
            };
            let found = tokio::time::timeout(MOST, seen.next(is_it)).await;
            found.map_err(|_| failed(format!("the dependant of {name} is not updated")))??;
            times.push(begin.elapsed());
            tokio::time::sleep(PAUSE).await;
        }
        Ok(Latency::of(times))
    }

    /// The requests of a controller that has nothing to do.
    pub(super) async fn at_rest(&self, controller: &Controller) -> Result<Rest> {
        let before = self.rest(controller).await?;
        self.say(format!("requests at rest: {} s", self.options.rest.as_secs()));
        tokio::time::sleep(self.options.rest).await;
        let requests = controller.figures().await?.requests_since(&before);
        let others: u64 = counted(&requests, |request| !is_rest(request));
        Ok(Rest { seconds: self.options.rest.as_secs_f64(), requests, others })
    }

    /// Starts the controller again and waits until it rests.
    pub(super) async fn restart(&self, controller: &mut Controller) -> Result<Restart> {
        self.say("restarting the controller");
        controller.stop().await;
        let begin = Instant::now();
        *controller = Controller::start(&self.options.arguments).await?;
        let owners = (self.options.fleet + self.options.changed) as u64;
        while controller.figures().await?.passes < owners {
            if begin.elapsed() > most(self.options.fleet) {
                return Err(failed("the controller that was started again does not look at all owners"));
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        let seconds = begin.elapsed().as_secs_f64();
        let figures = self.rest(controller).await?;
        let is_write = |request: &str| {
            let verb = request.split(' ').next().unwrap_or_default();
            matches!(verb, "create" | "update" | "patch" | "delete")
                && !is_rest(request)
                && request != "create serviceaccounts"
        };
        Ok(Restart {
            seconds,
            writes: counted(&figures.requests, is_write),
            memory: Bench::memory(&figures),
            requests: figures.requests,
        })
    }

    /// The reference's own benchmark: from the first owner that is created until all are ready.
    pub(super) async fn reference(&self) -> Result<Reference> {
        let ControllerBench { workloads, runnables, .. } = *self.options;
        self.say("the reference's benchmark: creating templates");
        for chain in 0..REFERENCE_CHAINS {
            self.create_each(objects::reference_chain(chain)).await?;
        }
        each(0..runnables, |number| {
            let (path, object) = objects::run_template(number);
            async move { self.client.create(&path, &object).await.map(drop) }
        })
        .await?;
        let [mut ready_workloads, mut ready_runnables] = [
            Waiting::from_now(&self.client, "workloads", &carto("workloads"), "").await?,
            Waiting::from_now(&self.client, "runnables", &carto("runnables"), "").await?,
        ];
        let _maker = self.maker().await?;
        let begin = Instant::now();
        let create = async {
            self.say(format!("the reference's benchmark: {workloads} workloads and {runnables} runnables"));
            let path = carto("workloads");
            each(0..workloads, |number| {
                let path = &path;
                async move { self.client.create(path, &objects::reference_workload(number)).await.map(drop) }
            })
            .await?;
            let path = carto("runnables");
            each(0..runnables, |number| {
                let path = &path;
                async move { self.client.create(path, &objects::runnable(number)).await.map(drop) }
            })
            .await
        };
        let is_one = |seen: &Seen| seen.metadata.name.starts_with("foo-workload-") && seen.is_ready();
        let has_run = |seen: &Seen| seen.is_ready() && seen.has_outputs();
        let most = most(workloads + runnables);
        tokio::try_join!(
            create,
            ready_workloads.all(workloads, most, &|_| {}, is_one),
            ready_runnables.all(runnables, most, &|_| {}, has_run),
        )?;
        Ok(Reference { workloads, runnables, seconds: begin.elapsed().as_secs_f64() })
    }

    /// Does what the controller of things would do: each new one gets a status. Ends when it is dropped.
    async fn maker(&self) -> Result<Maker> {
        let path = own(NAME, "things");
        let version = self.client.version(&path).await?;
        let mut watch = self.client.watch(&path, "", &version).await?;
        let client = self.client.clone();
        Ok(Maker(tokio::spawn(async move {
            let limit = Arc::new(tokio::sync::Semaphore::new(super::client::AT_A_TIME));
            let mut made: HashMap<String, ()> = HashMap::new();
            while let Ok(Named { metadata }) = watch.next().await {
                if made.insert(metadata.name.clone(), ()).is_some() {
                    continue;
                }
                let Ok(permit) = Arc::clone(&limit).acquire_owned().await else { return };
                let (client, path) = (client.clone(), format!("{path}/{}/status", metadata.name));
                tokio::spawn(async move {
                    // One that is not made shows in what is waited for.
                    _ = client.send(Method::PATCH, &path, Some(&objects::thing_status("image-1"))).await;
                    drop(permit);
                });
            }
        })))
    }
}

/// The maker of things.
struct Maker(JoinHandle<()>);

impl Drop for Maker {
    fn drop(&mut self) {
        self.0.abort();
    }
}

fn counted(requests: &Requests, wanted: impl Fn(&str) -> bool) -> u64 {
    requests.iter().filter(|(request, _)| wanted(request)).map(|(_, count)| count).sum()
}

fn difference(before: Option<f64>, after: Option<f64>) -> Option<f64> {
    before.zip(after).map(|(before, after)| after - before)
}
