"""The datasets that exist, as described in ``datasets.yaml``; light enough for the help text."""

from __future__ import annotations

import dataclasses
import functools
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, get_args
from urllib.parse import unquote, urlsplit

from scinfovae.errors import UsageError, did_you_mean
from scinfovae.resources import resource_path

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

Layout = Literal["scdeepcluster", "cell_blast", "h5ad", "10x_h5", "csv"]
LAYOUTS: tuple[Layout, ...] = get_args(Layout)
GROUPS = ("paper15", "at_hand", "small", "all")


@dataclass(frozen=True)
class DatasetSpec:
    """One public file of counts with reference labels, pinned by its hash.

    Attributes
    ----------
    name
        Id of the dataset in this project.
    title, organism, tissue, platform, citation, notes
        Words for people.
    urls
        Addresses that serve the same bytes; the first is the primary one.
    git_blob_sha1, sha256, size_bytes
        The expected bytes; the last two where known.
    layout, label_key
        How the file is read and where its reference labels stand.
    n_cells, n_genes, n_classes, class_sizes
        What must be found in it; class sizes largest first.
    variant_of
        The full dataset of which this one is a reduced copy.
    published_name
        The name of the dataset in published tables and predictions.
    groups
        Named sets it belongs to, out of `GROUPS` (``"all"`` is implied).
    """

    name: str
    title: str
    urls: tuple[str, ...]
    git_blob_sha1: str
    layout: Layout
    label_key: str
    n_cells: int
    n_genes: int
    n_classes: int
    class_sizes: tuple[int, ...]
    organism: str
    tissue: str
    platform: str
    citation: str
    groups: tuple[str, ...]
    sha256: str | None = None
    size_bytes: int | None = None
    notes: str = ""
    variant_of: str | None = None
    published_name: str | None = None

    @property
    def file_name(self) -> str:
        """Name of the file in the cache and in a mirror folder."""
        return self.name + (".h5ad" if self.layout == "h5ad" else ".h5")

    @property
    def mirror_names(self) -> tuple[str, ...]:
        """Relative paths under which a mirror folder may hold the file, most telling first."""
        names = [self.file_name]
        for url in self.urls:
            parts = unquote(urlsplit(url).path).split("/")
            # several files are all called data.h5 upstream and differ only by their folder
            names += [parts[-1], "/".join(parts[-2:])]
        return tuple(dict.fromkeys(name for name in names if ".." not in name))


_TEXT = ("title", "organism", "tissue", "platform", "citation", "notes", "variant_of")
_COUNT = ("n_cells", "n_genes", "n_classes", "size_bytes")
_HASH = {"git_blob_sha1": 40, "sha256": 64}


def _problem(key: str, value: Any) -> str | None:
    """Say what is wrong with one value of an entry, or None."""
    if key in (*_TEXT, "published_name", "label_key"):
        return None if isinstance(value, str) and value else "must be a non-empty text"
    if key in _COUNT:
        whole = isinstance(value, int) and not isinstance(value, bool) and value > 0
        return None if whole else "must be a whole number above 0"
    if key in _HASH:
        matches = isinstance(value, str) and re.fullmatch(rf"[0-9a-f]{{{_HASH[key]}}}", value)
        return None if matches else f"must be {_HASH[key]} hexadecimal digits in quotes"
    if key == "layout":
        return None if value in LAYOUTS else f"must be one of {', '.join(LAYOUTS)}"
    if not isinstance(value, list) or not value:
        return "must be a list with at least one member"
    if key == "class_sizes":
        positive = all(isinstance(size, int) and size > 0 for size in value)
        return None if positive else "must hold whole numbers above 0"
    if key == "groups":
        known = all(group in GROUPS and group != "all" for group in value)
        return None if known else f"must name groups out of {', '.join(GROUPS[:-1])}"
    plain = all(isinstance(url, str) and re.match(r"https?://[^/]+/.", url) for url in value)
    return None if plain else "must hold http or https addresses"


def check_field(key: str, value: Any, where: str) -> None:
    """Refuse a value that the key of an entry cannot have.

    Parameters
    ----------
    key
        Name of a field of `DatasetSpec`.
    value
        What it is given as; sequences as lists.
    where
        Where the value stands, for the message.

    Raises
    ------
    UsageError
        If the value is not sound.
    """
    if problem := _problem(key, value):
        raise UsageError(f"{where}: '{key}' is {value!r} but {problem}.")


def build_spec(name: str, entry: Mapping[str, Any]) -> DatasetSpec:
    """Check one entry of the registry and freeze it.

    Parameters
    ----------
    name
        Id of the dataset.
    entry
        Its keys and values as they stand in the file.

    Returns
    -------
    The entry as a `DatasetSpec`.

    Raises
    ------
    UsageError
        If a key is unknown, missing or has an unusable value, or the numbers contradict.
    """
    where = f"datasets.yaml, entry '{name}'"
    if not isinstance(entry, dict):
        raise UsageError(f"{where}: must be a mapping of keys to values.")
    fields = {field.name: field for field in dataclasses.fields(DatasetSpec)}
    del fields["name"]
    for key, value in entry.items():
        if key not in fields:
            raise UsageError(f"{where}: unknown key '{key}'.{did_you_mean(str(key), fields)}")
        check_field(key, value, where)
    for key, field in fields.items():
        if field.default is dataclasses.MISSING and key not in entry:
            raise UsageError(f"{where}: the key '{key}' is missing.")
    sizes = entry["class_sizes"]
    if sum(sizes) != entry["n_cells"] or len(sizes) != entry["n_classes"]:
        raise UsageError(
            f"{where}: 'class_sizes' holds {len(sizes)} classes with {sum(sizes)} cells, but "
            f"'n_classes' is {entry['n_classes']} and 'n_cells' {entry['n_cells']}."
        )
    frozen: dict[str, Any] = {
        key: tuple(value) if isinstance(value, list) else value for key, value in entry.items()
    }
    frozen["class_sizes"] = tuple(sorted(sizes, reverse=True))
    return DatasetSpec(name=name, **frozen)


@functools.cache
def load_registry(path: Path | None = None) -> Mapping[str, DatasetSpec]:
    """Read all datasets, in the order of the file.

    Parameters
    ----------
    path
        The registry; the one shipped with the project by default.

    Returns
    -------
    The datasets by name; read once per process, so do not change the mapping.

    Raises
    ------
    UsageError
        If the file cannot be read or one of its entries is not sound.
    """
    import yaml

    path = path or resource_path("datasets.yaml")
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    try:
        entries = yaml.load(path.read_text(encoding="utf-8"), Loader=loader)
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise UsageError(f"the dataset registry '{path}' cannot be read: {error}") from error
    if not isinstance(entries, dict):
        raise UsageError(f"the dataset registry '{path}' must map dataset names to entries.")
    specs = {str(name): build_spec(str(name), entry) for name, entry in entries.items()}
    for spec in specs.values():
        if spec.variant_of is not None and spec.variant_of not in specs:
            raise UsageError(
                f"datasets.yaml, entry '{spec.name}': 'variant_of' names '{spec.variant_of}', "
                f"which is no entry.{did_you_mean(spec.variant_of, specs)}"
            )
    return specs


def get_dataset(name: str) -> DatasetSpec:
    """Look one dataset up.

    Parameters
    ----------
    name
        Its id, e.g. ``"muraro"``.

    Returns
    -------
    Its description.

    Raises
    ------
    UsageError
        If there is none of that name.
    """
    registry = load_registry()
    if name not in registry:
        raise UsageError(
            f"there is no dataset '{name}'.{did_you_mean(name, registry)} "
            f"Known are {', '.join(registry)}, and 'simulated', 'figure4' and 'custom'."
        )
    return registry[name]


def group_members(group: str) -> tuple[str, ...]:
    """List the datasets of a group.

    Parameters
    ----------
    group
        One of `GROUPS`.

    Returns
    -------
    Dataset names in the order of the registry.

    Raises
    ------
    UsageError
        If there is no such group.
    """
    if group not in GROUPS:
        raise UsageError(
            f"there is no dataset group '{group}'.{did_you_mean(group, GROUPS)} "
            f"Known are {', '.join(GROUPS)}."
        )
    registry = load_registry()
    return tuple(n for n, spec in registry.items() if group == "all" or group in spec.groups)
