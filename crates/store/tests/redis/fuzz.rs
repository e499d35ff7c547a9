//! Whatever a script is given, it does all of it or nothing.
//!
//! `PROPTEST_CASES=100000 PROPTEST_RNG_SEED=7 cargo test -p store --test redis given` tries other junk, and more of it.

use super::calls::{Call, overheard};
use super::planted::Plot;
use super::scene::VERBS;
use crate::repeatable::repeatable;
use proptest::prelude::*;
use proptest::sample::{Index, select};
use proptest::test_runner::TestRunner;
use std::cell::RefCell;
use tokio::runtime::Builder;

const CASES: u32 = 3_000;
const LONG_BYTES: usize = 70_000;
/// Numbers that are none, too large, too small or of another kind; separators of the store's own texts; nothing; too much.
const JUNK: [&str; 29] = [
    "",
    " ",
    "0",
    "1",
    "-1",
    "1.5",
    "1e3",
    " 7",
    "7 ",
    "0x10",
    "nan",
    "inf",
    "-inf",
    "1e999",
    "9007199254740993",
    "18446744073709551615",
    "18446744073709551616",
    "99999999999999999999999999",
    "|",
    ";",
    ",",
    "a b",
    "a|b",
    "a;b",
    "duel|pc|eu nan",
    "{realm}:outbox",
    "%d%s",
    "\0",
    "\r\n",
];

/// What is done to one argument of a call.
#[derive(Debug, Clone)]
struct Twist(Index, How);

#[derive(Debug, Clone)]
enum How {
    Junk(&'static str),
    Text(String),
    Long,
    Cut(Index),
    Swap(Index),
    Drop,
    Repeat,
    /// Nothing follows it.
    Last,
}

fn twist() -> impl Strategy<Value = Twist> {
    let how = prop_oneof![
        8 => select(JUNK.to_vec()).prop_map(How::Junk),
        2 => any::<String>().prop_map(How::Text),
        1 => Just(How::Long),
        1 => any::<Index>().prop_map(How::Cut),
        2 => any::<Index>().prop_map(How::Swap),
        1 => Just(How::Drop),
        1 => Just(How::Repeat),
        1 => Just(How::Last),
    ];
    (any::<Index>(), how).prop_map(|(at, how)| Twist(at, how))
}

fn twisted(mut call: Call, twists: &[Twist]) -> Call {
    let arguments = &mut call.arguments;
    for Twist(at, how) in twists {
        if arguments.is_empty() {
            break;
        }
        let at = at.index(arguments.len());
        match how {
            How::Junk(junk) => arguments[at] = junk.as_bytes().to_vec(),
            How::Text(text) => arguments[at] = text.as_bytes().to_vec(),
            How::Long => arguments[at] = vec![b'7'; LONG_BYTES],
            How::Cut(to) => {
                let to = to.index(arguments[at].len() + 1);
                arguments[at].truncate(to);
            }
            How::Swap(with) => {
                let with = with.index(arguments.len());
                arguments.swap(at, with);
            }
            How::Drop => drop(arguments.remove(at)),
            How::Repeat => arguments.insert(at, arguments[at].clone()),
            How::Last => arguments.truncate(at + 1),
        }
    }
    call
}

#[test]
fn whatever_a_script_is_given_it_does_all_of_it_or_nothing() {
    let runtime = Builder::new_current_thread().enable_all().build().unwrap();
    let mut plot = runtime.block_on(Plot::new());
    let calls = runtime.block_on(overheard(&mut plot, &VERBS));
    let plot = RefCell::new(plot);
    let attack = (any::<Index>(), prop::collection::vec(twist(), 1..=2))
        .prop_map(move |(which, twists)| twisted(which.get(&calls).clone(), &twists));
    let run = TestRunner::new(repeatable(CASES))
        .run(&attack, |call| runtime.block_on(call.run(&mut plot.borrow_mut())).map(drop).map_err(TestCaseError::fail));
    run.unwrap_or_else(|error| panic!("{error}"));
}
