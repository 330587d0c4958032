"""Tone mapping: HDR pictures (ITU-R BT.2100) as a screen of standard dynamic range shows them.

The curve is Chromium's (`ColorTransformToneMapInRec2020Linear` in ui/gfx/color_transform.cc), so that a poster looks
like the video in a browser: highlights up to 1,000 nits keep their detail, and graphics white becomes a light gray.
"""

from typing import Any

import pyvips

PQ, HLG = 16, 18  # transfer characteristics of ITU-T H.273
# Light is relative to graphics white (ITU-R BT.2408); what exceeds the peak, that of most masters, is clipped.
_WHITE_NITS, _PEAK_NITS = 203, 1000
_PEAK = _PEAK_NITS / _WHITE_NITS
_LEVELS = 65535
# The luminance of BT.2020's primaries (ITU-R BT.2100, table 5), and the matrix from them to sRGB's (ITU-R BT.2087).
_LUMINANCE = [[0.2627, 0.6780, 0.0593]]
_TO_BT709 = [[1.6605, -0.5876, -0.0728], [-0.1246, 1.1329, -0.0083], [-0.0182, -0.1006, 1.1187]]


def to_srgb(image: Any, transfer: int) -> Any:
    """Map a 16-bit RGB image with BT.2020's primaries to 8-bit sRGB."""
    signal = pyvips.Image.identity(ushort=True) / _LEVELS
    light = image.maplut(_pq(signal) if transfer == PQ else _hlg(signal))
    if transfer == HLG:
        # The system gamma of a display of 1,000 nits.
        light = light * light.recomb(pyvips.Image.new_from_array(_LUMINANCE)) ** 0.2 * _PEAK
    brightest = light[0].bandrank([light[1], light[2]], index=2)
    mapped = light * ((brightest / _PEAK**2 + 1) / (brightest + 1))
    levels = (mapped.recomb(pyvips.Image.new_from_array(_TO_BT709)) * _LEVELS).rint().cast("ushort")
    return levels.maplut(_curve()).copy(interpretation="srgb")


def _pq(signal: Any) -> Any:
    powered = signal ** (32 / 2523)
    above = powered - 3424 / 4096
    ratio = (above > 0).ifthenelse(above, 0) / (2413 / 128 - powered * (2392 / 128))
    return ratio ** (16384 / 2610) * (10000 / _WHITE_NITS)


def _hlg(signal: Any) -> Any:
    bright = (((signal - 0.55991073) / 0.17883277).exp() + 0.28466892) / 12
    return (signal <= 0.5).ifthenelse(signal**2 / 3, bright)


def _curve() -> Any:
    """The levels of sRGB (IEC 61966-2-1)."""
    light = pyvips.Image.identity(ushort=True) / _LEVELS
    curved = (light <= 0.0031308).ifthenelse(light * 12.92, light ** (1 / 2.4) * 1.055 - 0.055)
    return (curved * 255).rint().cast("uchar")
