#!/usr/bin/env python3
"""Loads every file of a folder of recordings and compares with a table of what they hold.

    corpus.py PATH/TO/optimap FOLDER [--only 'tiff/*'] [--show]

FOLDER/MANIFEST.tsv has a row per file with the columns file, oracle_shape (as 3x4x5), dtype (NumPy's),
sha256_16_LE_C (of the samples in C order, lowest byte first), error and notes. All files are loaded
by one run of the program. Prints how many load as the table says, otherwise, or are refused.
"""
import argparse
import collections
import csv
import fnmatch
import hashlib
import json
import shutil
import subprocess
import tempfile
from pathlib import Path

import numpy as np

ALONE = "loaded through a folder"


def script(rows, corpus, temp):
    """A script that saves the samples of each file, or prints why it cannot be loaded."""
    for index, row in enumerate(rows):
        path = corpus / row["file"]
        if ALONE in row["notes"]:
            folder = temp / f"in{index}"
            folder.mkdir()
            (folder / path.name).symlink_to(path)
            path = folder
        load = f"save_video({json.dumps(str(temp / f'{index}.npy'))}, load_video({json.dumps(str(path))}));"
        yield f'try {{ {load} print("@@ {index} loaded"); }} catch (e) {{ print("@@ {index} " + e); }}'


def checksum(samples):
    samples = np.ascontiguousarray(samples)
    little = samples.astype(samples.dtype.newbyteorder("<"), copy=False)
    return hashlib.sha256(little.tobytes()).hexdigest()[:16]


def shape_text(shape):
    return "x".join(map(str, shape)).removeprefix("1x")


def expected(row):
    """The row, or what it says about a run with more codecs if that could load the file."""
    more = row.get("with_imagecodecs") or ""
    if row["error"] and more.startswith("{"):
        more = json.loads(more)
        if "sha256" in more:
            shape = "x".join(map(str, more["shape"]))
            return {**row, "error": "", "oracle_shape": shape, "dtype": more["dtype"], "sha256_16_LE_C": more["sha256"]}
    return row


def verdict(row, said, path):
    row = expected(row)
    if said is None:
        return "CRASHED", ""
    if not path.exists():
        wanted = row["error"] or f"{row['oracle_shape']} {row['dtype']}"
        return "refused as expected" if row["error"] else "REFUSED", f"{said} | expected {wanted}"
    samples = np.load(path)
    path.unlink()
    found = f"{shape_text(samples.shape)} {samples.dtype}"
    if row["error"]:
        return "loads, error expected", f"{found} | {row['error']}"
    halves = [samples.astype("f2")] if row["dtype"].endswith("f2") else []
    same = any(checksum(v) == row["sha256_16_LE_C"] for v in [samples, *halves])
    if same and shape_text(samples.shape) == row["oracle_shape"].removeprefix("1x"):
        return "equal", ""
    wanted = f"{found} | expected {row['oracle_shape']} {row['dtype']}"
    return ("equal in another shape" if same else "DIFFERENT"), wanted


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("program")
    parser.add_argument("corpus", type=lambda text: Path(text).resolve())
    parser.add_argument("--only", default="*", help="pattern of the files")
    parser.add_argument("--show", action="store_true", help="list the files that are not equal")
    options = parser.parse_args()
    csv.field_size_limit(1 << 30)
    with open(options.corpus / "MANIFEST.tsv") as table:
        rows = [row for row in csv.DictReader(table, delimiter="\t") if fnmatch.fnmatch(row["file"], options.only)]
    temp = Path(tempfile.mkdtemp())
    (temp / "load.rhai").write_text("\n".join(script(rows, options.corpus, temp)))
    run = subprocess.run([options.program, "run", temp / "load.rhai"], capture_output=True, text=True)
    said = dict(line.split(" ", 2)[1:] for line in run.stdout.splitlines() if line.startswith("@@ "))
    counts = collections.defaultdict(collections.Counter)
    for index, row in enumerate(rows):
        result, text = verdict(row, said.get(str(index)), temp / f"{index}.npy")
        counts["/".join(row["file"].split("/")[:2])][result] += 1
        if options.show and result != "equal":
            print(f"{result:22} {row['file']}  {text[:300]}")
    for group, results in sorted(counts.items()):
        print(f"{group:36}", ", ".join(f"{count} {result}" for result, count in results.most_common()))
    print(f"{'all':36}", dict(sum(counts.values(), collections.Counter())))
    if run.returncode:
        print(f"exit status {run.returncode}: {run.stderr[-500:]}")
    shutil.rmtree(temp)


if __name__ == "__main__":
    main()
