"""Cells of a picture as the outline of one path: a page holds any map in a few kilobytes."""

import numpy as np
from numpy.typing import NDArray


def runs(cells: NDArray[np.bool_]) -> str:
    """Return the path that covers the marked cells of rows × columns, each of 1 × 1; "" where none is marked."""
    padded = np.zeros((cells.shape[0], cells.shape[1] + 2), np.int8)
    padded[:, 1:-1] = cells
    steps = np.diff(padded, axis=1)
    rows, firsts = np.nonzero(steps == 1)
    _, lasts = np.nonzero(steps == -1)
    whole = zip(rows.tolist(), firsts.tolist(), lasts.tolist(), strict=True)
    return "".join(f"M{first} {row}h{last - first}v1H{first}z" for row, first, last in whole)


def bars(heights: NDArray[np.float64], full: float) -> str:
    """Return the path of bars of width 1 that stand on the line y = ``full``, each at least 1 high where it is any."""
    tall = np.where(heights > 0, np.maximum(1.0, heights), 0.0)
    found = zip(range(len(tall)), tall.tolist(), strict=True)
    return "".join(f"M{place} {full:g}v-{height:.4g}h1V{full:g}z" for place, height in found if height)
