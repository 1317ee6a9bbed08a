"""Which tests confront a theory with simulation, and which wrong theory does each reject?

Tests are found by what they use: any here, and anywhere else one that draws patterns or runs a memory and
names something of `hebbcap.theory`. Each must call `against`, or be listed with the test that feeds the same
simulation a wrong theory. One that is neither fails `test_twins.py`.
"""

from __future__ import annotations

import ast
from functools import cache
from pathlib import Path
from typing import NamedTuple

TESTS = Path(__file__).parents[1]
HERE = Path(__file__).parent.name

SIMULATES = frozenset(
    {"Networks", "count_wrong", "error_curve", "holding", "make_trial", "measure_capacity", "measure_error"}
    | {"measure_forgetting", "measure_lifetime", "measure_radius", "recall", "run_trial", "sample"}
    | {"sample_bits", "search_capacity", "single_pass", "standard_normal", "store"}
)
"""Names of what draws patterns, runs memories or measures."""

NO_LAW = frozenset({"NoTheory", "EXACT", "SNR", "METHODS", "LABELS"})
"""Names of `hebbcap.theory` that are no theory."""

NOT_THEORY = {"test_twins.py", "test_calibration.py"}
"""About statistics alone; the twins of the latter are told in its own file."""

ITSELF = "itself"
NO_CHANCE = "nothing is left to chance: "

TWINS: dict[str, dict[str, str]] = {
    "statistical/test_attractors.py": {
        "test_hebb_networks_rest_at_the_replica_symmetric_overlap": (
            "test_hebb_networks_reject_another_overlap"
        ),
        "test_imperfect_synapses_are_static_noise": "test_imperfect_synapses_reject_other_noise",
        "test_heated_networks_have_the_replica_symmetric_overlap": (
            "test_heated_networks_reject_another_overlap"
        ),
        "test_graded_networks_rest_where_their_echo_leads": (
            "test_graded_networks_reject_the_stochastic_theory"
        ),
        "test_parts_of_a_rule_act_on_each_pattern_by_its_own_number": (
            "test_parts_of_a_rule_reject_one_noise_for_all_patterns"
        ),
        "test_sparse_networks_rest_at_the_overlap_of_their_threshold": (
            "test_sparse_networks_reject_another_threshold_load_and_coding"
        ),
        "test_dense_dynamics_from_the_pattern_stop_above_the_equilibrium_where_their_own_theory_says": (
            "test_dense_dynamics_from_the_pattern_reject_the_equilibrium"
        ),
        "test_heated_dense_networks_have_the_replica_symmetric_overlap": (
            "test_heated_dense_networks_reject_other_temperatures_and_loads"
        ),
        "test_fields_of_dense_memories_have_the_covariance_of_powers_not_of_different_neurons": ITSELF,
    },
    "statistical/test_basins.py": {
        "test_recall_goes_as_mean_field_theory_says": "test_second_step_rejects_fresh_crosstalk",
        "test_amari_and_maginu_are_nearer_than_fresh_crosstalk_and_not_exact": (
            "test_second_step_at_high_load_rejects_amari_and_maginu"
        ),
        "test_one_step_from_its_radius_leaves_the_error_asked_and_not_more": (
            "test_one_step_from_a_tenth_farther_leaves_more"
        ),
        "test_measured_radius_is_the_mean_field_one_and_no_other": ITSELF,
        "test_measured_intervals_hold_the_radius_as_often_as_they_promise": ITSELF,
    },
    "statistical/test_correlated.py": {
        "test_simulation_errs_as_often_as_the_theory_of_correlated_patterns_says": (
            "test_simulation_rejects_a_slightly_wrong_correlation, "
            "test_simulation_rejects_the_theory_of_independent_patterns"
        ),
        "test_error_on_real_patterns_is_met_within_a_tenth": ITSELF,
        "test_capacity_on_real_patterns_is_met_within_a_tenth": ITSELF,
    },
    "statistical/test_coverage.py": {
        "test_intervals_hold_the_truth_as_often_as_they_say": (
            "test_wrong_truths_and_narrowed_intervals_are_told"
        ),
        "test_a_hundred_intervals_hold_the_exact_capacity_and_a_hundred_half_as_wide_do_not": ITSELF,
        "test_intervals_know_that_the_dispersion_of_few_trials_is_an_estimate": ITSELF,
    },
    "statistical/test_discrete.py": {
        "test_simulation_errs_as_often_as_the_exact_law_says": "test_simulation_rejects_a_wrong_law",
        "test_signal_to_noise_is_near_where_fields_are_nearly_normal": NO_CHANCE + "two theories",
    },
    "statistical/test_exponents.py": {
        "test_dense_capacities_grow_with_the_power_below_their_order": ITSELF,
        "test_exponential_capacities_grow_by_the_nearest_neighbour_bound": ITSELF,
        "test_two_layers_grow_with_half_their_order_from_noisy_cues": ITSELF,
    },
    "statistical/test_forgetting.py": {
        "test_networks_forget_as_the_theory_says": "test_networks_reject_a_wrong_theory",
        "test_measured_lifetimes_of_decay_hold_the_closed_form": ITSELF,
        "test_measured_lifetimes_are_right_on_average": (
            "test_a_straight_line_through_normal_quantiles_is_late"
        ),
        "test_intervals_of_measured_lifetimes_hold_the_theory": ITSELF,
    },
    "statistical/test_hetero.py": {
        "test_simulated_pairs_err_as_often_as_the_exact_law_says": (
            "test_simulated_pairs_reject_a_wrong_law, "
            "test_a_midpoint_under_a_shared_shift_parts_from_the_law_of_a_fixed_one"
        ),
        "test_errors_of_deep_chains_follow_the_recursion_and_not_fresh_cues": ITSELF,
        "test_bidirectional_memories_settle_between_their_equilibrium_and_the_first_pass": ITSELF,
    },
    "statistical/test_joint.py": {
        "test_patterns_fail_as_often_as_the_theory_says": (
            "test_simulation_rejects_another_load, test_simulation_rejects_independent_bits"
        ),
        "test_two_hundred_neurons_need_no_allowance": "test_simulation_rejects_another_load",
        "test_bounds_are_never_violated": "test_simulation_rejects_the_bounds_of_another_load",
    },
    "statistical/test_one_pass.py": {
        "test_hebb_errors_follow_the_binomial_law": (
            "test_one_pattern_more_or_less_would_be_told, "
            "test_judging_some_neurons_without_the_others_would_be_told"
        ),
        "test_dense_errors_follow_the_exact_law": ITSELF,
        "test_the_two_laws_of_this_file_agree_at_order_2": NO_CHANCE + "two theories",
        "test_failed_cues_are_as_many_as_in_trials_of_stored_patterns": ITSELF,
    },
    "statistical/test_rules.py": {
        "test_each_part_makes_the_noise_of_its_term": "test_simulation_rejects_a_wrong_term",
        "test_field_has_the_mean_and_the_sum_of_the_terms_as_its_variance": (
            "test_simulation_rejects_a_sum_without_one_part"
        ),
        "test_a_fixed_threshold_for_each_neuron_leaves_the_post_part_of_balanced_patterns": ITSELF,
        "test_a_threshold_that_follows_the_activity_takes_the_post_part_off_exactly": ITSELF,
    },
    "statistical/test_tails.py": {
        "test_simulation_errs_as_often_as_the_exact_law_says": "test_simulation_rejects_a_wrong_law",
    },
    "statistical/test_theory_against_simulation.py": {
        "test_simulation_errs_as_often_as_the_exact_law_says": "test_simulation_rejects_a_wrong_law",
    },
    "statistical/test_willshaw.py": {
        "test_networks_err_as_often_as_the_exact_law_says": "test_trials_tell_a_wrong_law",
    },
    "memories/test_learned_map.py": {
        "test_the_loss_is_below_the_largest_cosine_by_at_most_the_log_of_the_pairs": NO_CHANCE
        + "an inequality",
        "test_independent_patterns_are_learned_as_the_corners_of_a_simplex": NO_CHANCE
        + "both sides of the value",
        "test_twelve_patterns_are_learned_as_an_icosahedron": NO_CHANCE + "a value of geometry",
        "test_training_widens_the_smallest_angle_of_digits": NO_CHANCE + "an inequality",
        "test_more_features_than_neurons_bring_no_more_dimensions": NO_CHANCE + "an inequality",
    },
    "theory/test_attractors.py": {
        "test_lines_of_the_phase_diagram_are_in_their_order": NO_CHANCE + "theories alone",
    },
    "theory/test_correlated.py": {
        "test_data_drawn_independently_give_the_independent_error": ITSELF,
        "test_sparse_data_drawn_independently_give_the_independent_error": ITSELF,
        "test_data_that_are_all_held_say_so": NO_CHANCE + "five patterns in 300 neurons",
    },
    "theory/test_published_astrocyte.py": {
        "test_flipped_bits_are_mended_below_the_law_and_held_above_it": ITSELF,
    },
    "theory/test_published_at_rest.py": {
        "test_half_of_the_patterns_are_lost_near_the_capacity": ITSELF,
    },
    "theory/test_published_binary.py": {
        "test_willshaw_error_is_the_mean_over_all_patterns_and_flips": NO_CHANCE + "all patterns are counted",
        "test_sparse_error_is_the_mean_over_all_patterns_and_flips": NO_CHANCE + "all patterns are counted",
        "test_clipped_error_is_the_mean_over_all_patterns_and_flips": NO_CHANCE + "all patterns are counted",
    },
    "theory/test_published_modern.py": {
        "test_the_exact_error_is_that_of_simulation_and_the_one_without_the_own_bit_is_not": ITSELF,
        "test_as_many_patterns_as_no_margin_is_broken_for_come_back_exactly": ITSELF,
    },
    "theory/test_published_random_features.py": {
        "test_distance_at_rest_is_that_of_simulation_and_not_of_twice_the_noise": ITSELF,
    },
    "theory/test_spherical_codes.py": {
        "test_no_drawn_code_is_wider_than_its_upper_bound": NO_CHANCE + "an inequality",
        "test_the_separation_on_the_sphere_is_one_less_the_cosine": NO_CHANCE + "an identity",
    },
}
"""Claim by file: the tests that are its twins, or why it needs none."""


class Found(NamedTuple):
    """A test, all names that it uses or its file's functions for it, and those functions.

    `asserts` counts its assertions; `beside` says whether it calls `against`.
    """

    file: str
    name: str
    uses: frozenset[str]
    helpers: frozenset[str]
    asserts: int
    beside: bool


@cache
def confrontations() -> tuple[Found, ...]:
    """Every test that confronts a theory with simulation."""
    found = []
    for path in sorted(TESTS.rglob("test_*.py")):
        if path.name in NOT_THEORY:
            continue
        theory, tests = _read(path)
        for test in tests:
            here = test.file.startswith(f"{HERE}/")
            if here or (test.uses & SIMULATES and test.uses & theory):
                found.append(test)
    return tuple(found)


def twins_of(test: Found) -> tuple[str, ...]:
    """The names of the listed twins."""
    listed = TWINS.get(test.file, {}).get(test.name, "")
    return () if listed == ITSELF or listed.startswith(NO_CHANCE) else tuple(filter(None, listed.split(", ")))


def _read(path: Path) -> tuple[frozenset[str], list[Found]]:
    """The names of theories that a file imports, and its tests."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    uses: dict[str, frozenset[str]] = {}
    theory: set[str] = set()
    imported = False
    for node in tree.body:
        if isinstance(node, ast.ImportFrom) and node.module == "against":
            imported = True
        elif isinstance(node, ast.ImportFrom) and (node.module or "").startswith("hebbcap"):
            of_theory = node.module.startswith("hebbcap.theory")
            theory |= {a.asname or a.name for a in node.names if of_theory or a.name == "theory"}
        elif isinstance(node, ast.FunctionDef | ast.ClassDef):
            uses[node.name] = _names(node)
        elif isinstance(node, ast.Assign):
            uses |= {t.id: _names(node) for t in node.targets if isinstance(t, ast.Name)}
    file = path.relative_to(TESTS).as_posix()
    functions = {node.name: node for node in tree.body if isinstance(node, ast.FunctionDef)}
    tests = []
    for name, node in functions.items():
        if name.startswith("test_"):
            reached, asserts = _reached(name, uses), sum(isinstance(n, ast.Assert) for n in ast.walk(node))
            beside = imported and "against" in reached
            tests.append(Found(file, name, reached, reached & functions.keys(), asserts, beside))
    return frozenset(theory) - NO_LAW, tests


def _names(node: ast.AST) -> frozenset[str]:
    ids = {n.id for n in ast.walk(node) if isinstance(n, ast.Name)}
    return frozenset(ids | {n.attr for n in ast.walk(node) if isinstance(n, ast.Attribute)})


def _reached(name: str, uses: dict[str, frozenset[str]]) -> frozenset[str]:
    seen, left = set(), [name]
    while left:
        fresh = uses.get(left.pop(), frozenset()) - seen
        seen |= fresh
        left += fresh
    return frozenset(seen)
