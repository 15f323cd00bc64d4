"""Lossless JPEG of one grey component, decoded by the standard's text: a witness for tests.

Independent of every library; slow. Source: ITU-T T.81, annexes C, F.2.2 and H.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

_FRAME, _TABLES, _SCAN, _END = 0xC3, 0xC4, 0xDA, 0xD9


def decoded(stream: bytes) -> NDArray[np.int64]:
    """Rows and columns of a picture of process 14, first-order prediction, without restarts."""
    assert stream[:2] == b"\xff\xd8"
    at, codes = 2, {}
    precision = rows = columns = 0
    while True:
        marker, size = stream[at + 1], struct.unpack_from(">H", stream, at + 2)[0]
        content = stream[at + 4 : at + 2 + size]
        at += 2 + size
        if marker == _FRAME:
            precision, rows, columns, components = struct.unpack_from(">BHHB", content)
            assert components == 1
        elif marker == _TABLES:
            codes = _codes(content)
        elif marker == _SCAN:
            assert content[-3:] == b"\x01\0\0"  # predictor 1, no point transform
            return _undone(_differences(stream[at:], codes, rows * columns), precision, rows)


def _codes(content: bytes) -> dict[tuple[int, int], int]:
    """Categories by (length, code) of one Huffman table: annex C."""
    found, code, at = {}, 0, 17
    for length, count in enumerate(content[1:17], start=1):
        for value in content[at : at + count]:
            found[length, code] = value
            code += 1
        at, code = at + count, code << 1
    return found


def _bits(scan: bytes) -> Iterator[int]:
    for byte in scan.replace(b"\xff\0", b"\xff"):
        yield from (byte >> n & 1 for n in range(7, -1, -1))


def _differences(scan: bytes, codes: dict[tuple[int, int], int], count: int) -> Iterator[int]:
    """Each pixel less its prediction: F.2.2.1 and table H.2."""
    bits = _bits(scan)
    for _ in range(count):
        length, code = 1, next(bits)
        while (length, code) not in codes:
            length, code = length + 1, code << 1 | next(bits)
        size = codes[length, code]
        value = 0
        for _ in range(size % 16):
            value = value << 1 | next(bits)
        short = size and size < 16 and value < 1 << size - 1
        yield 1 << 15 if size == 16 else value - (1 << size) + 1 if short else value


def _undone(differences: Iterator[int], precision: int, rows: int) -> NDArray[np.int64]:
    """First-order prediction undone: the first column from above, the rest from the left: H.1.2."""
    steps = np.fromiter(differences, np.int64).reshape(rows, -1)
    steps[0, 0] += 1 << precision - 1
    steps[:, 0] = np.cumsum(steps[:, 0])
    return np.cumsum(steps, axis=1) % (1 << 16)
