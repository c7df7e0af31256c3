"""Writes what NumPy gives for every operator, sample type and operand: operators.npy, the
four results of arithmetic and logic, and comparisons.npy, the four bits of each comparison.

Where NumPy would wrap around, it is told to compute in float64. Run it in this folder. The order of the results is that in which tests/operators.rs asks for them.
"""

import numpy as np

SAMPLES = {
    "bool": [False, True, True, False],
    "uint8": [0, 3, 100, 255],
    "uint16": [0, 3, 1000, 65535],
    "uint32": [0, 3, 100000, 4294967295],
    "uint64": [0, 3, 100000, 2**40],
    "int8": [-5, 0, 3, 127],
    "int16": [-5, 0, 3, 32767],
    "int32": [-5, 0, 3, 2147483647],
    "int64": [-5, 0, 3, 2**40],
    "float32": [-2.5, 0, 3, np.nan],
    "float64": [-2.5, 0, 3, np.nan],
}
NUMBERS = [3, -2, 2.5]
ARITHMETIC = [np.add, np.subtract, np.multiply, np.divide, np.remainder, np.power]
COMPARISONS = [np.equal, np.not_equal, np.less, np.less_equal, np.greater, np.greater_equal]
LOGIC = [np.bitwise_and, np.bitwise_or, np.bitwise_xor]

arrays = {name: np.array(values, name) for name, values in SAMPLES.items()}
pairs = [(a, b[::-1]) for a in arrays.values() for b in arrays.values()]
pairs += [(a, number) for a in arrays.values() for number in NUMBERS]
pairs += [(number, a) for a in arrays.values() for number in NUMBERS]


def dtype(x):
    return getattr(x, "dtype", None)


numbers, marks = [], []
with np.errstate(all="ignore"):
    for a, b in pairs:
        numbers += [function(np.float64(a), np.float64(b)) for function in ARITHMETIC]
        marks += [np.packbits(function(a, b))[0] for function in COMPARISONS]
        if dtype(a) is not None and dtype(a) == dtype(b) and dtype(a).kind in "bui":
            numbers += [function(a, b) for function in LOGIC]
    np.save("operators.npy", np.array(numbers, np.float32))
np.save("comparisons.npy", np.array(marks, np.uint8))
