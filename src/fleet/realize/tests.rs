#![allow(clippy::unwrap_used, reason = "a test may panic")]

use std::sync::mpsc::{RecvTimeoutError, channel};
use std::time::Duration;

use super::*;

/// A chain whose templates come to no end.
const OBJECTS: &str = r#"
apiVersion: carto.run/v1alpha1
kind: ClusterSupplyChain
metadata: {name: web}
spec:
  selector: {type: web}
  resources:
  - {name: first, templateRef: {kind: ClusterTemplate, name: endless}}
  - {name: second, templateRef: {kind: ClusterTemplate, name: endless}}
---
apiVersion: carto.run/v1alpha1
kind: ClusterTemplate
metadata: {name: endless}
spec:
  ytt: |
    #@ def f():
    #@   for i in range(1000000):
    #@     for j in range(1000000):
    #@       x = j
    #@     end
    #@   end
    #@ end
    #@ f()
    kind: ConfigMap
---
apiVersion: carto.run/v1alpha1
kind: Workload
metadata: {name: w, namespace: dev, labels: {type: web}}
"#;

#[test]
fn an_owner_is_cancelled_while_a_template_runs() {
    let mut loaded = Loaded::default();
    loaded.stream("objects".into(), OBJECTS.as_bytes());
    // What ends the render, if nobody does: long after this test has lost its patience.
    let limits = Limits {
        steps: u64::MAX,
        memory: usize::MAX,
        time: Some(Duration::from_secs(120)),
        ..Limits::default()
    };
    let time = Timestamp::UNIX_EPOCH;
    let (fleet, mut owners, problems) = Fleet::of(loaded, Observed::default(), time, &limits);
    assert!(problems.is_empty(), "{problems:?}");
    let owner = owners.pop().unwrap();
    let fleet = Arc::new(fleet);
    let cancel = CancelToken::new();
    let (done, result) = channel();
    let (in_thread, token) = (Arc::clone(&fleet), cancel.clone());
    // It is not joined: without cancelling it would take minutes.
    std::thread::spawn(move || done.send(in_thread.realize_with(&owner, &token).map(|_| ())));
    while fleet.catalog().renderer().renders() == 0 {
        assert_eq!(result.recv_timeout(Duration::from_millis(1)), Err(RecvTimeoutError::Timeout));
    }
    cancel.cancel();
    let error = result.recv_timeout(Duration::from_secs(30)).unwrap().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Cancelled);
    // The second resource was not begun.
    assert_eq!(fleet.catalog().renderer().renders(), 1);
}
