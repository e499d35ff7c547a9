//! What runs where, and what to do with it.

use super::member::Member;
use super::process::joined;
use crate::run::args::{ClusterArgs, DEFAULT_REALM};
use crate::run::next_step::{NextStep, STANDS_FOR};
use crate::run::redacted::redacted;
use domain::{Role, RuleSet};
use std::fmt;

pub struct Banner<'a> {
    pub args: &'a ClusterArgs,
    pub url: &'a str,
    pub members: &'a [Member],
    /// The name of the mover that leads.
    pub leader: Option<&'a str>,
    pub rules: &'a RuleSet,
}

impl Banner<'_> {
    fn row(&self, member: &Member) -> String {
        let seat = &member.seat;
        let pid = member.pid().map(|id| id.to_string()).unwrap_or_default();
        let leads = if self.leader == Some(seat.name.as_str()) { "   leads" } else { "" };
        format!("  {:<16} {:<18} pid {pid}{leads}", seat.name, seat.address.to_string())
    }

    fn addresses(&self, role: Role) -> Vec<String> {
        let of_role = self.members.iter().filter(|member| member.seat.role == role);
        of_role.map(|member| member.seat.address.to_string()).collect()
    }

    /// Roles without which nobody is matched, and of which none is here.
    fn missing(&self) -> String {
        let roles = [Role::Orchestrator, Role::Matchmaker, Role::Mover, Role::Playserver];
        let missing = roles.into_iter().filter(|role| self.addresses(*role).is_empty());
        missing.map(Role::as_str).collect::<Vec<_>>().join(", ")
    }

    /// How to start a member that was killed again; told by an example, a mover where there is one.
    fn again(&self) -> Option<String> {
        let mover = self.members.iter().find(|member| self.leader == Some(member.seat.name.as_str()));
        let seat = &mover.or(self.members.first())?.seat;
        let mut line =
            format!("muster {} --redis {} --listen {}", seat.role.as_str(), redacted(self.url), seat.address);
        if let Some(metrics) = seat.metrics {
            line += &format!(" --metrics {metrics}");
        }
        line += &match &seat.keys {
            Some(keys) => {
                keys.flags(seat.role.into()).map(|(flag, value)| format!(" {flag} {}", value.display())).concat()
            }
            None => " --insecure".to_owned(),
        };
        if self.args.realm.realm != DEFAULT_REALM {
            line += &format!(" --realm {}", self.args.realm.realm);
        }
        if !self.args.realm.rules.is_empty() {
            line += &format!(" --rules {}", joined(&self.args.realm.rules).display());
        }
        Some(line)
    }
}

impl fmt::Display for Banner<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for member in self.members {
            writeln!(f, "{}", self.row(member))?;
        }
        let (queue, play) = (self.addresses(Role::Orchestrator), self.addresses(Role::Playserver));
        write!(f, "\n{}", NextStep { rules: self.rules, queue, play, keys: self.args.keys.as_deref() })?;
        let missing = self.missing();
        if !missing.is_empty() {
            writeln!(
                f,
                "  missing              {missing}: nobody is matched unless each runs elsewhere, or is started"
            )?;
        }
        writeln!(f, "  kill one             kill -9 PID: the others go on, and it is not started again")?;
        if let Some(again) = self.again() {
            writeln!(f, "  start it again       {again}")?;
        }
        let doors = match &self.args.keys {
            Some(keys) => format!("locked, by the keys in {}", keys.display()),
            None => "open, to whoever reaches these ports: no TLS, no tokens (--keys locks them)".to_owned(),
        };
        writeln!(f, "  doors                {doors}")?;
        writeln!(f, "  metrics              of each a hundred ports above it: k8s/observability/prometheus.yaml")?;
        writeln!(f, "  traces               {}", telemetry::destination(telemetry::TRACED_SHARE))?;
        writeln!(f, "  stop                 Ctrl-C")?;
        write!(f, "\n{STANDS_FOR}")
    }
}
