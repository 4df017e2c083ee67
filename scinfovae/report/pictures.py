"""Figures of the figures folder, small enough to be carried inside the page."""

from __future__ import annotations

import base64
import io
from dataclasses import dataclass
from typing import TYPE_CHECKING

from scinfovae.errors import DataError
from scinfovae.report.figure_names import Caption, KnownFigure, read_captions
from scinfovae.report.listing import Listing, read_listing

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from PIL import Image

# bytes of all pictures as they stand in the page, and the least and most that one may have
ALL = 2_600_000
LEAST, LARGEST = 60_000, 240_000
_AS_TEXT = 4 / 3
_WIDTHS = (1200, 1000, 700)
# drawn for two columns of a printed page, or as broad as that
_TWO_COLUMNS, _BROAD = 1000, 1.7


@dataclass(frozen=True)
class Picture:
    """One figure.

    Attributes
    ----------
    name, caption
        Its file without ending, and what is said of it.
    alt
        What it shows, for those who cannot see it.
    uri
        The image as a data URI; empty if all pictures together would be too large.
    width, height, is_wide
        Pixels, and whether it needs the whole width of the page.
    remark
        What was done to make it small.
    file
        Where the original lies as seen from the page; empty if not below it.
    listing
        The numbers it draws, if they lie beside it.
    """

    name: str
    caption: Caption
    alt: str
    uri: str
    width: int
    height: int
    is_wide: bool
    remark: str
    file: str
    listing: Listing | None


@dataclass(frozen=True)
class Gallery:
    """The figures that are there, and those that are not."""

    pictures: tuple[Picture, ...]
    absent: tuple[KnownFigure, ...]


def read_gallery(folder: Path, page: Path) -> Gallery:
    """Read the figures of a folder.

    Parameters
    ----------
    folder
        With ``NAME.png`` and ``NAME.csv``; it need not exist.
    page
        Where the page will lie.

    Returns
    -------
    The figures that the project knows in their order, then others; and known ones that are absent.

    Raises
    ------
    DataError
        If an image cannot be read.
    """
    captions, absent = read_captions(folder)
    share = int(ALL / _AS_TEXT / max(1, len(captions)))
    limit = min(LARGEST, max(LEAST, share))
    pictures: list[Picture] = []
    for name, caption in captions.items():
        room = ALL - sum(len(one.uri) for one in pictures)
        pictures.append(_read(folder / f"{name}.png", caption, page.parent, limit, room))
    return Gallery(tuple(pictures), absent)


def _read(path: Path, caption: Caption, beside: Path, limit: int, room: int) -> Picture:
    content, size, remark = _small(path, limit)
    uri = f"data:image/png;base64,{base64.b64encode(content).decode()}"
    if len(uri) > room:
        uri, remark = "", "Left out to keep this page light."
    listing = read_listing(path.with_suffix(".csv"), _relative(path.with_suffix(".csv"), beside))
    numbers = "; its numbers are listed below it" if listing else ""
    return Picture(
        name=path.stem,
        caption=caption,
        alt=f"{caption.title}{numbers}.",
        uri=uri,
        width=size[0],
        height=size[1],
        is_wide=size[0] > min(_TWO_COLUMNS, _BROAD * size[1]),
        remark=remark,
        file=_relative(path, beside),
        listing=listing,
    )


def _relative(path: Path, folder: Path) -> str:
    """Name a file as seen from a folder above it; nothing otherwise."""
    whole, above = path.resolve(), folder.resolve()
    return whole.relative_to(above).as_posix() if whole.is_relative_to(above) else ""


def _small(path: Path, limit: int) -> tuple[bytes, tuple[int, int], str]:
    """Read an image, with fewer colours and pixels where it has too many bytes."""
    from PIL import Image

    try:
        content = path.read_bytes()
        with Image.open(io.BytesIO(content), formats=("PNG",)) as image:
            image.load()
            size, remark = image.size, ""
            for smaller in _smaller(image) if len(content) > limit else ():
                content, size = smaller
                remark = "Shown with fewer pixels than it has." if size != image.size else ""
                if len(content) <= limit:
                    break
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError) as error:
        raise DataError(
            f"the figure '{path}' cannot be read as PNG ({error}); draw it again with "
            f"'scinfovae-bench figures' or remove it."
        ) from error
    return content, size, remark


def _smaller(image: Image.Image) -> Iterator[tuple[bytes, tuple[int, int]]]:
    """Make versions of an image, each smaller than the one before.

    Drawings have few colours: 256 of their own choice change next to nothing.
    """
    from PIL import Image

    plain = Image.new("RGB", image.size, "white")
    whole = image.convert("RGBA")
    plain.paste(whole, mask=whole.getchannel("A"))
    exact, coarse = Image.Quantize.MEDIANCUT, Image.Quantize.FASTOCTREE
    for method, colours in ((exact, 256), (exact, 64), (coarse, 64)):
        yield _encoded(plain, method, colours), plain.size
    for width in _WIDTHS:
        if width < plain.width:
            size = (width, max(1, round(plain.height * width / plain.width)))
            yield _encoded(plain.resize(size, Image.Resampling.LANCZOS), coarse, 128), size


def _encoded(image: Image.Image, method: Image.Quantize, colours: int) -> bytes:
    from PIL import Image

    stream = io.BytesIO()
    reduced = image.quantize(colours, method=method, dither=Image.Dither.NONE)
    reduced.save(stream, "PNG", optimize=True)
    return stream.getvalue()
