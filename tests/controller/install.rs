//! How people get the controller into a cluster.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::READY;
use super::server::{Process, Server, free_port, page};

fn repository() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn stampmill(arguments: &[&str]) -> String {
    let output = Command::new(env!("CARGO_BIN_EXE_stampmill")).args(arguments).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

/// Definitions of the kinds of others that the manifests use, as far as an API server needs them.
fn definition(plural: &str, kind: &str, group: &str) -> String {
    format!(
        "apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {{name: {plural}.{group}}}
spec:
  group: {group}
  scope: Namespaced
  names: {{kind: {kind}, listKind: {kind}List, plural: {plural}, singular: {}}}
  versions:
  - name: v1
    served: true
    storage: true
    schema: {{openAPIV3Schema: {{type: object, x-kubernetes-preserve-unknown-fields: true}}}}
---
",
        kind.to_lowercase()
    )
}

pub(crate) fn kustomize_and_install_say_the_same(assets: &Path) {
    let server = Server::start(assets);
    let others = [
        definition("issuers", "Issuer", "cert-manager.io"),
        definition("certificates", "Certificate", "cert-manager.io"),
        definition("servicemonitors", "ServiceMonitor", "monitoring.coreos.com"),
    ];
    server.apply(&others.concat());
    server.kubectl(&["wait", "--for=condition=Established", "crd", "--all", "--timeout=30s"], "").unwrap();
    let folder = |name: &str| repository().join("deploy/kustomize").join(name).display().to_string();
    for (name, arguments) in [("base", vec!["install"]), ("webhook", vec!["install", "--webhook"])] {
        server.apply(&stampmill(&arguments));
        // What differs is printed, and makes it fail.
        let folder = folder(name);
        let differs = server.kubectl(&["diff", "--server-side", "--force-conflicts", "-k", &folder], "");
        assert_eq!(differs.as_deref(), Ok(""), "{name}");
        // And the other way round: nothing is missing.
        let built = server.kubectl(&["kustomize", &folder], "").unwrap();
        let count = |text: &str| text.lines().filter(|line| line.starts_with("kind: ")).count();
        assert_eq!(count(&built), count(&stampmill(&arguments)), "{name}");
    }
    // As a team would put it together.
    let own = server.folder.path().join("own");
    fs::create_dir(&own).unwrap();
    // kustomize takes no absolute paths.
    let copied = Command::new("cp").arg("-r").arg(repository().join("deploy/kustomize")).arg(&own).status();
    assert!(copied.unwrap().success());
    let guide = fs::read_to_string(repository().join("docs/controller.md")).unwrap();
    let (_, text) = guide
        .split_once(
            "```yaml
# kustomization.yaml
",
        )
        .unwrap();
    let text = text.split_once("```").unwrap().0;
    fs::write(own.join("kustomization.yaml"), text).unwrap();
    let own = own.display().to_string();
    let arguments = ["apply", "--server-side", "--force-conflicts", "--dry-run=server", "-k", &own];
    let applied = server.kubectl(&arguments, "").unwrap();
    let built = server.kubectl(&["kustomize", &own], "").unwrap();
    for expected in ["- --shards=6\n", "replicas: 3\n", "image: registry.example.com/stampmill:1\n"] {
        assert!(built.contains(expected), "{expected}");
    }
    for expected in
        ["servicemonitor.monitoring.coreos.com/stampmill-controller", "deployment.apps/stampmill-controller"]
    {
        assert!(applied.contains(expected), "{applied}");
    }
    let definitions = fs::read_to_string(repository().join("deploy/kustomize/base/crds.yaml")).unwrap();
    assert_eq!(
        definitions,
        stampmill(&["crds"]),
        "write deploy/kustomize/base/crds.yaml anew: stampmill crds"
    );
}

/// The commands of the README's section "On Kubernetes", as they stand there.
fn commands_of_the_readme() -> String {
    let readme = fs::read_to_string(repository().join("README.md")).unwrap();
    let (_, section) = readme.split_once("\n## On Kubernetes\n").unwrap();
    let (_, block) = section.split_once("```sh\n").unwrap();
    block.split_once("```").unwrap().0.to_owned()
}

pub(crate) fn the_commands_of_the_readme_work_as_they_stand(assets: &Path) {
    let server = Server::start(assets);
    let commands = commands_of_the_readme();
    assert_eq!(commands.trim().lines().count(), 3, "{commands}");
    // The programs that a reader has; the controller's ports are free ones, since others run here as well.
    let programs = server.folder.path().join("bin");
    fs::create_dir(&programs).unwrap();
    let write = |name: &str, text: String| {
        let path = programs.join(name);
        fs::write(&path, text).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
    };
    let program = env!("CARGO_BIN_EXE_stampmill");
    write(
        "stampmill",
        format!(
            "#!/bin/sh\nif [ \"$1\" = controller ]; then\n  echo $$ > {}\n  exec {program} \"$@\" \
             --metrics-bind-address=127.0.0.1:{} --health-probe-bind-address=127.0.0.1:{}\nfi\nexec {program} \"$@\"\n",
            server.folder.path().join("pid").display(),
            free_port(),
            free_port()
        ),
    );
    if assets.join("kubectl").exists() {
        write("kubectl", format!("#!/bin/sh\nexec {} \"$@\"\n", assets.join("kubectl").display()));
    }
    let path = format!("{}:{}", programs.display(), std::env::var("PATH").unwrap());
    let log = fs::File::create(server.folder.path().join("controller.log")).unwrap();
    let status = Command::new("sh")
        .args(["-ec", &commands])
        .current_dir(repository())
        .env("PATH", path)
        .env("KUBECONFIG", server.kubeconfig())
        .stdout(log.try_clone().unwrap())
        .stderr(log)
        .status()
        .unwrap();
    let log = fs::read_to_string(server.folder.path().join("controller.log")).unwrap();
    assert!(status.success(), "{log}");
    server.wait("the workload", &["-n", "default", "workload", "moon"], READY, "True");
    let table = server.kubectl(&["get", "workload", "-n", "default"], "").unwrap();
    assert!(table.lines().any(|line| line.starts_with("moon") && line.contains("True")), "{table}");
    let process = fs::read_to_string(server.folder.path().join("pid")).unwrap();
    assert!(Command::new("kill").arg(process.trim()).status().unwrap().success());
}

/// The libraries that a program loads, as `ldd` says it.
fn libraries(program: &Path) -> Vec<PathBuf> {
    let output = Command::new("ldd").arg(program).output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    text.split_whitespace().filter(|word| word.starts_with('/')).map(PathBuf::from).collect()
}

/// What the image has and nothing else: the program, the C library, no shell, no variables, nobody's home; and
/// what a pod has beside it: the token of its account, and where the API server is.
pub(crate) fn the_program_runs_as_the_image_would_run_it(assets: &Path) {
    let inside = |arguments: &[&str]| {
        let mut command = Command::new("unshare");
        command.args(["--user", "--map-root-user"]).args(arguments);
        command
    };
    if !inside(&["true"]).output().is_ok_and(|output| output.status.success()) {
        eprintln!("skipped: this system has no user namespaces");
        return;
    }
    let server = Server::start(assets);
    server.apply(&stampmill(&["install"]));
    let root = server.folder.path().join("root");
    let program = Path::new(env!("CARGO_BIN_EXE_stampmill"));
    let put = |from: &Path, to: &str| {
        let to = root.join(to.trim_start_matches('/'));
        fs::create_dir_all(to.parent().unwrap()).unwrap();
        fs::copy(from, to).unwrap();
    };
    put(program, "/usr/local/bin/stampmill");
    for library in libraries(program) {
        let name = library.file_name().unwrap().to_string_lossy().into_owned();
        // What gcr.io/distroless/cc has.
        let has = ["ld-linux", "libc.so", "libm.so", "libgcc_s.so", "libpthread", "libdl", "librt"];
        assert!(has.iter().any(|known| name.starts_with(known)), "the image has no {name}");
        put(&library, &library.display().to_string());
    }
    // The API server's certificate names only localhost: tests have no other authority.
    let account = "var/run/secrets/kubernetes.io/serviceaccount";
    let token =
        server.kubectl(&["create", "token", "-n", "stampmill-system", "stampmill-controller"], "").unwrap();
    fs::create_dir_all(root.join(account)).unwrap();
    fs::write(root.join(account).join("token"), token.trim()).unwrap();
    fs::write(root.join(account).join("namespace"), "stampmill-system").unwrap();
    put(&server.folder.path().join("certificates/apiserver.crt"), &format!("{account}/ca.crt"));
    let port = server.port.to_string();
    let health = free_port();
    let log = server.folder.path().join("controller.log");
    let dockerfile = fs::read_to_string(repository().join("Dockerfile")).unwrap();
    assert!(dockerfile.contains("ENTRYPOINT [\"/usr/local/bin/stampmill\"]"));
    let mut controller = Process::start(
        Path::new("env"),
        &[
            "-i",
            "KUBERNETES_SERVICE_HOST=127.0.0.1",
            &format!("KUBERNETES_SERVICE_PORT={port}"),
            "unshare",
            "--user",
            "--map-root-user",
            &format!("--root={}", root.display()),
            "/usr/local/bin/stampmill",
            "controller",
            "--metrics-bind-address=0",
            &format!("--health-probe-bind-address=127.0.0.1:{health}"),
        ]
        .map(str::to_owned),
        &[],
        &log,
    );
    for file in ["chain.yml", "workload.yml"] {
        let path = repository().join("deploy/example").join(file);
        server.kubectl(&["apply", "-n", "default", "-f", &path.display().to_string()], "").unwrap();
    }
    server.wait("the workload", &["-n", "default", "workload", "moon"], READY, "True");
    assert!(page(health, "/readyz").is_some_and(|(status, _)| status.contains(" 200 ")));
    assert_eq!(controller.terminate(), Some(0));
}
