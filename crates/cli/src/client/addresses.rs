//! Where the system is, and how it is reached.

use crate::misuse::Misuse;
use std::path::PathBuf;

/// Flags that every client tool shares. The defaults are the ports that `muster dev` documents.
#[derive(Debug, Clone, clap::Args)]
pub struct Addresses {
    /// Orchestrator to queue at; several (repeated, or separated by commas) are spread over and failed over to
    #[arg(
        long,
        global = true,
        help_heading = "Everywhere",
        value_name = "ADDR",
        env = "MUSTER_QUEUE_ADDR",
        value_delimiter = ',',
        value_parser = parse,
        default_value = "http://127.0.0.1:7600"
    )]
    pub target: Vec<String>,
    /// Playserver to watch and play at; several (repeated, or separated by commas) are spread over and failed over to
    #[arg(
        long,
        global = true,
        help_heading = "Everywhere",
        value_name = "ADDR",
        env = "MUSTER_PLAY_ADDR",
        value_delimiter = ',',
        value_parser = parse,
        default_value = "http://127.0.0.1:7610"
    )]
    pub play: Vec<String>,
    /// Title to queue in; empty means the one that the system serves
    #[arg(
        long,
        global = true,
        help_heading = "Everywhere",
        value_name = "NAME",
        env = "MUSTER_CLIENT_REALM",
        default_value = "",
        hide_default_value = true
    )]
    pub realm: String,
    /// The authority (PEM) that signed the certificates of https:// addresses [default: those that browsers trust]
    #[arg(long, global = true, help_heading = "Everywhere", value_name = "FILE", env = "MUSTER_CA")]
    pub ca: Option<PathBuf>,
    /// The token to call with, where the doors are locked
    #[arg(long, global = true, help_heading = "Everywhere", value_name = "FILE", env = "MUSTER_TOKEN_FILE")]
    pub token_file: Option<PathBuf>,
}

/// Whom a call goes to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Side {
    Queue,
    Play,
}

impl Side {
    pub fn flag(self) -> &'static str {
        match self {
            Self::Queue => "--target",
            Self::Play => "--play",
        }
    }

    pub fn role(self) -> &'static str {
        match self {
            Self::Queue => "orchestrator",
            Self::Play => "playserver",
        }
    }
}

impl Addresses {
    pub fn of(&self, side: Side) -> &[String] {
        match side {
            Side::Queue => &self.target,
            Side::Play => &self.play,
        }
    }

    /// Whether connections go by TLS. Nothing that is meant to be secret goes without.
    pub fn are_encrypted(&self) -> Result<bool, Misuse> {
        let all = || self.target.iter().chain(&self.play);
        let plain = all().find(|address| address.starts_with("http://"));
        let Some(plain) = plain else { return Ok(true) };
        if all().any(|address| address.starts_with("https://")) {
            return Err(Misuse::new(format!("--target and --play must all be https://, or none: {plain} is not")));
        }
        for (flag, given) in [("--ca", &self.ca), ("--token-file", &self.token_file)] {
            if given.is_some() {
                return Err(Misuse::new(format!(
                    "{flag} is for https:// addresses, {plain} is none: nothing would be secret on the way"
                )));
            }
        }
        Ok(false)
    }
}

/// `host:port` is enough where nothing is encrypted.
pub fn parse(text: &str) -> Result<String, String> {
    let text = text.trim().trim_end_matches('/');
    let (scheme, rest) = text.split_once("://").unwrap_or(("http", text));
    let port = rest.rsplit_once(':').and_then(|(host, port)| port.parse::<u16>().ok().filter(|_| !host.is_empty()));
    match port {
        Some(_) if scheme == "http" || scheme == "https" => Ok(format!("{scheme}://{rest}")),
        _ => Err("must be http://host:port or https://host:port".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::parse;

    #[test]
    fn addresses_need_a_host_and_a_port() {
        assert_eq!(parse("127.0.0.1:7600").unwrap(), "http://127.0.0.1:7600");
        assert_eq!(parse("https://play.example:443").unwrap(), "https://play.example:443");
        assert_eq!(parse("http://[::1]:7600/").unwrap(), "http://[::1]:7600");
        for bad in ["", "http://", "host", ":7600", "host:port", "ftp://host:1"] {
            assert!(parse(bad).is_err(), "{bad}");
        }
    }
}
