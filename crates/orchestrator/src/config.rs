use domain::Instance;
use std::time::Duration;

/// Who this orchestrator or sweeper is: the instance's role says which.
#[derive(Debug, Clone)]
pub struct Config {
    pub instance: Instance,
    /// Whether anyone who reaches it may have it leave, by `Inspect.Drain`.
    pub drainable: bool,
}

/// Tickets that are held here, once for each of their queues; beyond it an Enqueue is refused with RESOURCE_EXHAUSTED and nothing is
/// adopted. Each takes about a third of a kB between two looks, and several while it is looked for.
pub const HELD_MAX: usize = 1_000_000;
/// Calls in work on one realm server's stream.
pub const SESSION_CALLS_MAX: usize = 256;

/// Arrivals between being asked for and the end of their first look; beyond it an Enqueue is refused with RESOURCE_EXHAUSTED. A
/// few seconds' worth, so that nobody is refused while another mover takes the lead, and soon worked off after a rush.
pub const ARRIVALS_TAKEN_MAX: usize = 768;
/// Enqueues at the store at once: enough to keep it busy, few enough not to stand in the way of the matches of those before.
pub const ENQUEUES_IN_WORK_MAX: usize = 128;
/// Enqueues that wait for their turn at the store; beyond it one is refused with RESOURCE_EXHAUSTED. As many as a realm server may ask for
/// at once.
pub const ENQUEUES_IN_LINE_MAX: usize = SESSION_CALLS_MAX;
/// How long an Enqueue waits for its turn at the store; then it is refused, and nothing was written.
pub const ENQUEUE_TURN_WAIT_MAX: Duration = Duration::from_millis(500);
/// Arrivals of one pool that are looked for together.
pub const ARRIVALS_TOGETHER_MAX: usize = 256;
/// How long arrivals wait for the end of the look that is in work for others of their pool, before they get one beside it. A look takes some
/// milliseconds, unless a service hangs.
pub const ARRIVALS_AHEAD_MAX: Duration = Duration::from_millis(50);
/// Looks for arrivals in work at once.
pub const ARRIVALS_IN_WORK_MAX: usize = 16;
/// Looks at once around tickets of one window: half of what one matchmaker takes.
pub const LOOKS_AROUND_IN_WORK_MAX: usize = SEARCHES_IN_FLIGHT_MAX / 2;
/// Tickets in a range around one ticket.
pub const ARRIVAL_TICKETS_MAX: usize = 128;
/// Ranges that are read in turn where more tickets of one rating stand than one range holds.
pub const EQUALS_TURNS_MAX: u32 = (api::RANGE_TICKETS_MAX / ARRIVAL_TICKETS_MAX) as u32;
/// Tickets of a window that are looked around at once where all are of one rating, of which more stand than one range holds.
pub const EQUALS_AROUND_MAX: usize = 8;
/// How long a range that was cut is remembered, in ms. Ranges for several tickets that contain it are not read meanwhile: they would be cut
/// too.
pub const CROWDED_MS: u64 = 1_000;
/// Pools in which a range that was cut is remembered; in further ones, those that contain it are read in vain.
pub const CROWDS_MAX: usize = 1_024;
/// Looks after which an arrival whose match met a conflict is looked for again in the next round, and not at once.
pub const CONFLICT_RETRIES_MAX: u32 = 3;

/// Shortest time until a ticket is looked for again because a match with it becomes worth making, in ms.
pub const RIPE_MS_MIN: u64 = 5;
/// The part of its wait, one in so many, that must pass as well until a ticket is looked for again for that reason.
pub const RIPE_SHARE: u64 = 8;

/// How soon a ticket must be ripe, in ms, to be left alone until then in a round that has no time for all; one whose turn would be later than
/// that is left alone until it is ripe, too. What is foretold for later may come sooner: when a ticket takes any match.
pub const RIPE_AWAITED_MS: u64 = 10_000;

/// How long after a look a ticket is looked for again where no matchmaker searched, or no mover could commit its match, in ms; ever less
/// often, by [`RIPE_SHARE`].
pub const UNMADE_AGAIN_MS: u64 = 20;

/// Longest pause until the clock is looked at again for what is due: it may have been put forward.
pub const TICK: Duration = Duration::from_millis(50);
/// Shortest pause until the clock is looked at again for what is due.
pub const TICK_MIN: Duration = Duration::from_millis(2);
/// Tickets whose time has come that are taken up together.
pub const DUE_MAX: usize = 4_096;
/// Tickets of one window whose watchers are told of a wider look at once.
pub const WIDENED_IN_WORK_MAX: usize = 64;
/// Tickets moved at once to where changed rules place them.
pub const RELOCATED_IN_WORK_MAX: usize = 64;
/// Windows in work at once.
pub const WINDOWS_IN_WORK_MAX: usize = 16;
/// Tickets are looked for in rounds this far apart, so that many share one window.
pub const ROUND_MS: u64 = 250;
/// Tickets that are looked for again at their time, in each round. An arrival's own look covers whoever waits, so these look for what widens or
/// relaxes as they wait, and find little.
pub const ROUND_IN_TIME_MAX: usize = 64;
/// Tickets of the backlog, for which rounds before had no time, that each round looks for: neighbours in rating.
pub const ROUND_BACKLOG_MAX: usize = 128;
/// Tickets that are looked for because they are ripe, in each round: more than a busy queue has, fewer than there are where nobody can be
/// matched for want of a service.
pub const ROUND_RIPE_MAX: usize = 1_024;
/// Tickets in a range for several; where there are more, narrower ranges are read, or one around each. What a search costs grows with their
/// square.
pub const WINDOW_TICKETS_MAX: usize = 512;
/// How long a window is put back for, in ms, where another over some of the same tickets is in work, or as many are as may be.
pub const PUT_BACK_MS: u64 = 50;
/// A window that took a time to look through rests this many times as long, counted from its beginning.
pub const REST_FACTOR: u64 = 4;

/// Tickets explained at once: each takes a thread for some hundreds of searches, and nobody's match waits for it.
pub const EXPLAINED_IN_WORK_MAX: usize = 2;

/// How long an outlook is believed before the queue's arrivals are surveyed again, in ms.
pub const OUTLOOK_KEPT_MS: u64 = 1_000;
/// How long an outlook is believed, in ms, while the queue has seen fewer than [`OUTLOOK_YOUNG`] arrivals: each one still changes much.
pub const OUTLOOK_YOUNG_KEPT_MS: u64 = 100;
/// Arrivals from which on an outlook changes little with the next one.
pub const OUTLOOK_YOUNG: usize = 64;
/// Pools whose outlook is kept; beyond them nothing is told of one.
pub const OUTLOOKS_KEPT_MAX: usize = 1_024;

/// Searches in flight to one matchmaker; it takes 64 and the rest would wait unread.
pub const SEARCHES_IN_FLIGHT_MAX: usize = 64;
/// How long a search may take, with the verdicts on its proposals.
pub const SEARCH_WAIT_MAX: Duration = Duration::from_millis(6_000);

/// How many times its longest silence of late a matchmaker may be silent until it is taken to hang: then others are asked before it, and what
/// it was asked is asked of another too. Enough that one under load is not left for another, who would propose the same tickets.
pub const SILENCE_FACTOR: u32 = 8;
/// Shortest silence that is taken for a hang: a process that has to wait for a core answers nothing either.
pub const SILENCE_MIN: Duration = Duration::from_millis(80);
/// Shortest silence that is taken for a hang, for each ticket of the range that is to be searched: 512 of the dearest rules take some 90 ms.
pub const SILENCE_MIN_PER_TICKET: Duration = Duration::from_micros(200);
/// Longest silence of a matchmaker before others are asked first, however long it was silent before.
pub const SEARCH_OVERDUE_MAX: Duration = Duration::from_millis(250);
/// Longest silence of a matchmaker before what it was asked is asked of another too.
pub const SEARCH_SILENCE_MAX: Duration = Duration::from_millis(500);
/// Matchmakers that are asked for one range, where they are silent.
pub const SEARCHERS_MAX: usize = 4;

/// How often orphans are adopted and late tickets expired.
pub const SWEEP_EVERY: Duration = Duration::from_millis(250);
/// Tickets adopted, and expired, in one step.
pub const SWEEP_MAX: usize = 1_000;
/// Late tickets expired at once.
pub const EXPIRED_IN_WORK_MAX: usize = 32;
/// Tickets read at once that may have been given here without word of it.
pub const GIVEN_READS_MAX: usize = 32;
/// Adopted tickets kept aside until the rules of one of their queues are known here.
pub const UNRULED_MAX: usize = 10_000;
/// Playservers that have gone and whose watchers may still come back.
pub const GONE_MAX: usize = 1_000;
/// A match that no playserver has started by then has failed, and its tickets wait again.
pub const MATCH_STARTS_MAX: Duration = Duration::from_secs(15);
/// Tickets let go of at once that were watched on a playserver that has gone.
pub const FORSAKEN_IN_WORK_MAX: usize = 32;
/// A sweeper also looks for tickets that expire within this time, whoever holds them.
pub const OLDEST_AHEAD_MS: u64 = 10_000;
pub const OLDEST_EVERY: Duration = Duration::from_millis(2_000);
/// How long the looks in work may take to finish at the end.
pub const FINISH_WAIT_MAX: Duration = Duration::from_millis(chassis::DRAIN_MS_MAX);
/// How long handing back tickets may take; what is left is adopted when the lease runs out.
pub const RELEASE_WAIT_MAX: Duration = Duration::from_millis(1_000);
