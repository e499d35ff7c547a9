//! What every store must keep, as plain functions on any store: each one's name is the promise it tries. Each wants a realm
//! of its own, empty, within [`BOUNDS`]. [`for_each_promise!`](crate::for_each_promise) lists them all.

mod arrivals;
mod deals;
mod leases;
mod lives;
mod outbox;
pub mod people;
mod queues;
mod recent;
mod waiting;

pub use self::arrivals::*;
pub use self::deals::*;
pub use self::leases::*;
pub use self::lives::*;
pub use self::outbox::*;
pub use self::queues::*;
pub use self::recent::*;
pub use self::waiting::*;

use crate::Bounds;

/// Bounds that a test can reach.
pub const BOUNDS: Bounds = Bounds { tickets_waiting_max: 64, events_untaken_max: 256 };

/// Calls the macro `$for_one` with the name of each promise.
#[macro_export]
macro_rules! for_each_promise {
    ($for_one:ident) => {
        // Queues.
        $for_one!(an_enqueued_ticket_is_kept_as_it_was_given);
        $for_one!(a_ticket_without_a_place_or_with_a_rating_that_is_none_is_refused);
        $for_one!(an_enqueue_repeated_answers_the_ticket_as_it_stands);
        $for_one!(a_player_in_a_live_ticket_is_busy_and_nothing_is_written);
        $for_one!(of_several_busy_players_the_first_is_named);
        $for_one!(of_racing_enqueues_of_one_player_exactly_one_queues);
        $for_one!(tries_grow_by_leaving_and_the_highest_of_a_party_counts);
        $for_one!(a_realm_full_of_tickets_takes_no_more);
        $for_one!(a_realm_full_of_untaken_events_takes_no_more);
        $for_one!(a_left_ticket_is_in_no_queue_and_its_player_is_free);
        $for_one!(leaving_again_in_the_same_way_answers_left_and_in_another_refused);
        $for_one!(as_unwatched_a_ticket_leaves_only_while_nobody_watches_it_or_its_players);
        $for_one!(a_ticket_that_never_was_cannot_leave);
        $for_one!(a_range_reads_near_regions_first_then_near_ratings_up_to_its_limit);
        $for_one!(a_range_keeps_pools_and_queues_apart);
        $for_one!(a_range_includes_both_of_its_bounds);
        $for_one!(of_equals_a_range_may_pass_over_the_first);
        $for_one!(a_range_says_whether_it_is_whole);
        $for_one!(however_large_a_party_is_it_is_read_and_matched_as_it_was_given);
        $for_one!(large_parties_are_answered_as_far_as_they_fit);
        // Arrivals.
        $for_one!(arrivals_come_newest_first_up_to_their_limit);
        $for_one!(of_more_arrivals_than_are_kept_the_oldest_give_way);
        $for_one!(an_enqueue_repeated_is_one_arrival);
        $for_one!(an_enqueue_that_is_refused_is_no_arrival);
        $for_one!(a_requeued_ticket_does_not_arrive_again);
        $for_one!(a_ticket_arrives_once_in_each_of_its_queues);
        $for_one!(a_queue_that_nobody_came_to_has_no_arrivals);
        // Waiting.
        $for_one!(width_only_grows);
        $for_one!(widening_is_told_only_where_someone_watches);
        $for_one!(a_relocated_ticket_stands_at_its_new_place_only);
        $for_one!(relocating_may_be_repeated_and_leaves_other_queues_alone);
        $for_one!(of_two_places_in_one_queue_the_first_is_relocated);
        $for_one!(a_relocated_ticket_can_be_matched_as_it_was_read_before);
        $for_one!(only_the_holder_relocates_and_only_what_waits_in_that_queue);
        $for_one!(adopting_takes_what_the_dead_held_and_leaves_the_living_theirs);
        $for_one!(adopting_stops_at_its_limit);
        $for_one!(a_walk_comes_to_what_a_holder_holds_and_to_nothing_else);
        $for_one!(released_tickets_are_adopted_though_their_holder_lives);
        $for_one!(expiring_answers_the_soonest_first_until_the_given_time);
        // Deals.
        $for_one!(a_commit_takes_its_tickets_out_of_every_queue);
        $for_one!(a_commit_repeated_is_a_duplicate);
        $for_one!(a_commit_tells_the_traces_of_its_tickets_in_order);
        $for_one!(a_ticket_of_another_version_is_a_conflict);
        $for_one!(a_ticket_of_another_party_is_a_conflict);
        $for_one!(a_ticket_of_another_age_or_other_tries_is_a_conflict);
        $for_one!(a_ticket_that_does_not_wait_in_the_queue_of_the_match_is_a_conflict);
        $for_one!(a_ticket_that_left_or_never_was_is_a_conflict);
        $for_one!(a_ticket_listed_twice_is_a_conflict);
        $for_one!(a_conflict_changes_nothing);
        $for_one!(who_does_not_lead_is_fenced_even_from_a_duplicate);
        $for_one!(a_leader_whose_lease_ran_out_is_fenced);
        $for_one!(of_racing_commits_that_overlap_exactly_one_wins);
        // Lives of matches.
        $for_one!(assigning_is_the_hosts_alone_and_may_be_repeated);
        $for_one!(assigning_ends_the_tries_of_every_player);
        $for_one!(an_ended_match_frees_its_players_and_is_never_due);
        $for_one!(a_match_may_end_before_it_was_assigned);
        $for_one!(acknowledging_is_for_players_of_the_match_and_counts_once);
        $for_one!(an_acknowledgement_tells_the_trace_of_his_ticket);
        $for_one!(what_is_over_is_acknowledged_by_those_only_who_did_so_before);
        $for_one!(reminding_tells_the_silent_alone_and_may_be_repeated);
        $for_one!(of_a_match_with_a_no_show_the_silent_leave_and_the_others_wait_on);
        $for_one!(whoever_waits_on_after_a_no_show_has_tried_once_when_he_leaves);
        $for_one!(a_match_that_everybody_acknowledged_has_no_no_show);
        $for_one!(of_a_match_that_nobody_acknowledged_nobody_waits_on);
        $for_one!(requeued_tickets_keep_their_age_tries_and_deadline_in_every_queue);
        $for_one!(requeued_tickets_can_be_matched_under_their_new_version_only);
        $for_one!(requeueing_is_for_matched_matches_and_may_be_repeated);
        $for_one!(rehosting_moves_a_match_and_tells_both_hosts);
        $for_one!(a_match_is_due_until_it_ends_soonest_first);
        $for_one!(what_is_done_to_a_match_that_never_was_is_not_found);
        // Whom players met.
        $for_one!(players_have_met_those_of_other_tickets_once_their_match_ends);
        $for_one!(whom_a_player_met_last_comes_first_and_only_once);
        $for_one!(a_match_ended_twice_was_met_in_once);
        $for_one!(players_of_a_match_that_was_never_assigned_have_not_met);
        $for_one!(of_more_than_are_kept_those_who_were_met_first_give_way);
        $for_one!(of_a_large_match_each_player_keeps_those_who_follow_him);
        // Outbox.
        $for_one!(every_change_appends_its_event_in_order);
        $for_one!(events_come_after_their_cursor_and_up_to_their_limit);
        $for_one!(a_match_event_holds_the_match_and_its_tickets);
        $for_one!(events_name_the_host_and_every_watcher_once);
        $for_one!(waiting_for_events_wakes_up_when_one_comes);
        $for_one!(waiting_for_events_ends_without_any);
        $for_one!(trimmed_events_are_gone_and_later_ones_stay);
        $for_one!(what_this_history_has_not_come_to_trims_nothing);
        $for_one!(only_the_leader_trims);
        $for_one!(watching_answers_the_present_state);
        $for_one!(of_more_watchers_than_are_kept_the_longest_standing_gives_way);
        $for_one!(a_ticket_watched_before_it_comes_is_told_to_its_watcher);
        $for_one!(an_unwatched_ticket_is_told_no_more);
        $for_one!(whoever_watches_a_player_of_a_party_hears_of_it_until_he_does_not);
        $for_one!(a_walk_comes_to_what_waits_and_is_watched_on_a_playserver);
        // Leases.
        $for_one!(registered_instances_are_listed_as_they_last_stood);
        $for_one!(an_instance_is_forgotten_when_its_lease_runs_out);
        $for_one!(a_deregistered_instance_is_forgotten_at_once);
        $for_one!(only_one_leads_and_renewing_keeps_fence_and_epoch);
        $for_one!(a_new_lead_has_a_new_fence_and_a_later_epoch);
        $for_one!(a_store_behind_what_its_leader_saw_is_led_anew);
        $for_one!(of_racing_leaders_exactly_one_leads);
        $for_one!(a_lease_that_ran_out_is_free_to_take);
        $for_one!(resigning_needs_the_fence_that_leads);
        $for_one!(a_new_epochs_events_come_after_all_earlier_ones);
    };
}
