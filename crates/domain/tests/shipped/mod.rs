//! The rules files that ship.

pub const SHIPPED: [&str; 6] = [
    include_str!("../../../../rules/duel.toml"),
    include_str!("../../../../rules/duel-adaptive.toml"),
    include_str!("../../../../rules/teams-2v2.toml"),
    include_str!("../../../../rules/teams-5v5.toml"),
    include_str!("../../../../rules/roles-5v5.toml"),
    include_str!("../../../../rules/royale-60.toml"),
];
