"""Writes src/video/colormaps.bin: the colour tables of matplotlib.

Per table: length and bytes of the name, number of colours (uint16, little endian), then for each of
red, green and blue 255·65536 times its value in 24 bits, big endian: the first byte is what
matplotlib's export to 8 bit gives. Then what is rounded otherwise in the reversed table (`_r`): the
number of such components (uint16) and for each (uint16) twice its place, and 1 more if it is larger
by one rather than smaller. Run with matplotlib 3.11: python tests/data/colormaps.py
"""

import struct
from pathlib import Path

import matplotlib
import numpy as np



def in_8_bits(colormap):
    return (colormap(np.arange(colormap.N))[:, :3] * 255).astype(np.uint8).astype(int)


out = bytearray()
for name in sorted(matplotlib.colormaps):
    if name.endswith("_r"):
        continue
    colormap = matplotlib.colormaps[name]
    colors = (colormap(np.arange(colormap.N))[:, :3] * 255 * 65536).astype(">u4")
    out += struct.pack("<B", len(name)) + name.encode() + struct.pack("<H", colormap.N)
    out += colors.view(np.uint8).reshape(-1, 4)[:, 1:].tobytes()
    differences = (in_8_bits(matplotlib.colormaps[name + "_r"]) - in_8_bits(colormap)[::-1]).ravel()
    places = np.flatnonzero(differences)
    out += struct.pack("<H", len(places)) + (2 * places + (differences[places] > 0)).astype("<u2").tobytes()
Path(__file__, "../../../src/video/colormaps.bin").resolve().write_bytes(out)
