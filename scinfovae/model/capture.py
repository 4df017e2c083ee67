"""Recording one optimiser step as a CUDA graph, to be replayed without Python in between.

A step is some hundred small kernels, and launching them one by one takes longer than running
them. The recorded function must read its inputs from arrays that stay where they are, write its
results into such arrays, and never wait for the device.
"""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING

import torch

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from torch import Tensor

_REHEARSALS = 3


def capture(
    function: Callable[[], None], changed: Callable[[], Iterable[Tensor]]
) -> Callable[[], None]:
    """Record a function on the CUDA device of the tensors it changes.

    Parameters
    ----------
    function
        Called a few times before it is recorded: libraries and allocator set themselves up on
        first use.
    changed
        Gives all tensors that the function changes and that outlive it. They are put back to
        where they were.

    Returns
    -------
    A function that replays the recording.
    """
    with torch.cuda.device(next(iter(changed())).device):
        side = torch.cuda.Stream()
        side.wait_stream(torch.cuda.current_stream())
        with torch.cuda.stream(side):
            rehearse(function, changed)
        torch.cuda.current_stream().wait_stream(side)
        graph = torch.cuda.CUDAGraph()
        with torch.cuda.graph(graph):
            function()
    return graph.replay


@torch.no_grad()
def rehearse(function: Callable[[], None], changed: Callable[[], Iterable[Tensor]]) -> None:
    """Call a function and undo what it did; see `capture`.

    A tensor that did not exist before, such as an optimiser's running mean, is set to 0, which is
    where all of them start.
    """
    before = {id(tensor): tensor.clone() for tensor in changed()}
    with torch.enable_grad(), warnings.catch_warnings():
        # the optimisers are made to be recorded, and wonder why they are not
        warnings.filterwarnings("ignore", "This instance was constructed with capturable=True")
        for _ in range(_REHEARSALS):
            function()
    for tensor in changed():
        kept = before.get(id(tensor))
        if kept is None:
            tensor.zero_()
        else:
            tensor.copy_(kept)
