//! The memory store is Redis' model: whatever is done to both in the same order, they answer the same. Where they do not, the steps
//! are told again with fewer of them, until no more can be left out.
//!
//! `PROPTEST_CASES=1000 PROPTEST_RNG_SEED=7 cargo test -p store --test model` tells other stories, and more of them.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test says what it is sure of")]

#[path = "../../../tests/repeatable.rs"]
mod repeatable;
#[path = "model/step.rs"]
mod step;
#[path = "model/story.rs"]
mod story;

use proptest::prelude::*;
use proptest_state_machine::{ReferenceStateMachine, StateMachineTest, prop_state_machine};
use repeatable::repeatable;
use step::Step;
use store::conformance::{BOUNDS, people::leading};
use store::testing::{Fsync, Listen, RedisServer};
use store::{MemoryStore, RedisStore};
use story::Story;
use tokio::runtime::Runtime;

/// Stories.
const CASES: u32 = 24;
const STEPS: std::ops::Range<usize> = 100..300;
/// Steps from one look at everything that can be read to the next.
const READ_EVERY: usize = 5;

/// Which steps may come does not depend on those before: each is defined whatever it meets.
struct Steps;

impl ReferenceStateMachine for Steps {
    type State = ();
    type Transition = Step;

    fn init_state() -> BoxedStrategy<()> {
        Just(()).boxed()
    }

    fn transitions(&(): &()) -> BoxedStrategy<Step> {
        step::step().boxed()
    }

    fn apply((): (), _: &Step) {}
}

/// Two stores that are told the same.
struct Both {
    runtime: Runtime,
    memory: MemoryStore,
    redis: RedisStore,
    story: Story,
    turn: usize,
    _server: RedisServer,
}

impl StateMachineTest for Both {
    type SystemUnderTest = Self;
    type Reference = Steps;

    fn init_test(&(): &()) -> Self {
        let server = RedisServer::start_with(Listen::UnixSocket, Fsync::Never).unwrap();
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let (memory, redis, story) = runtime.block_on(async {
            let memory = MemoryStore::with_bounds(BOUNDS);
            let redis = RedisStore::connect_within(server.url(), "realm".parse().unwrap(), BOUNDS).unwrap();
            let redis = redis.with_process("0");
            let fence = leading(&memory).await;
            assert_eq!(leading(&redis).await, fence);
            (memory, redis, Story::begin(fence))
        });
        Self { runtime, memory, redis, story, turn: 0, _server: server }
    }

    fn apply(mut both: Self, &(): &(), step: Step) -> Self {
        both.runtime.block_on(async {
            both.story.prepare(&both.memory, &step).await;
            let expected = both.story.tell(&both.memory, &step).await;
            assert_eq!(expected, both.story.tell(&both.redis, &step).await, "{step:?}");
            both.story.learn(&both.memory, &step).await;
        });
        both.turn += 1;
        if both.turn.is_multiple_of(READ_EVERY) {
            both.agree(&format!("{step:?}"));
        }
        both
    }

    fn teardown(both: Self, (): ()) {
        both.agree("the last step");
    }
}

impl Both {
    fn agree(&self, after: &str) {
        self.runtime.block_on(async {
            let (expected, found) = (self.story.read(&self.memory).await, self.story.read(&self.redis).await);
            for (expected, found) in expected.into_iter().zip(found) {
                assert_eq!(expected, found, "after {after}");
            }
        });
    }
}

prop_state_machine! {
    #![proptest_config(repeatable(CASES))]

    #[test]
    fn redis_answers_as_memory_does_whatever_is_done_to_both(sequential STEPS => Both);
}
