//! One subcommand for each scenario by name, all with the same flags.

use super::measure;
use super::scenario::{ALL, Scenario};
use clap::error::ErrorKind;
use clap::{ArgMatches, Args, Command, FromArgMatches, Subcommand};

/// A scenario that was asked for, and how.
#[derive(Debug)]
pub struct Named {
    pub scenario: &'static Scenario,
    pub args: measure::Args,
}

static SCENARIOS: [Scenario; ALL.len()] = ALL;

fn command(scenario: &Scenario) -> Command {
    let rate = format!("Tickets that arrive per second [default: {}]", scenario.rate);
    let command = measure::Args::augment_args(Command::new(scenario.name)).about(scenario.about).long_about(None);
    command.mut_arg("rate", |flag| flag.help(rate))
}

impl Subcommand for Named {
    fn augment_subcommands(parent: Command) -> Command {
        SCENARIOS.iter().map(command).fold(parent, Command::subcommand)
    }

    fn augment_subcommands_for_update(parent: Command) -> Command {
        Self::augment_subcommands(parent)
    }

    fn has_subcommand(name: &str) -> bool {
        SCENARIOS.iter().any(|scenario| scenario.name == name)
    }
}

impl FromArgMatches for Named {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Self, clap::Error> {
        let (name, matches) = matches.subcommand().ok_or_else(|| clap::Error::new(ErrorKind::MissingSubcommand))?;
        let scenario = SCENARIOS.iter().find(|scenario| scenario.name == name);
        let scenario = scenario.ok_or_else(|| clap::Error::new(ErrorKind::InvalidSubcommand))?;
        Ok(Self { scenario, args: measure::Args::from_arg_matches(matches)? })
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), clap::Error> {
        *self = Self::from_arg_matches(matches)?;
        Ok(())
    }
}
