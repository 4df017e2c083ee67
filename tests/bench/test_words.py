from __future__ import annotations

import re

import pytest

from scinfovae.bench.planning.words import expand
from scinfovae.errors import UsageError

CHOICES = {
    "dataset": ("a", "b", "c_top", "d_top"),
    "preset": ("paper", "quick"),
    "method": ("pca", "papers"),
}
SETS = {"dataset/most": ("a", "b", "c_top")}


def words(*given):
    return expand(given, CHOICES, SETS)


def test_no_words_are_one_point():
    assert words() == [{}]


def test_the_first_word_varies_slowest():
    assert words("dataset=b,a", "seed=0,1") == [
        {"dataset": "b", "seed": 0},
        {"dataset": "b", "seed": 1},
        {"dataset": "a", "seed": 0},
        {"dataset": "a", "seed": 1},
    ]


@pytest.mark.parametrize(
    ("word", "values"),
    [
        ("seed=range(3)", [0, 1, 2]),
        ("seed=range(1,6,2)", [1, 3, 5]),
        ("seed=choice(4,2)", [4, 2]),
        ("seed=2,2,1", [2, 1]),
        ("m.rate=1,1.0", [1, 1.0]),
        ("m.name='a,b'", ["a,b"]),
        ("m.widths=[1,2],[3]", [[1, 2], [3]]),
        ("m.widths=['a',b]", [["a", "b"]]),
        ("m.on=true,false", [True, False]),
        ("+m.x=1", [1]),
        ("dataset=most", ["a", "b", "c_top"]),
        ("dataset=most,d_top", ["a", "b", "c_top", "d_top"]),
        ("dataset=d_top,most", ["d_top", "a", "b", "c_top"]),
        ("dataset=*_top", ["c_top", "d_top"]),
        ("dataset=*_top,a", ["c_top", "d_top", "a"]),
        ("dataset=glob(*_top)", ["c_top", "d_top"]),
        ("dataset=glob(*,exclude=*_top)", ["a", "b"]),
        ("dataset=most,*_top", ["a", "b", "c_top", "d_top"]),
    ],
)
def test_lists_ranges_sets_and_patterns(word, values):
    key = word.lstrip("+").partition("=")[0]
    found = [point[key] for point in words(word)]
    assert found == values
    assert [type(value) for value in found] == [type(value) for value in values]


@pytest.mark.parametrize(
    ("word", "value"),
    [
        ("results.dir=a,b (c) [d]", "a,b (c) [d]"),
        ("results.dir='in quotes'", "in quotes"),
        ("data.mirror=null", None),
        ("data.mirror=", None),
        ("dataset.git_blob_sha1=" + "1" * 20 + "e" + "1" * 19, "1" * 20 + "e" + "1" * 19),
        ("dataset.path=it's here.h5", "it's here.h5"),
    ],
)
def test_paths_and_hashes_are_taken_as_they_stand(word, value):
    (point,) = words(word)
    assert next(iter(point.values())) == value


@pytest.mark.parametrize(
    ("given", "told"),
    [
        (["dataset=aa"], "there is no dataset 'aa'. Did you mean 'a'?"),
        (["dataset=mots"], "Did you mean 'most'?"),
        (["preset=pca"], "there is no preset 'pca'. 'pca' is a method: give method=pca. Known"),
        (["preset=papers"], "'papers' is a method: give method=papers. Known"),
        (["method=quick"], "there is no method 'quick'. Known"),
        (["dataset=x*"], "no dataset matches 'x*'"),
        (["dataset=glob(x*)"], "no dataset matches 'x*'"),
        (["quick"], "Did you mean 'preset=quick'?"),
        (["nonsense"], "'nonsense' is not of the form key=value"),
        (["seed=0", "seed=1"], "'seed' is given twice"),
        (["~seed=0"], "nothing can be deleted"),
        (["seed=glob(*)"], "chooses among names"),
        (["seed=interval(0,1)"], "an interval has no list"),
        (["m.x=[1,2"], "cannot be read"),
        (["m.x=a(b)c"], "cannot be read"),
    ],
)
def test_what_cannot_be_read_is_named(given, told):
    with pytest.raises(UsageError, match=re.escape(told)):
        words(*given)
