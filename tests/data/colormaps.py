"""Writes src/video/colormaps.bin: the colour tables of matplotlib, as its export to 8 bit gives them.

Per table: length and bytes of the name, number of colours (uint16, little endian), then RGB bytes.
Reversed tables (`_r`) are left out. Run with matplotlib 3.11: python tests/data/colormaps.py
"""

import struct
from pathlib import Path

import matplotlib
import numpy as np

out = bytearray()
for name in sorted(matplotlib.colormaps):
    if name.endswith("_r"):
        continue
    colormap = matplotlib.colormaps[name]
    colors = (colormap(np.arange(colormap.N)) * 255).astype(np.uint8)
    out += struct.pack("<B", len(name)) + name.encode() + struct.pack("<H", colormap.N) + colors[:, :3].tobytes()
Path(__file__, "../../../src/video/colormaps.bin").resolve().write_bytes(out)
