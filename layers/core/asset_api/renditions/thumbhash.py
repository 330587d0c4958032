"""ThumbHash: about 25 bytes from which a page paints a blurred placeholder (https://evanw.github.io/thumbhash/).

The image is converted to luminance, two color differences and alpha. Of each channel, the lowest frequencies (DCT) are
kept, in four bits each. A test compares the result with the npm package `thumbhash`.
"""

import math
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

# The format allows up to 100. The hash keeps far less detail than that.
LONGEST_SIDE = 64


class _Channel(NamedTuple):
    """The mean, the largest amplitude, and the amplitudes of the other frequencies, 0 to 1."""

    mean: float
    scale: float
    amplitudes: list[float]


def encode(width: int, height: int, rgba: bytes) -> bytes:
    """Compute the ThumbHash of an image of up to 100 by 100 RGBA pixels, alpha not premultiplied."""
    luminance, yellow_blue, red_green, alpha = _planes(rgba)
    has_alpha = min(alpha) < 1
    limit, longest = (5 if has_alpha else 7), max(width, height)
    columns, rows = max(1, _rounded(limit * width / longest)), max(1, _rounded(limit * height / longest))

    def transformed(plane: Sequence[float], across: int, down: int) -> _Channel:
        return _transformed(plane, width, height, across, down)

    l_channel = transformed(luminance, max(3, columns), max(3, rows))
    p_channel, q_channel = transformed(yellow_blue, 3, 3), transformed(red_green, 3, 3)
    is_landscape = width > height
    first = (
        _rounded(63 * l_channel.mean)
        | _rounded(31.5 + 31.5 * p_channel.mean) << 6
        | _rounded(31.5 + 31.5 * q_channel.mean) << 12
        | _rounded(31 * l_channel.scale) << 18
        | has_alpha << 23
    )
    second = (
        (rows if is_landscape else columns)
        | _rounded(63 * p_channel.scale) << 3
        | _rounded(63 * q_channel.scale) << 9
        | is_landscape << 15
    )
    head = first.to_bytes(3, "little") + second.to_bytes(2, "little")
    amplitudes = [*l_channel.amplitudes, *p_channel.amplitudes, *q_channel.amplitudes]
    if has_alpha:
        a_channel = transformed(alpha, 5, 5)
        head += bytes((_rounded(15 * a_channel.mean) | _rounded(15 * a_channel.scale) << 4,))
        amplitudes += a_channel.amplitudes
    return head + _packed([_rounded(15 * amplitude) for amplitude in amplitudes])


def _planes(rgba: bytes) -> tuple[list[float], list[float], list[float], list[float]]:
    """Return the four channels, with transparent pixels composited over the image's mean color."""
    alpha = [value / 255 for value in rgba[3::4]]
    visible = _sum(alpha)
    # Premultiplied.
    colors = [[a / 255 * value for a, value in zip(alpha, rgba[at::4], strict=True)] for at in range(3)]
    means = [_sum(color) / visible if visible else 0.0 for color in colors]
    red, green, blue = (
        [mean * (1 - a) + value for a, value in zip(alpha, color, strict=True)]
        for mean, color in zip(means, colors, strict=True)
    )
    return (
        [(r + g + b) / 3 for r, g, b in zip(red, green, blue, strict=True)],
        [(r + g) / 2 - b for r, g, b in zip(red, green, blue, strict=True)],
        [r - g for r, g in zip(red, green, strict=True)],
        alpha,
    )


def _transformed(plane: Sequence[float], width: int, height: int, across: int, down: int) -> _Channel:
    """Compute the lowest frequencies of one channel: those within a triangle of `across` by `down`."""
    horizontal = [[math.cos(math.pi / width * cx * (x + 0.5)) for x in range(width)] for cx in range(across)]
    vertical = [[math.cos(math.pi / height * cy * (y + 0.5)) for y in range(height)] for cy in range(down)]
    frequencies = []
    for cx, cy in _triangle(across, down):
        wave = [(x, y) for y in vertical[cy] for x in horizontal[cx]]
        frequencies.append(_sum(value * x * y for value, (x, y) in zip(plane, wave, strict=True)) / (width * height))
    mean, *others = frequencies
    scale = max(map(abs, others))
    return _Channel(mean, scale, [0.5 + 0.5 / scale * other if scale else 0.0 for other in others])


def _sum(values: Iterable[float]) -> float:
    """Add in order, without the compensation of Python's `sum`: other implementations encode rounding errors too."""
    total = 0.0
    for value in values:
        total += value
    return total


def _triangle(across: int, down: int) -> Iterator[tuple[int, int]]:
    for cy in range(down):
        for cx in range(across):
            if cx * down < across * (down - cy):
                yield cx, cy


def _packed(values: Sequence[int]) -> bytes:
    """Pack four bits each, the lower half of a byte first."""
    padded = [*values, 0][: len(values) + len(values) % 2]
    return bytes(low | high << 4 for low, high in zip(padded[::2], padded[1::2], strict=True))


def _rounded(value: float) -> int:
    """Round halves up, unlike Python's `round`."""
    return math.floor(value + 0.5)
