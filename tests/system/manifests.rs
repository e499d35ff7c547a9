//! What k8s/ and compose.yaml say is judged as a cluster would: by the published schemas, by policies, by nginx, and by the program that
//! reads the settings. No API server takes part.

use crate::page::ROOT;
use crate::processes::MUSTER;
use serde_json::Value;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::LazyLock;
use tempfile::TempDir;

const OVERLAYS: [&str; 2] = ["dev", "prod"];
const ROLES: [&str; 6] = ["orchestrator", "sweeper", "matchmaker", "mover", "playserver", "monitor"];

/// One overlay, as `kubectl apply -k` sends it.
struct Overlay {
    name: &'static str,
    text: String,
    objects: Vec<Value>,
}

/// Nothing where `kubectl` is not there.
static RENDERED: LazyLock<Vec<Overlay>> = LazyLock::new(|| OVERLAYS.into_iter().filter_map(Overlay::render).collect());

impl Overlay {
    fn render(name: &'static str) -> Option<Self> {
        let output = told(tool("kubectl")?.arg("kustomize").arg(format!("{ROOT}/k8s/overlays/{name}")));
        let text = String::from_utf8(output.stdout).unwrap();
        let objects = serde_saphyr::from_multiple(&text).unwrap();
        Some(Self { name, text, objects })
    }

    fn of_kind(&self, kind: &'static str) -> impl Iterator<Item = &Value> {
        self.objects.iter().filter(move |object| object["kind"] == kind)
    }

    fn named(&self, kind: &'static str, name: &str) -> &Value {
        let found = self.of_kind(kind).find(|object| object["metadata"]["name"] == name);
        found.unwrap_or_else(|| panic!("{}: no {kind} {name}", self.name))
    }

    /// Everything that makes pods, with what to call it.
    fn pods(&self) -> impl Iterator<Item = (String, &Value)> {
        let makers = self.objects.iter().filter(|object| object["spec"]["template"]["spec"].is_object());
        makers.map(|maker| (format!("{} {}", self.name, name(maker)), &maker["spec"]["template"]))
    }

    /// The settings that all roles share.
    fn settings(&self) -> &Value {
        let shared = self.of_kind("ConfigMap").find(|map| name(map).starts_with("muster-"));
        &shared.unwrap()["data"]
    }
}

fn name(object: &Value) -> &str {
    object["metadata"]["name"].as_str().unwrap()
}

fn list(value: &Value) -> impl Iterator<Item = &Value> {
    value.as_array().into_iter().flatten()
}

/// A program that `tests/run` installs; on a laptop that has not, says so, and the test that wants it proves nothing.
fn tool(name: &str) -> Option<Command> {
    let installed = Path::new(ROOT).join("target/manifest-tools/bin").join(name);
    let found = [installed, PathBuf::from("/usr/sbin").join(name)].into_iter().find(|path| path.exists());
    if found.is_none() {
        assert!(std::env::var_os("CI").is_none(), "{name} is not there: tests/run installs it");
        eprintln!("NOT TESTED: {name} is not there; tests/run installs it");
    }
    found.map(Command::new)
}

/// Runs it to its end, which must be a good one.
fn told(command: &mut Command) -> Output {
    let output = command.output().unwrap();
    let said = [&output.stdout[..], &output.stderr[..]].concat();
    assert!(output.status.success(), "{command:?}: {}", String::from_utf8_lossy(&said));
    output
}

fn written(dir: &TempDir, name: &str, text: &str) -> PathBuf {
    let path = dir.path().join(name);
    std::fs::write(&path, text).unwrap();
    path
}

#[test]
fn every_object_keeps_its_published_schema() {
    let dir = TempDir::new().unwrap();
    for overlay in RENDERED.iter() {
        let Some(mut validate) = tool("kubernetes-validate") else { return };
        told(validate.arg("--strict").arg(written(&dir, overlay.name, &overlay.text)));
    }
}

#[test]
fn checkov_finds_nothing_but_what_is_skipped_for_a_reason() {
    let dir = TempDir::new().unwrap();
    let files: Vec<PathBuf> =
        RENDERED.iter().map(|overlay| written(&dir, &format!("{}.yaml", overlay.name), &overlay.text)).collect();
    let Some(mut checkov) = tool("checkov") else { return };
    files.iter().for_each(|file| {
        checkov.arg("--file").arg(file);
    });
    told(checkov.args(["--config-file", &format!("{ROOT}/k8s/checkov.yaml")]).current_dir(&dir));
}

/// What Pod Security `restricted` refuses, which the schemas let through.
#[test]
fn every_pod_may_run_where_pods_are_restricted() {
    for (who, pod) in RENDERED.iter().flat_map(Overlay::pods) {
        let spec = &pod["spec"];
        assert_eq!(spec["securityContext"]["runAsNonRoot"], true, "{who}");
        assert!(spec["securityContext"]["runAsUser"].as_u64().is_some_and(|user| user > 0), "{who}");
        assert_eq!(spec["securityContext"]["seccompProfile"]["type"], "RuntimeDefault", "{who}");
        assert_eq!(spec["automountServiceAccountToken"], false, "{who}");
        assert!(spec["serviceAccountName"].is_string(), "{who}");
        for host in ["hostNetwork", "hostPID", "hostIPC", "initContainers"] {
            assert!(spec[host].is_null(), "{who}: {host}");
        }
        let kinds = ["configMap", "secret", "emptyDir", "projected", "persistentVolumeClaim"];
        for volume in list(&spec["volumes"]) {
            assert!(kinds.iter().any(|kind| volume[kind].is_object()), "{who}: {volume}");
        }
        for container in list(&spec["containers"]) {
            let context = &container["securityContext"];
            assert_eq!(context["allowPrivilegeEscalation"], false, "{who}");
            assert_eq!(context["readOnlyRootFilesystem"], true, "{who}");
            assert_eq!(context["capabilities"]["drop"][0], "ALL", "{who}");
            assert!(context["capabilities"]["add"].is_null(), "{who}");
        }
    }
    for overlay in RENDERED.iter() {
        let labels = &overlay.named("Namespace", "muster")["metadata"]["labels"];
        assert_eq!(labels["pod-security.kubernetes.io/enforce"], "restricted", "{}", overlay.name);
    }
}

#[test]
fn every_container_is_pinned_bounded_and_asked_how_it_is() {
    for (who, pod) in RENDERED.iter().flat_map(Overlay::pods) {
        for container in list(&pod["spec"]["containers"]) {
            let (_, tag) = container["image"].as_str().unwrap().rsplit_once(':').unwrap_or_default();
            assert!(tag.starts_with(|first: char| first.is_ascii_digit() || first == 'v'), "{who}: {tag:?}");
            let resources = &container["resources"];
            for bound in ["/requests/cpu", "/requests/memory", "/limits/memory"] {
                assert!(resources.pointer(bound).is_some(), "{who}: {bound}");
            }
            for probe in ["readinessProbe", "livenessProbe"] {
                assert!(container[probe].is_object(), "{who}: {probe}");
            }
            // Readiness goes with Redis: what looks at it to end a pod would end them all with Redis.
            assert!(container["livenessProbe"]["grpc"].is_null() && container["startupProbe"].is_null(), "{who}");
        }
    }
}

#[test]
fn nothing_that_serves_players_is_taken_down_all_at_once() {
    for overlay in RENDERED.iter() {
        for role in ROLES.into_iter().chain(["nginx"]) {
            let deployment = overlay.named("Deployment", role);
            let labels = &deployment["spec"]["template"]["metadata"]["labels"];
            let budget = &overlay.named("PodDisruptionBudget", role)["spec"];
            assert_eq!(budget["selector"]["matchLabels"]["app.kubernetes.io/component"], role);
            assert_eq!(labels["app.kubernetes.io/component"], role);
            assert_eq!(deployment["spec"]["strategy"]["rollingUpdate"]["maxUnavailable"], 0, "{role}");
            let scaled = overlay.of_kind("HorizontalPodAutoscaler").find(|scaler| name(scaler) == role);
            let count = scaled.map_or(&deployment["spec"]["replicas"], |scaler| &scaler["spec"]["minReplicas"]);
            let count_min = if role == "monitor" { 1 } else { 2 };
            assert!(count.as_u64().is_some_and(|count| count >= count_min), "{role}: {count}");
            // An applied count would undo the autoscaler's.
            assert!(scaled.is_none() || deployment["spec"]["replicas"].is_null(), "{role}");
        }
    }
}

#[test]
fn every_setting_is_one_that_its_role_knows() {
    let mut known_anywhere = BTreeSet::new();
    for role in ROLES {
        let help = String::from_utf8(told(Command::new(MUSTER).args([role, "--help"])).stdout).unwrap();
        let words = help.split(|letter: char| !letter.is_ascii_uppercase() && letter != '_');
        let known: BTreeSet<String> = words.filter(|word| word.starts_with("MUSTER_")).map(str::to_owned).collect();
        assert!(known.contains("MUSTER_REDIS"), "{role}: {help}");
        for overlay in RENDERED.iter() {
            let pod = &overlay.named("Deployment", role)["spec"]["template"]["spec"];
            let own = list(&pod["containers"][0]["env"]).map(|variable| variable["name"].as_str().unwrap());
            for variable in own.filter(|name| name.starts_with("MUSTER_")) {
                assert!(known.contains(variable), "{} {role} does not know {variable}", overlay.name);
            }
        }
        known_anywhere.extend(known);
    }
    for overlay in RENDERED.iter() {
        let shared = overlay.settings().as_object().unwrap();
        for variable in shared.keys().filter(|name| name.starts_with("MUSTER_")) {
            assert!(known_anywhere.contains(variable), "{}: no role knows {variable}", overlay.name);
        }
    }
}

/// `$(NAME)` is filled in from what stands before it alone, and else left as it is written.
#[test]
fn what_a_setting_is_made_of_stands_before_it() {
    for (who, pod) in RENDERED.iter().flat_map(Overlay::pods) {
        for container in list(&pod["spec"]["containers"]) {
            let mut before = BTreeSet::new();
            for variable in list(&container["env"]) {
                let value = variable["value"].as_str().unwrap_or_default();
                for part in value.split("$(").skip(1).filter_map(|rest| rest.split(')').next()) {
                    assert!(before.contains(part), "{who}: {value}, without {part} before it");
                }
                before.insert(variable["name"].as_str().unwrap());
            }
        }
    }
}

/// A second realm is the same install in another namespace: what names the first one's services would never be answered there.
#[test]
fn nothing_names_the_namespace_that_it_is_in() {
    for (who, pod) in RENDERED.iter().flat_map(Overlay::pods) {
        for variable in list(&pod["spec"]["containers"]).flat_map(|container| list(&container["env"])) {
            let value = variable["value"].as_str().unwrap_or_default();
            assert!(!value.contains(".muster.svc"), "{who}: {value}");
        }
    }
}

/// Another would stand in Prometheus as a target that is always down.
#[test]
fn whatever_is_asked_for_its_metrics_serves_some() {
    for overlay in RENDERED.iter() {
        let (label, value) = match overlay.named("Service", "metrics")["spec"]["selector"].as_object() {
            Some(selector) => selector.iter().next().unwrap(),
            None => panic!("{}: no selector", overlay.name),
        };
        let asked: Vec<_> =
            overlay.pods().filter(|(_, pod)| pod["metadata"]["labels"][label.as_str()] == *value).collect();
        assert_eq!(asked.len(), ROLES.len() - 1, "{}: all roles but the monitor", overlay.name);
        for (who, pod) in asked {
            let serves = list(&pod["spec"]["containers"][0]["ports"]).any(|port| port["name"] == "metrics");
            assert!(serves, "{who}");
        }
    }
}

/// A pod that waits for a Secret tells its name; a role that starts without one can tell only what it lacks.
#[test]
fn nothing_that_prod_needs_may_be_missing() {
    for overlay in RENDERED.iter().filter(|overlay| overlay.name == "prod") {
        assert!(!overlay.text.contains("optional: true"));
    }
}

/// Half a door is none: a role that is told neither refuses to start.
#[test]
fn doors_are_off_in_dev_and_kept_in_prod() {
    for overlay in RENDERED.iter() {
        let is_dev = overlay.name == "dev";
        assert_eq!(overlay.settings()["MUSTER_INSECURE"].is_string(), is_dev, "{}", overlay.name);
        for door in ["TLS_CERT", "TLS_KEY", "TLS_CA", "TOKEN_ISSUER", "TOKEN_KEYS", "REDIS_CA"] {
            assert_eq!(overlay.settings()[format!("MUSTER_{door}")].is_string(), !is_dev, "{}: {door}", overlay.name);
        }
        for open in ["MUSTER_REFLECTION", "MUSTER_SPAWN", "MUSTER_DRAINABLE"] {
            assert!(is_dev || overlay.settings()[open].is_null(), "{open}");
        }
    }
}

#[test]
fn no_secret_stands_in_what_is_kept_here() {
    for overlay in RENDERED.iter() {
        assert_eq!(overlay.of_kind("Secret").count(), 0, "{}", overlay.name);
        for url in overlay.text.split_whitespace().filter(|word| word.contains("://")) {
            assert!(!url.contains('@'), "{}: {url} names a user", overlay.name);
        }
        assert!(!overlay.text.contains("PRIVATE KEY"), "{}", overlay.name);
    }
}

#[test]
fn nothing_is_reached_but_by_a_rule_that_names_a_port_somebody_listens_on() {
    for overlay in RENDERED.iter() {
        let deny = &overlay.named("NetworkPolicy", "default-deny")["spec"];
        assert_eq!(deny["podSelector"], serde_json::json!({}));
        assert_eq!(list(&deny["policyTypes"]).count(), 2);
        let listened: BTreeSet<String> = overlay
            .pods()
            .flat_map(|(_, pod)| list(&pod["spec"]["containers"]).flat_map(|container| list(&container["ports"])))
            .flat_map(|port| [port["containerPort"].to_string(), port["name"].to_string()])
            .collect();
        // DNS, and in prod Redis and the collector of traces, are elsewhere.
        let elsewhere: &[&str] = if overlay.name == "dev" { &["53"] } else { &["53", "6379", "4317"] };
        for policy in overlay.of_kind("NetworkPolicy") {
            let rules = list(&policy["spec"]["ingress"]).chain(list(&policy["spec"]["egress"]));
            for port in rules.flat_map(|rule| list(&rule["ports"])).map(|port| port["port"].to_string()) {
                let is_known = listened.contains(&port) || elsewhere.contains(&port.as_str());
                assert!(is_known, "{} {}: {port}", overlay.name, name(policy));
            }
        }
    }
}

/// A name with a hash would start every pod anew at each edit, and leave those that run with the old rules.
#[test]
fn rules_are_followed_by_one_name_and_all_that_ship_are_there() {
    let files = std::fs::read_dir(format!("{ROOT}/rules")).unwrap().map(|entry| entry.unwrap().file_name());
    let shipped: BTreeSet<String> =
        files.filter_map(|file| file.into_string().ok()).filter(|file| file.ends_with(".toml")).collect();
    for overlay in RENDERED.iter() {
        let rules = overlay.named("ConfigMap", "rules")["data"].as_object().unwrap();
        assert_eq!(rules.keys().cloned().collect::<BTreeSet<_>>(), shipped, "{}", overlay.name);
    }
}

/// Debian's nginx, which is older, takes the part that all share; the rest is for the image's.
#[test]
fn nginx_takes_the_locations_that_all_share() {
    let Some(mut nginx) = tool("nginx") else { return };
    let dir = TempDir::new().unwrap();
    for file in ["http.conf", "locations.conf", "streams.conf"] {
        std::fs::copy(format!("{ROOT}/k8s/base/nginx/{file}"), dir.path().join(file)).unwrap();
    }
    let conf = format!(
        "pid {home}/pid; error_log stderr; events {{}} http {{ include http.conf; access_log off;\n\
         client_body_temp_path {home}; proxy_temp_path {home}; fastcgi_temp_path {home}; uwsgi_temp_path {home};\n\
         scgi_temp_path {home};\n\
         upstream orchestrators {{ server 127.0.0.1:7600; }} upstream playservers {{ server 127.0.0.1:7610; }}\n\
         server {{ listen 127.0.0.1:8080 http2; set $services grpc; include locations.conf; }} }}",
        home = dir.path().display()
    );
    told(nginx.args(["-t", "-c"]).arg(written(&dir, "nginx.conf", &conf)));
}

#[test]
fn compose_publishes_to_this_machine_alone_and_runs_what_the_cluster_runs() {
    let Some(mut compose) = tool("docker-compose") else { return };
    let output = told(compose.args(["config", "--format", "json"]).current_dir(ROOT));
    let file: Value = serde_json::from_slice(&output.stdout).unwrap();
    let services = file["services"].as_object().unwrap();
    for (name, service) in services {
        for port in list(&service["ports"]) {
            assert_eq!(port["host_ip"], "127.0.0.1", "{name}");
        }
        assert!(service["mem_limit"].is_string() && service["read_only"] == true, "{name}");
    }
    let Some(dev) = RENDERED.iter().find(|overlay| overlay.name == "dev") else { return };
    let images = |containers: &mut dyn Iterator<Item = &Value>| -> BTreeSet<String> {
        containers.map(|container| container["image"].as_str().unwrap().to_owned()).collect()
    };
    let here = images(&mut services.values());
    assert_eq!(here, images(&mut dev.pods().flat_map(|(_, pod)| list(&pod["spec"]["containers"]))));
}
