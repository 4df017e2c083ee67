from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

import pytest

from scinfovae.bench.planning.typed import build, plain
from scinfovae.errors import UsageError


@dataclass(frozen=True)
class Inner:
    rate: float = 0.1
    steps: int = 3


@dataclass(frozen=True)
class Outer:
    name: str
    kind: Literal["a", "b"] = "a"
    widths: tuple[int, ...] = (1, 2)
    pair: tuple[float, float] = (0.0, 1.0)
    where: Path | None = None
    width: Literal["auto"] | int = "auto"
    on: bool = True
    inner: Inner = field(default_factory=Inner)


def test_every_value_finds_its_type():
    built = build(
        Outer,
        {
            "name": "x",
            "kind": "b",
            "widths": [4],
            "pair": [1, 2],
            "where": "some/file",
            "width": 7,
            "on": False,
            "inner": {"rate": 1},
        },
        "",
    )
    assert built == Outer(
        "x", "b", (4,), (1.0, 2.0), Path("some/file"), 7, False, Inner(rate=1.0, steps=3)
    )
    assert type(built.inner.rate) is float


def test_defaults_stand_where_nothing_is_said():
    assert build(Outer, {"name": "x"}, "") == Outer("x")


@pytest.mark.parametrize(
    ("values", "told"),
    [
        ({}, "the key 'name' is missing"),
        ({"name": "x", "knid": "a"}, "there is no key 'knid'. Did you mean 'kind'?"),
        ({"name": "x", "inner": {"step": 3}}, "no key 'inner.step'. Did you mean 'steps'?"),
        ({"name": 3}, "name=3 must be a text"),
        ({"name": "x", "kind": "c"}, "kind='c' must be one of a, b"),
        ({"name": "x", "on": 1}, "on=1 must be true or false"),
        ({"name": "x", "on": "yes"}, "on='yes' must be true or false"),
        ({"name": "x", "widths": 3}, "widths=3 must be a list"),
        ({"name": "x", "widths": [1, 2.0]}, "widths[1]=2.0 must be a whole number"),
        ({"name": "x", "widths": [True]}, "widths[0]=true must be a whole number"),
        ({"name": "x", "pair": [1]}, "pair=[1] must hold 2 values"),
        ({"name": "x", "width": "wide"}, "width='wide' must be one of auto or a whole number"),
        ({"name": "x", "inner": 3}, "inner=3 must be a mapping"),
        ({"name": "x", "inner": {"rate": "0.1"}}, "inner.rate='0.1' must be a number"),
        ({"name": "x", "inner": {"steps": None}}, "inner.steps=null must be a whole number"),
        ({"name": "x", "where": 3}, "where=3 must be a path"),
    ],
)
def test_what_does_not_fit_is_named(values, told):
    with pytest.raises(UsageError, match=re.escape(told)):
        build(Outer, values, "")


def test_plain_is_what_build_reads():
    outer = Outer("x", widths=(5,), where=Path("f"))
    assert build(Outer, plain(outer), "") == outer
    assert plain(outer)["inner"] == {"rate": 0.1, "steps": 3}
