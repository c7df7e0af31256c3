"""Writes tests/data/parity/*.npy: what the Python package optimap gives for a small recording.

Run with optimap installed: python tests/data/parity.py
"""

from pathlib import Path

import numpy as np
import optimap as om

out = Path(__file__).with_name("parity")
rng = np.random.default_rng(1)
t, y, x = np.meshgrid(np.arange(12), np.arange(7), np.arange(9), indexing="ij")
recording = (2000 + 400 * np.sin(t / 2 + y / 3 - x / 4) + rng.normal(0, 30, t.shape)).astype(np.uint16)
signal = recording.astype(np.float32)
signal[4, 3, 5] = np.nan

results = {
    "recording": recording,
    "signal": signal,
    "normalize": om.video.normalize(signal),
    "normalize_uint8": om.video.normalize(recording, vmin=1700, vmax=2300, dtype=np.uint8),
    "normalize_pixelwise": om.video.normalize_pixelwise(signal, -1, 1),
    "normalize_pixelwise_slidingwindow": om.video.normalize_pixelwise_slidingwindow(signal, 5),
    "smooth_spatiotemporal": om.video.smooth_spatiotemporal(recording.astype(np.float32), 1.5, 0.8),
    "temporal_difference": om.video.temporal_difference(recording, 3, fill_value=-1, center=True),
    "crop": om.video.crop(recording, 2),
    "rotate_left": om.video.rotate_left(recording),
    "rotate_right": om.video.rotate_right(recording, k=3),
    "flip_up_down": om.video.flip_up_down(recording),
    "flip_left_right": om.video.flip_left_right(recording),
}
for name, array in results.items():
    np.save(out / f"{name}.npy", np.ascontiguousarray(array))
