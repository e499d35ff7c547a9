use tokio::process::Command;

const ENDPOINT_VARIABLE: &str = "OTEL_EXPORTER_OTLP_ENDPOINT";
/// How all variables begin by which exporting is set.
const VARIABLES: &str = "OTEL_";

/// Where a process that is started here sends its traces and metrics.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Export {
    /// As this process's own environment says.
    AsHere,
    Nowhere,
    /// To this endpoint, with all else as where nothing is said.
    To(String),
}

impl Export {
    pub fn tell(&self, command: &mut Command) {
        if *self == Self::AsHere {
            return;
        }
        for (name, _) in std::env::vars_os() {
            if name.as_encoded_bytes().starts_with(VARIABLES.as_bytes()) {
                command.env_remove(name);
            }
        }
        if let Self::To(endpoint) = self {
            command.env(ENDPOINT_VARIABLE, endpoint);
        }
    }
}
