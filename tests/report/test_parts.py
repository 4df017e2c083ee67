"""Cells, intervals, commands and pictures, each by itself."""

from __future__ import annotations

import base64
import io
import json

import numpy as np
import pytest
from PIL import Image

from scinfovae.bench.records.manifest import ExpectedRun, Manifest
from scinfovae.errors import DataError
from scinfovae.report import pictures
from scinfovae.report.commands import commands_of, sweep_command
from scinfovae.report.grid import Head, Shown, show, show_head
from scinfovae.report.listing import LARGEST as LARGEST_LISTING
from scinfovae.report.page import breakable, plural
from scinfovae.report.pictures import LARGEST, read_gallery
from scinfovae.report.verdicts import WIDTH, show_claim
from scinfovae.reproduce.checking import ClaimResult
from scinfovae.reproduce.claims import CLAIMS
from scinfovae.reproduce.verdict import Comparison
from scinfovae.tables.document import Cell

FIVE = ("a", "b", "c", "d", "e")


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("0.512 ± 0.034", Shown("0.512", "± 0.034")),
        ("-0.004", Shown("−0.004")),
        ("0.498 ± 0.002 (2/3) c1", Shown("0.498", "± 0.002", "(2/3) c1", "partial")),
        ("0.5 ± n/a †", Shown("0.5", "± n/a", "†", "partial")),
        ("0.512 ≠", Shown("0.512", "", "≠")),
        ("< 0.001", Shown("< 0.001")),
        ("failed (0/3)", Shown("failed (0/3)", kind="failed")),
        ("missing (0/3)", Shown("missing (0/3)", kind="missing")),
        ("not applicable", Shown("not applicable", kind="nothing")),
        ("–", Shown("–", kind="nothing")),
        ("10x_pbmc", Shown("10x_pbmc")),
        ("0.412 to 0.534", Shown("0.412", "", "to 0.534")),
        ("", Shown("")),
    ],
)
def test_a_cell_is_split(text, shown):
    assert show(Cell(text)) == shown


@pytest.mark.parametrize(
    ("text", "head"),
    [
        ("PCA", Head("PCA")),
        ("ScInfoVAE (quick) [short]", Head("ScInfoVAE (quick)", ("short",))),
        ("Oracle [short, control]", Head("Oracle", ("short", "control"))),
        ("x [y]", Head("x [y]")),
        ("<i> [published]", Head("<i>", ("published",))),
    ],
)
def test_the_name_of_a_row_is_split(text, head):
    assert show_head(text) == head


def test_names_break_where_they_may_and_stay_escaped():
    assert str(breakable("10x_pbmc")) == "10x_<wbr>pbmc"
    assert str(breakable("<b>_</b>")) == "&lt;b&gt;_<wbr>&lt;/<wbr>b&gt;"
    assert plural(1, "run") == "1 run"
    assert plural(0, "run") == "0 runs"


def test_intervals_of_a_claim_share_an_axis():
    one = Comparison("left", "ARI", 0.0, -0.1, 0.1, margin=-0.02, datasets=FIVE, seeds=(5, 5))
    two = Comparison("right", "ARI", 0.2, 0.1, 0.3, margin=-0.02, datasets=FIVE, seeds=(3, 5))
    none = Comparison("none", "ARI", float("nan"), float("nan"), float("nan"))
    view = show_claim(ClaimResult(CLAIMS["ari_no_worse"], (one, two, none)))
    left, right, empty = view.comparisons
    # from -.1 to .3 with 6 % of it as padding on either side: -.124 to .324
    assert left.drawn.low == pytest.approx(WIDTH * 0.024 / 0.448, abs=0.1)
    assert left.drawn.mean == left.drawn.zero == pytest.approx(WIDTH * 0.124 / 0.448, abs=0.1)
    assert right.drawn.low == left.drawn.high == pytest.approx(WIDTH * 0.5, abs=0.1)
    assert left.drawn.margins == (pytest.approx(WIDTH * 0.104 / 0.448, abs=0.1),)
    assert (right.difference, right.interval, right.verdict) == (
        "+0.200",
        "0.100 to 0.300",
        "holds",
    )
    assert (left.interval, left.verdict) == ("−0.100 to 0.100", "undecided")
    assert (empty.drawn, empty.interval, empty.verdict) == (None, "–", "not run")
    assert (view.margin, right.seeds) == ("−0.02", "3 to 5")


def row(**columns):
    """Make what commands are written from."""
    nothing = {"config": "{}", "provenance": "{}", "sweep": "", "variant": "", "data_variant": ""}
    run = {"dataset": "adam", "method": "pca", "seed": 0, "status": "ok", "preset": "paper"}
    return {**nothing, **run, "setting": "1234abcd", **columns}


def test_a_record_that_cannot_be_composed_tells_what_made_it():
    config = json.dumps({"method": {"name": "gone"}, "dataset": {"name": "adam"}})
    made = json.dumps({"command": "scinfovae-bench run method=gone data.mirror=/home/me/mirror"})
    found = commands_of([row(config=config, provenance=made)], ())
    assert found.repeat == ()
    assert found.recorded == ("scinfovae-bench run method=gone data.mirror=DIR/mirror",)


def test_missing_runs_are_made_by_their_sweep_or_by_their_words():
    missing = [row(seed=seed, status="missing", sweep="aaaa11112222") for seed in (1, 0)]
    words = ("scinfovae-bench run dataset=adam method=pca preset=paper seed=0,1",)
    assert commands_of(missing, ()).make == words
    asked = ExpectedRun("adam", "pca", "x", 0, "paper")
    sweep = Manifest((asked,), experiment="comparison", name="aaaa11112222")
    assert commands_of(missing, [sweep]).make == ("scinfovae-bench sweep experiment=comparison",)
    # what differs from the defaults is not known well enough to be typed
    other = [row(status="missing", variant="latent_dim=2", sweep="aaaa11112222")]
    assert commands_of(other, ()).make == ()


def test_a_sweep_goes_on_with_its_own_command():
    asked = (ExpectedRun("adam", "pca", "x", 0, "paper"),)
    typed = Manifest(asked, command="scinfovae-bench sweep dataset=adam results.dir=/home/me/r")
    assert sweep_command(typed, retry=True) == (
        "scinfovae-bench sweep dataset=adam results.dir=DIR/r --retry-failed"
    )


def draw(path, size=(40, 30), *, noise=False):
    """Write a PNG; noise cannot be compressed."""
    shape = (size[1], size[0], 3)
    pixels = np.random.default_rng(0).integers(0, 256, shape) if noise else np.full(shape, 200)
    Image.fromarray(pixels.astype(np.uint8)).save(path)


def opened(picture):
    content = base64.b64decode(picture.uri.partition(",")[2])
    return content, Image.open(io.BytesIO(content))


def test_pictures_are_carried_along_with_their_numbers(tmp_path):
    folder = tmp_path / "figures"
    folder.mkdir()
    draw(folder / "fig2.png")
    draw(folder / "embedding_muraro.png")
    draw(folder / "mine.png")
    (folder / "fig2.csv").write_text("method,ari\npca,0.123456\n")
    gallery = read_gallery(folder, tmp_path / "report.html")
    first, second, third = gallery.pictures
    assert first.caption.title.startswith("Fig. 2")
    assert first.listing.rows == (("pca", "0.1235"),)
    assert base64.b64decode(first.listing.uri.partition(",")[2]).endswith(b"0.123456\n")
    assert (first.file, first.listing.file) == ("figures/fig2.png", "figures/fig2.csv")
    assert opened(first)[0] == (folder / "fig2.png").read_bytes()
    assert second.caption.title.endswith("(muraro)")
    assert (third.caption.title, third.listing) == ("mine", None)
    absent = {figure.name: figure.commands for figure in gallery.absent}
    assert "fig2" not in absent
    assert absent["fig5"][-1] == "scinfovae-bench figures fig5"


def test_a_page_elsewhere_links_no_file(tmp_path):
    (tmp_path / "figures").mkdir()
    draw(tmp_path / "figures" / "fig2.png")
    gallery = read_gallery(tmp_path / "figures", tmp_path / "elsewhere" / "report.html")
    assert gallery.pictures[0].file == ""


def test_a_heavy_picture_is_made_light(tmp_path):
    draw(tmp_path / "fig2.png", (1200, 500), noise=True)
    (tmp_path / "fig2.csv").write_text("x\n" + "1.0\n" * LARGEST_LISTING)
    assert (tmp_path / "fig2.png").stat().st_size > 4 * LARGEST
    (picture,) = read_gallery(tmp_path, tmp_path / "report.html").pictures
    content, image = opened(picture)
    assert image.size == (picture.width, picture.height)
    assert image.width / image.height == pytest.approx(2.4, abs=0.05)
    assert len(content) < 2 * LARGEST
    assert picture.remark == "Shown with fewer pixels than it has."
    assert (picture.listing.uri, picture.listing.n_rows) == ("", LARGEST_LISTING)


def test_all_pictures_together_stay_light(tmp_path, monkeypatch):
    monkeypatch.setattr(pictures, "ALL", 200)
    draw(tmp_path / "fig2.png")
    draw(tmp_path / "fig3.png")
    first, second = read_gallery(tmp_path, tmp_path / "report.html").pictures
    assert first.uri
    assert (second.uri, second.remark) == ("", "Left out to keep this page light.")


def test_a_broken_picture_or_listing_is_named(tmp_path):
    (tmp_path / "fig2.png").write_bytes(b"\x89PNG nothing of the kind")
    with pytest.raises(DataError, match=r"cannot be read as PNG.*scinfovae-bench figures"):
        read_gallery(tmp_path, tmp_path / "report.html")
    draw(tmp_path / "fig2.png")
    (tmp_path / "fig2.csv").write_text("")
    with pytest.raises(DataError, match="cannot be read as CSV"):
        read_gallery(tmp_path, tmp_path / "report.html")


def test_what_the_folder_says_of_its_figures_is_believed(tmp_path):
    entry = {"figure": "fig5", "title": "<b>Five</b>", "notes": ["n = 3"], "draws": "curves"}
    entry |= {"command": "scinfovae-bench figures fig5", "records": "3 records (3 ok)"}
    listed = {"schema": 1, "figures": {"other": entry, "gone": entry, "fig2": "torn"}}
    (tmp_path / "index.json").write_text(json.dumps(listed))
    draw(tmp_path / "other.png")
    draw(tmp_path / "fig2.png")
    gallery = read_gallery(tmp_path, tmp_path / "report.html")
    # in the order of the registry, whatever the files are called
    assert [one.name for one in gallery.pictures] == ["fig2", "other"]
    caption = gallery.pictures[1].caption
    assert (caption.title, caption.notes, caption.records) == (
        "<b>Five</b>",
        ("n = 3",),
        "3 records (3 ok)",
    )
    assert not {"fig2", "fig5"} & {figure.name for figure in gallery.absent}


def test_a_drawing_keeps_its_colours(tmp_path, monkeypatch):
    """A picture of few colours, as drawings are, is shown pixel by pixel as it is."""
    drawn = np.random.default_rng(0).integers(0, 9, (60, 80)).astype(np.uint8) * 28
    Image.fromarray(np.stack([drawn, 255 - drawn, drawn], axis=2)).save(tmp_path / "fig2.png")
    monkeypatch.setattr(pictures, "LARGEST", 2_500)
    (picture,) = read_gallery(tmp_path, tmp_path / "report.html").pictures
    content, image = opened(picture)
    assert len(content) < (tmp_path / "fig2.png").stat().st_size
    assert np.array_equal(image.convert("RGB"), Image.open(tmp_path / "fig2.png"))
    assert picture.remark == ""


def test_no_folder_of_figures_is_no_error(tmp_path):
    gallery = read_gallery(tmp_path / "none", tmp_path / "report.html")
    assert gallery.pictures == ()
    assert len(gallery.absent) > 10
