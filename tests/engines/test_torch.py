"""What the engine on PyTorch promises beyond the contract of all engines."""

import math
import sys

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hebbcap import InvalidArgument
from hebbcap._checks import TooLarge
from hebbcap.engines import get
from hebbcap.kernels.bits import Bits
from hebbcap.separation import Exponential, Polynomial

torch = pytest.importorskip("torch")

from torch.utils._python_dispatch import TorchDispatchMode  # noqa: E402

from hebbcap.engines.torch import TorchEngine, packed, products, tables, tensors  # noqa: E402

CPU = torch.device("cpu")


def drawn(n, dim, seed=0):
    return np.random.default_rng(seed).choice(np.array([-1, 1]), (n, dim))


def both(patterns):
    bits = Bits.pack(patterns)
    return get("numpy").hold(bits), get("torch").hold(bits)


def int8(*shape, seed=0, low=-128, high=128):
    return torch.from_numpy(np.random.default_rng(seed).integers(low, high, shape).astype(np.int8))


def signs(*shape, seed=0):
    return int8(*shape, seed=seed, low=0, high=2) * 2 - 1


def as_whole(left, right):
    return left.numpy().astype(np.int64) @ right.numpy().astype(np.int64).T


@given(st.lists(st.integers(-(2**62) + 1, 2**62 - 1), min_size=1, max_size=20))
def test_digits_sum_to_the_number_they_were_cut_from(values):
    cut = products.digits(np.array(values, dtype=np.int64))
    assert products.summed(torch.from_numpy(cut)[..., None].to(torch.int32))[:, 0].tolist() == values


def test_no_more_digits_are_taken_than_the_largest_number_needs():
    for largest, n in [(0, 1), (127, 1), (128, 2), (32639, 2), (32640, 3)]:
        assert len(products.digits(np.array([largest, -1]))) == n


@pytest.mark.parametrize("way", [products.in_int8, products.in_int8_rounded, products.in_single])
@pytest.mark.parametrize(("rows", "inner", "columns"), [(1, 1, 1), (17, 33, 7), (32, 64, 32), (3, 1000, 65)])
def test_products_of_digits_and_signs_are_exact(way, rows, inner, columns):
    left, right = int8(rows, inner), signs(columns, inner, seed=1)
    np.testing.assert_array_equal(way(left, right).numpy(), as_whole(left, right))


@pytest.mark.parametrize("way", [products.in_int8, products.in_int8_rounded, products.in_single])
def test_the_largest_sums_of_a_tile_are_exact(way):
    """An odd sum beyond 2^24 is one that single precision could not hold."""
    inner = 2**18 + 1
    left = torch.full((1, inner), -128, dtype=torch.int8)
    left[0, 0] = -127
    assert way(left, torch.ones((2, inner), dtype=torch.int8)).tolist() == [[-128 * inner + 1] * 2]


@pytest.mark.parametrize("precision", ["highest", "high", "medium"])
def test_single_precision_is_exact_whatever_precision_products_are_allowed(precision):
    left, right = int8(40, 5000), signs(30, 5000, seed=1)
    before = torch.get_float32_matmul_precision()
    try:
        torch.set_float32_matmul_precision(precision)
        np.testing.assert_array_equal(products.in_single(left, right).numpy(), as_whole(left, right))
    finally:
        torch.set_float32_matmul_precision(before)


@pytest.mark.parametrize(("rows", "inner", "columns"), [(1, 200, 3), (33, 31, 1), (64, 96, 32)])
def test_a_card_is_given_the_sizes_and_the_order_it_takes(monkeypatch, rows, inner, columns):
    plain = torch._int_mm

    def strict(left, right):
        """What CUDA's int8 units ask for."""
        assert left.shape[0] > 16
        assert left.shape[1] % 8 == right.shape[1] % 8 == 0
        assert left.is_contiguous()
        assert right.t().is_contiguous()
        return plain(left, right)

    monkeypatch.setattr(torch, "_int_mm", strict)
    left, right = int8(rows, inner), signs(columns, inner, seed=1)
    np.testing.assert_array_equal(products.in_int8_rounded(left, right).numpy(), as_whole(left, right))
    np.testing.assert_array_equal(
        products.in_int8_rounded(left, right.t().contiguous().t()).numpy(), as_whole(left, right)
    )


@pytest.fixture(params=["small tiles", "no int8 units", "as on a card"])
def altered(request, monkeypatch):
    """The engine as on other machines."""
    if request.param == "small tiles":
        monkeypatch.setattr(packed, "_TILE_CPU", 1)
    if request.param == "no int8 units":
        monkeypatch.setattr(products, "has_int8_units", lambda device: False)
    if request.param == "as on a card":
        monkeypatch.setattr(products, "in_int8", products.in_int8_rounded)


@pytest.mark.usefixtures("altered")
@pytest.mark.parametrize(("n", "dim", "batch"), [(1, 2, 1), (100, 65, 70), (301, 129, 33)])
def test_whole_numbers_depend_neither_on_tiles_nor_on_the_units_of_the_device(n, dim, batch):
    patterns, states = drawn(n, dim), Bits.pack(drawn(batch, dim, seed=1))
    reference, held = both(patterns)
    np.testing.assert_array_equal(held.overlaps(states), reference.overlaps(states))
    np.testing.assert_array_equal(held.pairwise_field(states), reference.pairwise_field(states))
    np.testing.assert_array_equal(held.weights(), reference.weights())
    for separation in (Polynomial(3), Polynomial(5, rectified=True)):
        table = separation.table(dim)
        np.testing.assert_array_equal(
            held.separated_field(states, table)[0], reference.separated_field(states, table)[0]
        )


@pytest.mark.usefixtures("altered")
def test_real_fields_depend_on_tiles_by_rounding_only():
    patterns, states = drawn(301, 129), Bits.pack(drawn(33, 129, seed=1))
    reference, held = both(patterns)
    for separation in (Exponential(0.05), Exponential(), Exponential(20)):
        table = separation.table(129)
        (field, unit), (other, other_unit) = (h.separated_field(states, table) for h in (reference, held))
        np.testing.assert_allclose(other_unit, unit, rtol=1e-15)
        largest = np.abs(field).max(axis=1, keepdims=True)
        np.testing.assert_allclose(other / largest, field / largest, rtol=0, atol=1e-12)


@pytest.mark.parametrize(("tile", "fits"), [(2**20, True), (2**34, False)])
def test_arrays_of_all_states_and_patterns_are_made_only_where_one_tile_holds_them(monkeypatch, tile, fits):
    monkeypatch.setattr(packed, "_TILE_CPU", tile)
    n, dim, batch = 5000, 128, 64
    _, held = both(drawn(n, dim))
    states = held.states(Bits.pack(drawn(batch, dim, seed=1)))
    largest = 0

    class Watch(TorchDispatchMode):
        def __torch_dispatch__(self, function, types, args=(), kwargs=None):
            nonlocal largest
            result = function(*args, **(kwargs or {}))
            if isinstance(result, torch.Tensor):
                largest = max(largest, result.numel())
            return result

    with Watch():
        held.tensors.pairwise_field(states)
        for separation in (Polynomial(3), Exponential(0.01), Exponential(20)):
            held.tensors.separated_field(states, separation.table(dim))
    assert (largest < n * batch / 2) == fits


def test_whole_sums_that_could_leave_int64_are_rounded_instead_of_wrapped():
    dim, table = 63, Polynomial(9).table(63)
    patterns = np.tile(drawn(1, dim), (1300, 1))
    assert table.whole
    assert 1300 * tables.prepare(table, dim, CPU).bound >= tables.WHOLE
    _, held = both(patterns)
    field, _ = held.separated_field(Bits.pack(patterns[:1]), table)
    exact = 1300 * (63**9 - 61**9)
    np.testing.assert_allclose(field, exact * patterns[:1].astype(float), rtol=1300 * 2.0**-52)


def test_patterns_that_the_sum_would_swallow_are_left_out_of_it(monkeypatch):
    patterns = drawn(2000, 400)
    states = Bits.pack(patterns[:2])
    entered = []
    plain = tensors.real_field.__globals__["_separate"]

    def counting(states, below, above, tile):
        entered.append(len(tile))
        return plain(states, below, above, tile)

    monkeypatch.setitem(tensors.real_field.__globals__, "_separate", counting)
    reference, held = both(patterns)
    for beta, all_matter in [(5.0, False), (4.7, False), (0.01, True)]:
        entered.clear()
        table = Exponential(beta).table(400)
        field, expected = held.separated_field(states, table)[0], reference.separated_field(states, table)[0]
        np.testing.assert_allclose(field, expected, rtol=0, atol=1e-13 * np.abs(expected).max())
        assert all_matter == (not entered)
        assert sum(entered) <= 2


def test_a_small_term_decides_where_large_ones_cancel():
    """Two patterns at the same overlap cancel in 80 neurons, where a third, far below, decides."""
    dim = 200
    cue = np.ones(dim, dtype=int)
    first, second, third = cue.copy(), cue.copy(), cue.copy()
    first[:40], second[40:80], third[:110] = -1, -1, -1
    patterns = np.array([first, second, third])
    reference, held = both(patterns)
    states, table = Bits.pack(cue), Exponential(0.05).table(dim)
    field, expected = held.separated_field(states, table)[0], reference.separated_field(states, table)[0]
    np.testing.assert_allclose(field, expected, rtol=1e-12)
    np.testing.assert_array_equal(
        held.separated_step(states, table).unpack(), reference.separated_step(states, table).unpack()
    )


@pytest.mark.parametrize("kind", [torch.int8, torch.float32, torch.float64, torch.bool])
def test_tensors_of_any_type_stay_tensors_of_their_device(kind):
    patterns, cues = drawn(33, 65), drawn(5, 65, seed=1)
    reference, held = both(patterns)
    states = torch.from_numpy(cues > 0).to(kind)
    table, bits = Polynomial(3).table(65), Bits.pack(cues)
    found = held.tensors.overlaps(states)
    assert (found.dtype, found.device) == (torch.int32, CPU)
    np.testing.assert_array_equal(found.numpy(), reference.overlaps(bits))
    after = held.tensors.separated_step(states, table)
    assert (after.dtype, tuple(after.shape)) == (torch.int8, (5, 65))
    np.testing.assert_array_equal(after.numpy(), reference.separated_step(bits, table).unpack())
    after = held.tensors.pairwise_step(states, own=33)
    np.testing.assert_array_equal(after.numpy(), reference.pairwise_step(bits, own=33).unpack())


def test_a_threshold_is_compared_in_double_precision():
    patterns = np.tile(drawn(1, 513), (40_000, 1))
    _, held = both(patterns)
    field = held.pairwise_field(Bits.pack(patterns[:1])).max()
    assert field > 2**24
    for threshold, state in [(field - 1, 1), (field, 1), (field + 1, -1)]:
        after = held.pairwise_step(Bits.pack(patterns[:1]), own=0, threshold=float(threshold)).unpack()
        assert set(after[patterns[:1] > 0]) == {state}


def test_nothing_held_and_nothing_asked_give_empty_answers():
    _, held = both(drawn(0, 40))
    states, none = Bits.pack(drawn(3, 40)), Bits.pack(drawn(0, 40))
    assert held.overlaps(states).shape == (3, 0)
    assert not held.pairwise_field(states).any()
    for separation in (Polynomial(3), Exponential(20)):
        field, log_unit = held.separated_field(states, separation.table(40))
        assert field.shape == (3, 40)
        assert not field.any()
        assert np.isfinite(log_unit).all()
    some = held.added(Bits.pack(drawn(2, 40)))
    assert some.overlaps(none).shape == (0, 2)
    assert some.pairwise_field(none).shape == (0, 40)
    assert some.separated_field(none, Exponential(20).table(40))[0].shape == (0, 40)


def test_words_that_must_not_be_written_are_held_without_a_warning():
    words = Bits.pack(drawn(4, 40)).words.copy()
    words.flags.writeable = False
    bits = Bits(words, 40)
    np.testing.assert_array_equal(get("torch").hold(bits).bits.unpack(), bits.unpack())


def test_a_table_is_brought_to_the_device_once():
    table = Polynomial(3).table(40)
    assert tables.prepare(table, 40, CPU) is tables.prepare(table, 40, CPU)
    assert tables.prepare(Polynomial(4).table(40), 40, CPU) is not tables.prepare(table, 40, CPU)


def test_terms_are_cut_into_as_few_digits_as_their_common_factor_allows():
    """d(m - 1) + d(m + 1) of x^3 at D = 1024 is 12 m^2 + 16 for even m: 2^24, or 2^20 times 16."""
    both = tables.prepare(Polynomial(3).table(1024), 1024, CPU).both
    assert (both.step, len(both.digits)) == (16, 3)


@pytest.mark.parametrize("states", [torch.ones(3), torch.ones((2, 41)), torch.ones((1, 2, 40))])
def test_states_of_another_shape_are_refused(states):
    _, held = both(drawn(4, 40))
    with pytest.raises(InvalidArgument, match=r"states=\(.*\) must have shape \(B, 40\)"):
        held.tensors.overlaps(states)


def test_states_on_another_device_are_refused():
    _, held = both(drawn(4, 40))
    with pytest.raises(InvalidArgument, match=r"states='meta' must be on cpu; use .to\('cpu'\)"):
        held.tensors.pairwise_field(torch.ones((2, 40), device="meta"))


@pytest.mark.parametrize("name", ["nonsense", "meta", "cuda:99"])
def test_a_device_that_is_not_there_is_refused_in_a_sentence(name):
    with pytest.raises(RuntimeError, match=rf"^PyTorch .* can't use a device '{name}' here, only cpu"):
        TorchEngine(name)
    with pytest.raises(InvalidArgument, match=f"engine='torch:{name}' can't run here: PyTorch .* numpy runs"):
        get(f"torch:{name}")


def test_without_pytorch_the_line_that_installs_it_is_given(monkeypatch):
    for module in [m for m in sys.modules if m.startswith("hebbcap.engines.torch.")]:
        monkeypatch.delitem(sys.modules, module)
    monkeypatch.delattr("hebbcap.engines.torch.held")
    monkeypatch.setitem(sys.modules, "torch", None)
    get.cache_clear()
    with pytest.raises(InvalidArgument, match=r"engine='torch' can't run here: .*pip install torch"):
        get("torch")


def test_weights_that_cannot_fit_are_refused_with_their_size():
    held = get("torch").hold(Bits.pack(np.ones((1, 2**22))))
    with pytest.raises(TooLarge, match=r"weights of dim=4194304 needs 65,536.0 GiB"):
        held.weights()


def test_the_engine_says_what_it_is():
    engine = TorchEngine()
    assert (engine.name, TorchEngine("cpu") == engine, repr(engine)) == (
        "torch",
        True,
        "TorchEngine(device='cpu')",
    )
    assert engine.description == f"PyTorch {torch.__version__} on cpu"
    assert math.isfinite(hash(engine))
