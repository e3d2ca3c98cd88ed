//! What the commands are given: made by rule, so that every run measures the same.

use std::fmt::Write as _;
use std::fs;
use std::io;
use std::path::Path;

/// A command line over inputs of several sizes.
pub(crate) struct Workload {
    pub(crate) name: &'static str,
    pub(crate) about: &'static str,
    /// What the sizes count.
    pub(crate) unit: &'static str,
    /// From small to whole; the input grows by the same factor.
    pub(crate) sizes: &'static [usize],
    /// Writes the input of a size into a folder.
    pub(crate) write: fn(&Path, usize) -> io::Result<()>,
}

/// All workloads, each run as `ytt -f FOLDER`.
pub(crate) const WORKLOADS: &[Workload] = &[
    Workload {
        name: "start",
        about: "one small template: what a run costs before it does anything",
        unit: "file",
        sizes: &[1],
        write: start,
    },
    Workload {
        name: "templates",
        about: "template files in folders: a function, conditions, loops, template.replace, data values",
        unit: "files",
        sizes: &[250, 500, 1000],
        write: templates,
    },
    Workload {
        name: "values",
        about: "data values files of 40 keys each under a schema",
        unit: "files",
        sizes: &[200, 400, 800],
        write: values,
    },
    Workload {
        name: "overlays-by-name",
        about: "100 overlays that each change the document of one kind and name",
        unit: "documents",
        sizes: &[250, 500, 1000],
        write: |folder, size| overlays(folder, size, by_name),
    },
    Workload {
        name: "overlays-by-label",
        about: "100 overlays that each change the documents of one label",
        unit: "documents",
        sizes: &[250, 500, 1000],
        write: |folder, size| overlays(folder, size, by_label),
    },
    Workload {
        name: "overlays-by-function",
        about: "100 overlays that each ask a function of their own about every document",
        unit: "documents",
        sizes: &[250, 500, 1000],
        write: |folder, size| overlays(folder, size, by_function),
    },
    Workload {
        name: "overlay-items",
        about: "one overlay that changes every second item of a long array, matched by name",
        unit: "items",
        sizes: &[500, 1000, 2000],
        write: overlay_items,
    },
    Workload {
        name: "plain",
        about: "resource definitions without code in one file",
        unit: "KB",
        sizes: &[350, 700, 1400],
        write: |folder, size| definitions(folder, size, false),
    },
    Workload {
        name: "plain-overlaid",
        about: "the same file and an overlay on all its documents",
        unit: "KB",
        sizes: &[350, 700, 1400],
        write: |folder, size| definitions(folder, size, true),
    },
];

fn put(folder: &Path, name: &str, text: &str) -> io::Result<()> {
    let path = folder.join(name);
    path.parent().map_or(Ok(()), fs::create_dir_all)?;
    fs::write(path, text)
}

/// Templates are full of braces, so `$1` and `$2` stand for the numbers.
fn fill(template: &str, first: usize, second: usize) -> String {
    template.replace("$1", &first.to_string()).replace("$2", &second.to_string())
}

fn start(folder: &Path, _: usize) -> io::Result<()> {
    let text = "#@ def labels(name):\napp: #@ name\n#@ end\n---\nname: web\nlabels: #@ labels(\"web\")\n\
                ports:\n#@ for port in [80, 443]:\n- #@ port\n#@ end\n";
    put(folder, "config.yml", text)
}

const VARIABLES: &str = r#"#@ load("@ytt:data", "data")

#@ def variables(kind):
#@ for variable in data.values.variables:
- name: #@ variable.name.upper().replace("-", "_")
  value: #@ "{}/{}".format(kind, variable.value)
#@ end
#@ end
"#;

const TEMPLATE: &str = r#"#@ load("@ytt:data", "data")
#@ load("@ytt:template", "template")
#@ load("/lib/variables.lib.yml", "variables")

#@ def labels(name):
app: #@ name
app.kubernetes.io/part-of: #@ data.values.project
app.kubernetes.io/managed-by: ytt
#@ end

#@ def limits(size):
#@   if size == "large":
cpu: "2"
memory: 4Gi
#@   else:
cpu: 500m
memory: #@ "{}Mi".format(128 * (1 + $1 % 4))
#@   end
#@ end
---
apiVersion: serving.knative.dev/v1
kind: Service
metadata:
  name: #@ "web-$1-" + data.values.environment
  namespace: team-$2
  labels:
    _: #@ template.replace(labels("web-$1"))
    tier: web
spec:
  template:
    metadata:
      annotations:
        autoscaling.knative.dev/minScale: #@ str(data.values.scale.min)
        #@ if data.values.scale.max:
        autoscaling.knative.dev/maxScale: #@ str(data.values.scale.max)
        #@ end
    spec:
      serviceAccountName: team-$2
      containers:
      - name: workload
        image: #@ "{}/web-$1:{}".format(data.values.registry, data.values.version)
        env:
        - name: PORT
          value: "8080"
        - #@ template.replace(variables("web"))
        #@ if data.values.debug:
        - name: DEBUG
          value: "true"
        #@ end
        resources:
          limits: #@ limits("small")
        securityContext:
          runAsNonRoot: true
          allowPrivilegeEscalation: false
---
apiVersion: v1
kind: ConfigMap
metadata:
  name: #@ "settings-$1-" + data.values.environment
  namespace: team-$2
  labels: #@ labels("web-$1")
data:
  #@ for zone in data.values.zones:
  #@yaml/text-templated-strings
  endpoint-(@= zone @): #@ "https://web-$1.{}.example.com:{}".format(zone, 8000 + $1)
  #@ end
  log-level: info
  start.sh: |
    #!/bin/sh
    # Waits for the database, then starts.
    exec web --listen :8080 --team $2
"#;

fn templates(folder: &Path, size: usize) -> io::Result<()> {
    put(
        folder,
        "values.yml",
        "#@data/values\n---\nproject: shop\nenvironment: prod\nregistry: registry.example.com/shop\nversion: 1.4.2\n\
         debug: false\nscale:\n  min: 1\n  max: 5\nzones: [eu-1, eu-2, us-1]\n\
         variables:\n- {name: database-host, value: db}\n- {name: cache-host, value: cache}\n- {name: queue, value: orders}\n",
    )?;
    put(folder, "lib/variables.lib.yml", VARIABLES)?;
    (0..size).try_for_each(|file| {
        put(folder, &format!("team-{}/web-{file}.yml", file % 20), &fill(TEMPLATE, file, file % 20))
    })
}

fn values(folder: &Path, size: usize) -> io::Result<()> {
    let mut schema = String::from("#@data/values-schema\n---\n");
    for file in 0..size {
        let mut text = format!("#@data/values\n---\nservice_{file}:\n");
        let _ = writeln!(schema, "service_{file}:");
        for key in 0..40 {
            let _ = writeln!(text, "  setting_{key}: value {key} of {file}");
            let _ = writeln!(schema, "  setting_{key}: \"\"");
        }
        put(folder, &format!("values/{file:04}.yml"), &text)?;
    }
    put(folder, "schema.yml", &schema)?;
    let template = "#@ load(\"@ytt:data\", \"data\")\nlast: #@ data.values.service_$1.setting_39\ncount: #@ len(data.values)\n";
    put(folder, "config.yml", &fill(template, size - 1, 0))
}

const KINDS: [&str; 4] = ["Deployment", "Service", "ConfigMap", "Ingress"];

/// Documents of four kinds with 50 different labels.
fn documents(count: usize) -> String {
    let mut text = String::new();
    for document in 0..count {
        let kind = KINDS[document % KINDS.len()];
        let _ = write!(
            text,
            "---\napiVersion: v1\nkind: {kind}\nmetadata:\n  name: app-{document}\n  namespace: ns-{}\n  \
             labels:\n    app: app-{}\n    tier: tier-{}\nspec:\n  replicas: 1\n  template:\n    spec:\n      \
             containers:\n      - name: main\n        image: registry.example.com/app:{document}\n        \
             args: [--verbose, \"--port=8080\"]\n        env:\n        - name: LOG\n          value: \"1\"\n        \
             - name: MODE\n          value: plain\n",
            document % 10,
            document % 50,
            document % 3,
        );
    }
    text
}

fn by_name(overlay: usize, documents: usize) -> String {
    let document = overlay * 7 % documents;
    let kind = KINDS[document % KINDS.len()];
    format!("overlay.subset({{\"kind\": \"{kind}\", \"metadata\": {{\"name\": \"app-{document}\"}}}})")
}

fn by_label(overlay: usize, _: usize) -> String {
    format!(
        "overlay.subset({{\"metadata\": {{\"labels\": {{\"app\": \"app-{}\"}}}}}}), expects=\"1+\"",
        overlay % 50
    )
}

fn by_function(overlay: usize, _: usize) -> String {
    format!("lambda index, left, right: left[\"metadata\"][\"name\"].endswith(\"-{overlay}\")")
}

fn overlays(folder: &Path, size: usize, matcher: fn(usize, usize) -> String) -> io::Result<()> {
    put(folder, "config.yml", &documents(size))?;
    (0..100).try_for_each(|overlay| {
        let text = format!(
            "#@ load(\"@ytt:overlay\", \"overlay\")\n\n#@overlay/match by={}\n---\nmetadata:\n  \
             #@overlay/match missing_ok=True\n  annotations:\n    #@overlay/match missing_ok=True\n    change-{overlay}: applied\nspec:\n  \
             replicas: {overlay}\n  template:\n    spec:\n      containers:\n      \
             #@overlay/match by=\"name\"\n      - name: main\n        #@overlay/match missing_ok=True\n        \
             resources: {{}}\n",
            matcher(overlay, size)
        );
        put(folder, &format!("overlays/{overlay:03}.yml"), &text)
    })
}

fn overlay_items(folder: &Path, size: usize) -> io::Result<()> {
    let mut left = String::from("kind: Routes\nroutes:\n");
    let mut right = String::from(
        "#@ load(\"@ytt:overlay\", \"overlay\")\n\n#@overlay/match by=overlay.subset({\"kind\": \"Routes\"})\n---\nroutes:\n",
    );
    for item in 0..size {
        let _ = writeln!(left, "- name: route-{item}\n  to: service-{item}\n  weight: 1");
        if item % 2 == 0 {
            let _ = writeln!(right, "#@overlay/match by=\"name\"\n- name: route-{item}\n  weight: {item}");
        }
    }
    put(folder, "config.yml", &left)?;
    put(folder, "overlay.yml", &right)
}

/// Custom resource definitions: deep maps, long descriptions, a few literals.
fn definitions(folder: &Path, kilobytes: usize, overlaid: bool) -> io::Result<()> {
    let mut text = String::new();
    let mut document = 0;
    while text.len() < kilobytes * 1000 {
        let _ = write!(
            text,
            "---\napiVersion: apiextensions.k8s.io/v1\nkind: CustomResourceDefinition\nmetadata:\n  \
             name: widgets{document}.example.com\n  annotations:\n    controller-gen.kubebuilder.io/version: v0.14.0\n\
             spec:\n  group: example.com\n  names:\n    kind: Widget{document}\n    plural: widgets{document}\n  \
             scope: Namespaced\n  versions:\n  - name: v1\n    served: true\n    storage: true\n    schema:\n      \
             openAPIV3Schema:\n        type: object\n        description: |-\n          Widget{document} is the schema\n\n          \
             of the widgets API.\n        properties:\n"
        );
        for property in 0..30 {
            let _ = write!(
                text,
                "          field{property}:\n            description: 'Field {property} of the widget: what it is\n              \
                 good for, and why \"it\" matters.'\n            type: object\n            properties:\n              \
                 count:\n                type: integer\n                format: int32\n                minimum: 0\n                \
                 maximum: 65535\n              names:\n                type: array\n                items: {{type: string, pattern: \"^[a-z]+$\"}}\n              \
                 enabled: # may be left out\n                type: boolean\n                default: true\n            \
                 required:\n            - names\n"
            );
        }
        document += 1;
    }
    put(folder, "definitions.yml", &text)?;
    if overlaid {
        let overlay = "#@ load(\"@ytt:overlay\", \"overlay\")\n\n#@overlay/match by=overlay.all, expects=\"1+\"\n---\n\
                       metadata:\n  #@overlay/match missing_ok=True\n  labels:\n    team: platform\nspec:\n  versions:\n  \
                       #@overlay/match by=\"name\"\n  - name: v1\n    #@overlay/match missing_ok=True\n    deprecated: false\n";
        put(folder, "overlay.yml", overlay)?;
    }
    Ok(())
}
