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

const HELP: &str = "\
What is told of waits, in ms:
  enqueue acknowledged    from when the ticket was due to come until its Enqueue was answered
  match delivered         from when it was due until its player was told of his match; `told or not` has those too who were
                          taken and not told, as long as they have waited so far
  from a fit match on     from when that match was worth making until then: its last ticket had come, and its cost was within
                          its players' patience by the rules. What is left out is the wait for company, which no system can
                          shorten. It is told of the match that was made: that a better one was missed shows in
                          `match delivered` alone. Where rules let patience follow the arrivals, which only services see,
                          it begins when the last ticket was due

  came late               how much later the load itself let it come than it was due: that is in all of the above

Memory for each waiting ticket (deep) is of tickets that nobody watches.
What is due comes at its time, whatever became of what came before; the load is a process of this machine too.

Examples:
  muster bench duel --rate 1000 --json before.json
  muster bench duel --rate 1000 --against before.json
  muster bench duel --find --p99-ms 100 --via unary";

static SCENARIOS: [Scenario; ALL.len()] = ALL;

fn command(scenario: &Scenario) -> Command {
    let rate = format!("Tickets that arrive per second [default: {}]", scenario.rate);
    let command = measure::Args::augment_args(Command::new(scenario.name))
        .about(scenario.about)
        .long_about(None)
        .after_help(HELP);
    let seconds = format!("For how long, in seconds [default: {}]", scenario.seconds);
    let command = command.mut_arg("rate", |flag| flag.help(rate)).mut_arg("seconds", |flag| flag.help(seconds));
    // The Redis that is started here speaks no TLS.
    let command = command.mut_arg("redis_ca", |flag| flag.hide(true));
    match scenario.waiting {
        Some(waiting) => {
            let help = format!("Tickets that cannot be matched yet, and wait meanwhile [default: {}]", waiting.tickets);
            command.mut_arg("waiting", |flag| flag.help(help))
        }
        // It stays unknown where nobody waits.
        None => command
            .mut_arg("waiting", |flag| flag.hide(true).value_parser(|_: &str| Err::<usize, _>("nobody waits here"))),
    }
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
