"""The page in a real browser: it renders, sorts, filters, shows images, and fetches nothing.

Screenshots of it are left in the folder SCINFOVAE_ARTEFACTS, or in that of the test.
"""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest
from PIL import Image

from scinfovae.cli.main import main

BOARD = ".panel:not([hidden]) table.board"


@pytest.fixture(scope="module")
def page_file(usual_folder, tmp_path_factory):
    """Write the usual report, with two figures."""
    folder = tmp_path_factory.mktemp("page")
    (folder / "figures").mkdir()
    Image.new("RGB", (900, 400), "#336699").save(folder / "figures" / "fig2.png")
    Image.new("RGB", (300, 300), "#993366").save(folder / "figures" / "fig5.png")
    (folder / "figures" / "fig2.csv").write_text("method,ari\npca,0.5\n")
    shutil.copy(usual_folder / "records.parquet", folder)
    out = folder / "report.html"
    assert main(["report", "--from", str(folder / "records.parquet"), "--out", str(out)]) == 0
    return out


@pytest.fixture(scope="module")
def artefacts(tmp_path_factory):
    named = os.environ.get("SCINFOVAE_ARTEFACTS")
    folder = Path(named) if named else tmp_path_factory.mktemp("screenshots")
    folder.mkdir(parents=True, exist_ok=True)
    return folder


@pytest.fixture
def shown(browser, page_file):
    browser.resize(1280, 900)
    browser.prefer("light")
    browser.open(page_file)
    return browser


def column(browser, index):
    """List what stands in a column of the leaderboard, hidden rows left out."""
    return browser.value(
        f"[...document.querySelectorAll('{BOARD} tbody tr:not([hidden])')]"
        f".map(row => row.cells[{index}].textContent.trim())"
    )


def heads(browser):
    return browser.value(
        f"[...document.querySelectorAll('{BOARD} thead th')].map(head => head.textContent.trim())"
    )


def test_nothing_is_complained_about_and_nothing_fetched(shown, page_file):
    shown.choose("#metric", "nmi")
    shown.click(f"{BOARD} thead th:nth-child(2) button")
    assert shown.complaints() == []
    assert shown.requests() == []
    assert {url.partition("#")[0] for url in shown.files()} == {page_file.resolve().as_uri()}
    assert shown.value("document.styleSheets.length") == 1
    assert shown.value("document.querySelectorAll('section').length") == 8


def test_a_click_on_a_heading_sorts(shown):
    place = heads(shown).index("worm_neuron")
    head = f"{BOARD} thead th:nth-child({place + 1})"
    shown.click(f"{head} button")
    assert (
        shown.value(f"document.querySelector('{head}').getAttribute('aria-sort')") == "descending"
    )
    falling = column(shown, place)
    assert falling[:2] == ["0.990", "0.650 ± 0.071"]
    numbers = [float(text.split()[0].replace("−", "-")) for text in falling if text[0].isdigit()]
    assert numbers == sorted(numbers, reverse=True)
    # what is no number comes last, in both directions
    assert not any(text[0].isdigit() for text in falling[len(numbers) :])
    shown.click(f"{head} button")
    assert shown.value(f"document.querySelector('{head}').getAttribute('aria-sort')") == "ascending"
    rising = column(shown, place)
    assert rising[0] == falling[len(numbers) - 1]
    assert not rising[-1][0].isdigit()
    assert "sorted by worm_neuron, ascending" in shown.value(
        "document.getElementById('told').textContent"
    )


def test_a_heading_sorts_by_the_keyboard(shown):
    shown.value(f"document.querySelector('{BOARD} thead th button').focus()")
    for kind in ("keyDown", "keyUp"):
        shown.call(
            "Input.dispatchKeyEvent",
            type=kind,
            key="Enter",
            code="Enter",
            text="\r",
            windowsVirtualKeyCode=13,
        )
    names = [name.lower() for name in column(shown, 0)]
    assert names == sorted(names)


def test_metric_stage_clusterer_data_and_method_are_chosen(shown):
    shown.choose("#metric", "nmi")
    assert "0.325" in " ".join(column(shown, heads(shown).index("worm_neuron")))
    shown.choose("#stage", "pretrained")
    assert set(column(shown, 0)) == {"ScInfoVAE"}
    shown.choose("#stage", "final")
    shown.choose("#clusterer", "rsc")
    assert set(column(shown, 1)) == {"RSC"}
    shown.choose("#clusterer", "")
    shown.choose("#method", "scinfo")
    assert {name.split()[0] for name in column(shown, 0)} == {"ScInfoVAE"}
    shown.choose("#data", "adam")
    assert (
        shown.value(
            f"[...document.querySelectorAll('{BOARD} thead th[data-of]:not([hidden])')].length"
        )
        == 1
    )
    assert shown.value("document.querySelectorAll('.panel:not([hidden])').length") == 1


def test_kinds_of_rows_are_put_aside(shown):
    assert any("short" in name for name in column(shown, 0))
    shown.click("input[name=pool][value=short]")
    assert not any("short" in name for name in column(shown, 0))
    shown.click("input[name=pool][value=published]")
    assert not any("published" in name for name in column(shown, 0))


def test_images_are_shown(shown):
    shown.value("Promise.all([...document.images].map(image => image.decode()))")
    sizes = shown.value("[...document.images].map(i => [i.naturalWidth, i.naturalHeight])")
    assert sizes == [[900, 400], [300, 300]]


def test_a_link_opens_what_is_folded(shown):
    shown.click(".coverage td a")
    assert shown.becomes_true("document.querySelector('#run-1').open")
    shown.choose("#find", "adam dca")
    assert (
        shown.value(
            "[...document.querySelectorAll('.of-data:not([hidden]) .run:not([hidden])')].length"
        )
        == 1
    )


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize(("width", "height", "phone"), [(1280, 900, False), (390, 844, True)])
def test_it_fits_every_width_and_is_pictured(
    browser, page_file, artefacts, scheme, width, height, phone
):
    browser.resize(width, height, phone=phone)
    browser.prefer(scheme)
    browser.open(page_file)
    # tables scroll inside their frames; the page itself never does sideways
    assert browser.value("document.documentElement.scrollWidth") == width
    ground = browser.value("getComputedStyle(document.body).backgroundColor")
    light = sum(int(part) for part in ground[4:-1].split(",")) / 3
    assert (light > 200) == (scheme == "light")
    name = f"report-{'phone' if phone else 'desktop'}-{scheme}.png"
    shot = browser.screenshot(artefacts / name, whole=True)
    with Image.open(shot) as image:
        assert image.width == width * (2 if phone else 1)
        assert image.height > 2 * height
        assert len(image.convert("RGB").getcolors(1 << 24)) > 50


def test_paper_shows_the_report_and_not_its_controls(shown):
    shown.prefer("light", media="print")
    display = "getComputedStyle(document.querySelector('{}')).display"
    assert shown.value(display.format("nav")) == "none"
    assert shown.value(display.format("#controls")) == "none"
    assert shown.value(display.format(BOARD)) == "table"


def test_without_script_everything_stands_there(browser, page_file):
    browser.call("Emulation.setScriptExecutionDisabled", value=True)
    try:
        browser.open(page_file)
    finally:
        browser.call("Emulation.setScriptExecutionDisabled", value=False)
    assert browser.value("document.querySelectorAll('.panel[hidden]').length") == 0
    controls = "getComputedStyle(document.querySelector('#controls')).display"
    assert browser.value(controls) == "none"
