//! Every bound on what a client may send, by name. The wire contract's comments repeat these figures.

/// Longest player, queue, region, role, realm or instance name, in bytes.
pub const NAME_BYTES_MAX: usize = 64;
/// Longest client key, in bytes.
pub const CLIENT_KEY_BYTES_MAX: usize = 128;
/// Most players in one party; a queue's team size may allow fewer.
pub const PARTY_PLAYERS_MAX: usize = 64;
/// Largest party that a client may send, in bytes of the contract's encoding: a kibibyte for each of as many players as there may be, and
/// more than twice what one takes of whom everything is said that may be. What is added here, whom they met, comes on top.
pub const PARTY_BYTES_MAX: usize = 64 * 1024;
/// Most queues one ticket may stand in.
pub const TICKET_QUEUES_MAX: usize = 8;
/// Most regions one player may report a round-trip time to.
pub const PLAYER_REGIONS_MAX: usize = 64;
/// Most roles one player may offer.
pub const PLAYER_ROLES_MAX: usize = 16;
/// Most string attributes, and most number attributes, of one player.
pub const PLAYER_ATTRIBUTES_MAX: usize = 16;
/// Most set attributes of one player, and most members of one set.
pub const PLAYER_SETS_MAX: usize = 4;
pub const SET_MEMBERS_MAX: usize = 32;
/// Most players whom one player may block, avoid, or have played lately.
pub const PLAYER_BLOCKED_MAX: usize = 64;
pub const PLAYER_AVOIDED_MAX: usize = 16;
pub const PLAYER_RECENT_MAX: usize = 16;
/// Longest string attribute value, in bytes.
pub const ATTRIBUTE_BYTES_MAX: usize = 128;
/// Number attributes lie within ± this.
pub const NUMBER_ABS_MAX: f64 = 1_000_000.0;
/// Ratings lie within ± this, and rating deviations between 0 and this, in rating points.
pub const RATING_ABS_MAX: f64 = 100_000.0;
/// Longest round-trip time a player may report, in milliseconds.
pub const RTT_MS_MAX: u32 = 60_000;
/// Longest reason given for ending or cancelling, in bytes.
pub const REASON_BYTES_MAX: usize = 256;
