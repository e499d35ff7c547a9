use super::blossoms::Blossoms;
use super::graph::Graph;
use super::greedy::greedy;
use super::nest::NONE;
use super::solver::Solver;
use super::{Edge, Solved, WEIGHT_MAX, max_weight};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;

const UNLIMITED: usize = usize::MAX;

#[derive(Debug, Clone)]
struct Case {
    vertices: usize,
    edges: Vec<Edge>,
    /// What each vertex is worth by itself, where that means anything.
    worth: Vec<i64>,
}

impl Case {
    fn solve(&self) -> Solved {
        max_weight(self.vertices, &self.edges, &[], UNLIMITED)
    }

    fn hint(&self) -> Vec<i64> {
        self.worth.iter().map(|worth| 2 * worth).collect()
    }

    /// The weight of what is checked to be a matching.
    fn weight(&self, mate: &[Option<u32>]) -> i64 {
        let pairs = (0..).zip(mate).filter_map(|(a, b)| b.map(|b| (a, b)));
        let weigh = |(a, b): (u32, u32)| {
            assert_eq!(mate[b as usize], Some(a), "a pair knows of each other");
            let is_it = |edge: &&Edge| (edge.a.min(edge.b), edge.a.max(edge.b)) == (a.min(b), a.max(b));
            let weight = self.edges.iter().filter(is_it).map(|edge| edge.weight).max();
            weight.expect("only edges are matched")
        };
        pairs.map(weigh).sum::<i64>() / 2
    }

    /// The weight of the heaviest of all matchings, each being tried.
    fn heaviest(&self) -> i64 {
        let mut best = vec![0; 1 << self.vertices];
        for taken in 1..best.len() {
            let last = taken.ilog2();
            let without = taken & !(1 << last);
            let other = |edge: &Edge| if edge.a == last { edge.b } else { edge.a };
            let at_last = self.edges.iter().filter(|edge| edge.a == last || edge.b == last);
            let open = at_last.filter(|edge| without & (1 << other(edge)) != 0);
            let matched = open.map(|edge| edge.weight + best[without & !(1 << other(edge))]).max();
            best[taken] = matched.unwrap_or(0).max(best[without]);
        }
        best[best.len() - 1]
    }
}

/// Weights that tie all the time, and weights that hardly ever do.
fn any_bound() -> impl Strategy<Value = i64> {
    select(vec![1, 2, 3, 6, 20, 1000])
}

/// Any pairs, few or all of them.
fn any_case(vertices_max: usize) -> impl Strategy<Value = Case> {
    let shape = (1..=vertices_max, any_bound(), select(vec![5, 30, 60, 100]));
    shape.prop_flat_map(|(vertices, bound, percent)| {
        let pairs = vec((0..100, 1..=bound), vertices * (vertices - 1) / 2);
        pairs.prop_map(move |pairs| {
            let all = (0..vertices as u32).flat_map(|b| (0..b).map(move |a| (a, b)));
            let chosen = all.zip(pairs).filter(|(_, (chance, _))| *chance < percent);
            let edges = chosen.map(|((a, b), (_, weight))| Edge { a, b, weight }).collect();
            Case { vertices, edges, worth: Vec::new() }
        })
    })
}

/// Tickets by rating, each with its near neighbours.
fn any_window(vertices_max: usize) -> impl Strategy<Value = Case> {
    let shape = (1..=vertices_max, any_bound(), any_bound(), 1..20usize);
    shape.prop_flat_map(|(vertices, gap, worth, reach)| {
        (vec((0..=gap, 1..=worth), vertices)).prop_map(move |tickets| window(&tickets, reach))
    })
}

/// A window from gaps between neighbours, and what the tickets are worth.
fn window(tickets: &[(i64, i64)], reach: usize) -> Case {
    let (gaps, worth): (Vec<i64>, Vec<i64>) = tickets.iter().copied().unzip();
    let mut edges = Vec::new();
    for a in 0..worth.len() {
        let mut far = 0;
        for b in (a + 1..worth.len()).take(reach) {
            far += gaps[b];
            let weight = worth[a] + worth[b] - 2 * far;
            if weight > 0 {
                edges.push(Edge { a: a as u32, b: b as u32, weight });
            }
        }
    }
    Case { vertices: worth.len(), edges, worth }
}

/// Numbers that look random and are the same on every run.
fn scattered(bound: i64) -> impl Iterator<Item = i64> {
    let mut state = 1u64;
    std::iter::repeat_with(move || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) as i64 % bound
    })
}

/// Checks that no edge costs less than it weighs. Returns twice what, by the duals, no matching can weigh more than.
fn checked_bound(case: &Case, duals: &[i64], blossoms: &[(Vec<u32>, i64)], around: &Blossoms) -> i64 {
    assert!(duals.iter().all(|dual| *dual >= 0));
    assert!(blossoms.iter().all(|(vertices, dual)| *dual >= 0 && vertices.len() % 2 == 1));
    for edge in &case.edges {
        let both = blossoms.iter().filter(|(vertices, _)| vertices.contains(&edge.a) && vertices.contains(&edge.b));
        let of_blossoms = both.map(|(_, dual)| dual).sum::<i64>();
        assert_eq!(around.around(edge.a, edge.b), of_blossoms);
        let price = duals[edge.a as usize] + duals[edge.b as usize] + of_blossoms;
        assert!(price >= 2 * edge.weight, "{edge:?} at {price}");
    }
    duals.iter().sum::<i64>() + blossoms.iter().map(|(vertices, dual)| dual * (vertices.len() as i64 / 2)).sum::<i64>()
}

/// What a search on a budget holds: whether it ended, the weight of its matching, and the bound from its duals.
fn halted(case: &Case, hint: &[i64], steps_max: usize) -> (bool, i64, i64) {
    let graph = Graph::of(case.vertices, &case.edges);
    let mut solver = Solver::on(&graph, hint, steps_max);
    let is_optimal = solver.run();
    let blossoms = solver.blossoms();
    let (mate, duals, around) = solver.into_parts();
    let bound = checked_bound(case, &duals, &blossoms, &around);
    (is_optimal, case.weight(&partners(mate)), bound)
}

fn partners(mate: Vec<u32>) -> Vec<Option<u32>> {
    mate.into_iter().map(|mate| Some(mate).filter(|mate| *mate != NONE)).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4_000))]

    #[test]
    fn no_matching_of_all_weighs_more(case in any_case(9)) {
        let solved = case.solve();
        prop_assert!(solved.is_optimal);
        prop_assert_eq!(case.weight(&solved.mate), case.heaviest());
    }

    #[test]
    fn no_matching_of_a_window_weighs_more(case in any_window(9)) {
        let solved = max_weight(case.vertices, &case.edges, &case.hint(), UNLIMITED);
        prop_assert_eq!(case.weight(&solved.mate), case.heaviest());
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn the_duals_prove_that_no_matching_weighs_more(
        case in prop_oneof![any_case(60), any_window(150)], hint in vec(-10..2_000i64, 0..60),
    ) {
        for hint in [&[], hint.as_slice(), &case.hint()] {
            let (is_optimal, weight, bound) = halted(&case, hint, UNLIMITED);
            prop_assert!(is_optimal);
            prop_assert_eq!(bound, 2 * weight);
        }
    }

    #[test]
    fn pairs_that_the_duals_price_out_would_add_nothing(case in any_case(24), share in 1..100i64) {
        let drawn = scattered(100).zip(case.edges);
        let (known, left_out): (Vec<_>, Vec<_>) = drawn.partition(|(chance, _)| *chance < share);
        let edges = known.into_iter().map(|(_, edge)| edge).collect();
        let sparse = Case { edges, vertices: case.vertices, worth: case.worth };
        let solved = sparse.solve();
        let is_priced_out = |edge: &Edge| solved.cost(edge.a, edge.b) >= 2 * edge.weight;
        prop_assert!(sparse.edges.iter().all(is_priced_out));
        let priced_out = left_out.into_iter().map(|(_, edge)| edge).filter(is_priced_out);
        let more = Case { edges: sparse.edges.iter().copied().chain(priced_out).collect(), ..sparse.clone() };
        prop_assert_eq!(more.weight(&more.solve().mate), sparse.weight(&solved.mate));
    }

    #[test]
    fn who_stays_alone_has_a_dual_of_zero(case in any_case(60)) {
        let solved = case.solve();
        prop_assert!(solved.mate.iter().zip(&solved.duals).all(|(mate, dual)| mate.is_some() || *dual == 0));
    }

    #[test]
    fn a_larger_budget_never_gives_less(case in prop_oneof![any_case(14), any_window(18)]) {
        let whole = case.solve();
        let fallback = case.weight(&partners(greedy(&Graph::of(case.vertices, &case.edges))));
        let mut least = fallback;
        for steps_max in 0..=whole.steps + 1 {
            let solved = max_weight(case.vertices, &case.edges, &[], steps_max);
            let weight = case.weight(&solved.mate);
            prop_assert!(weight >= least, "{} after {} steps, {} before", weight, steps_max, least);
            prop_assert!(!solved.is_optimal || weight == case.weight(&whole.mate));
            least = weight;
        }
        prop_assert!(least == case.weight(&whole.mate));
    }

    #[test]
    fn on_any_budget_the_duals_bound_every_matching(case in any_case(40), steps_max in 0..4_000usize) {
        let (_, weight, bound) = halted(&case, &[], steps_max);
        prop_assert!(weight <= case.weight(&case.solve().mate));
        prop_assert!(bound >= 2 * case.weight(&case.solve().mate));
    }

    #[test]
    fn the_order_of_the_edges_does_not_matter(
        (case, shuffled) in any_case(40).prop_flat_map(|case| {
            let shuffled = Just(case.edges.clone()).prop_shuffle();
            (Just(case), shuffled)
        }),
    ) {
        let turned = shuffled.into_iter().map(|Edge { a, b, weight }| Edge { a: b, b: a, weight }).collect();
        prop_assert_eq!(case.solve(), Case { edges: turned, ..case }.solve());
    }
}

fn solved(vertices: usize, edges: &[(u32, u32, i64)]) -> (Case, Solved) {
    let edges = edges.iter().map(|(a, b, weight)| Edge { a: *a, b: *b, weight: *weight }).collect();
    let case = Case { vertices, edges, worth: Vec::new() };
    let solved = case.solve();
    (case, solved)
}

#[test]
fn weight_goes_before_number() {
    let (_, chain) = solved(4, &[(0, 1, 2), (1, 2, 5), (2, 3, 2)]);
    assert_eq!(chain.mate, [None, Some(2), Some(1), None]);
    let (_, chain) = solved(4, &[(0, 1, 3), (1, 2, 5), (2, 3, 3)]);
    assert_eq!(chain.mate, [Some(1), Some(0), Some(3), Some(2)]);
}

#[test]
fn a_blossom_lets_out_whichever_vertex_is_wanted() {
    for wanted in 0..5 {
        let ring = (0..5).map(|at| (at, (at + 1) % 5, 8));
        let edges: Vec<(u32, u32, i64)> = ring.chain([(wanted, 5, 3)]).collect();
        let (case, solved) = solved(6, &edges);
        assert_eq!(case.weight(&solved.mate), 19);
        assert_eq!(solved.mate[5], Some(wanted));
    }
}

#[test]
fn blossoms_within_blossoms_come_about_and_open_again() {
    // Triangles hung on triangles: each is one vertex of the next larger, the more so the lighter the outer ones are.
    let triangle = |at: u32, weight| [(at, at + 1, weight), (at + 1, at + 2, weight), (at, at + 2, weight)];
    let mut edges: Vec<(u32, u32, i64)> = (0..12).flat_map(|at| triangle(2 * at, 100 - 4 * i64::from(at))).collect();
    let (case, alone) = solved(25, &edges);
    let graph = Graph::of(case.vertices, &case.edges);
    let mut solver = Solver::on(&graph, &[], UNLIMITED);
    assert!(solver.run());
    let blossoms = solver.blossoms();
    let holds = |outer: &[u32], inner: &[u32]| outer.len() > inner.len() && inner.iter().all(|at| outer.contains(at));
    assert!(blossoms.iter().any(|(outer, _)| blossoms.iter().any(|(inner, _)| holds(outer, inner))));

    // Somebody far better for a vertex in the midst of it undoes all that.
    for wanted in 0..25 {
        edges.push((wanted, 25, 1_000));
        let (case, solved) = solved(26, &edges);
        assert_eq!(solved.mate[25], Some(wanted));
        assert!(case.weight(&solved.mate) > case.weight(&alone.mate));
        assert_eq!(2 * case.weight(&solved.mate), halted(&case, &[], UNLIMITED).2);
        edges.pop();
    }
}

#[test]
fn edges_that_cannot_save_anything_are_left_out() {
    let (_, nothing) = solved(3, &[(0, 1, 0), (1, 2, -5), (2, 2, 9), (2, 3, 9)]);
    assert_eq!((nothing.mate, nothing.is_optimal), (vec![None; 3], true));
    assert_eq!(max_weight(0, &[], &[], 0).mate, []);
}

#[test]
fn the_heaviest_of_parallel_edges_counts() {
    let (case, solved) = solved(3, &[(0, 1, 4), (1, 2, 6), (1, 0, 7), (0, 1, 5)]);
    assert_eq!(case.weight(&solved.mate), 7);
}

#[test]
fn the_greatest_weights_and_hints_do_not_overflow() {
    let edges: Vec<Edge> =
        (0..7).flat_map(|b| (0..b).map(move |a| Edge { a, b, weight: i64::MAX - i64::from(a * b) })).collect();
    for hint in [[i64::MAX; 7], [i64::MIN; 7], [WEIGHT_MAX; 7]] {
        let solved = max_weight(7, &edges, &hint, UNLIMITED);
        assert!(solved.is_optimal);
        assert_eq!(solved.mate.iter().flatten().count(), 6);
        assert_eq!(max_weight(7, &edges, &hint, 0).mate.iter().flatten().count(), 6);
    }
}

#[test]
fn a_window_is_solved_in_few_steps() {
    let tickets: Vec<(i64, i64)> = scattered(50).zip(scattered(5_000)).take(4_096).collect();
    let case = window(&tickets, 15);
    let cold = case.solve();
    let hinted = max_weight(case.vertices, &case.edges, &case.hint(), UNLIMITED);
    let again = max_weight(case.vertices, &case.edges, &hinted.duals, UNLIMITED);
    assert!(cold.is_optimal && hinted.is_optimal && again.is_optimal);
    assert!(cold.steps < 200 * case.edges.len(), "{} steps", cold.steps);
    assert!(hinted.steps < 10 * case.edges.len() && again.steps < 10 * case.edges.len());
    let weights = [cold, hinted, again].map(|solved| case.weight(&solved.mate));
    assert!(weights.iter().all(|weight| *weight == weights[0]));
}
