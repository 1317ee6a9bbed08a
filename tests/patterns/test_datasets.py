import subprocess
import sys

import pytest

from hebbcap._checks import InvalidArgument, MissingExtra
from hebbcap.patterns import binarise, digits, faces


def test_digits_are_1797_pictures_of_8_by_8():
    data = digits()
    assert (data.name, data.n_available, data.dim, data.image_shape) == ("digits", 1797, 64, (8, 8))
    assert data.levels == (-1.0, 1.0)
    assert "value > 8 (half of the range)" in data.note


def test_first_digit_is_a_zero():
    picture = digits().array[0].reshape(8, 8)
    assert (picture[2:6, 3:5] == -1).all()
    assert (picture[0, 3:5] == 1).all()


def test_faces_are_100_pictures_of_25_by_25():
    pytest.importorskip("skimage")
    data = faces()
    assert (data.name, data.n_available, data.dim, data.image_shape) == ("faces", 100, 625, (25, 25))
    assert "mean of its pattern" in data.note


def test_eyes_are_darker_than_forehead_and_cheeks_in_the_mean_face_alone():
    lfw_subset = pytest.importorskip("skimage.data").lfw_subset
    others = binarise(lfw_subset()[100:].reshape(100, -1), "mean")[0]

    def contrast(patterns):
        forehead, eyes, cheeks = patterns.mean(axis=0).reshape(25, 25)[[4, 8, 12], 6:16].mean(axis=1)
        return min(forehead - eyes, cheeks - eyes)

    assert contrast(faces().array) > 0.3
    assert contrast(others) < 0.1


@pytest.mark.parametrize("dataset", [digits, faces])
def test_method_is_the_users_choice(dataset):
    if dataset is faces:
        pytest.importorskip("skimage")
    assert dataset("auto") == dataset()
    assert "median" in dataset("median").note
    assert dataset("median") != dataset()
    with pytest.raises(InvalidArgument, match="none"):
        dataset("none")
    with pytest.raises(InvalidArgument, match="must be one of"):
        dataset("otsu")


def test_absent_scikit_image_is_explained(monkeypatch):
    monkeypatch.setitem(sys.modules, "skimage", None)
    monkeypatch.setitem(sys.modules, "skimage.data", None)
    with pytest.raises(MissingExtra, match=r'python -m pip install "hebbcap\[data\]"'):
        faces()


def test_importing_patterns_imports_no_heavy_library():
    code = (
        "import sys, hebbcap.patterns as p; p.ensemble('biased:0.3').sample(2, 9, 0); "
        "print(*{'sklearn', 'skimage', 'PIL', 'scipy', 'matplotlib'} & set(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == ""
