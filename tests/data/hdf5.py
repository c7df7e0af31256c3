#!/usr/bin/env python3
"""Makes HDF5 files of many kinds with h5py, and compares what the program loads of them with h5py.

    hdf5.py make FOLDER             the small files of tests/data/hdf5
    hdf5.py compare PROGRAM [FILE…] every dataset of the files, or of many that are made for it
"""
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

import h5py
import numpy as np

SHAPE = (7, 9, 11)
FILTERS = {
    "plain": {},
    "gzip": dict(compression="gzip"),
    "shuffled": dict(compression="gzip", shuffle=True, fletcher32=True),
    "lzf": dict(compression="lzf", shuffle=True),
    "offset": dict(scaleoffset=0),
}
GROWTH = {
    "fixed": (None, (2, 4, 3)),
    "one": (None, SHAPE),
    "growing": ((None, 9, 11), (2, 4, 3)),
    "second": ((10, None, 11), (2, 4, 3)),
    "third": ((10, 9, None), (2, 4, 3)),
    "two": ((None, None, 11), (2, 4, 3)),
    "three": ((None, None, None), (2, 4, 3)),
    "limited": ((20, 30, 12), (2, 4, 3)),
    "many": ((None, 9, 11), (1, 1, 1)),
}
TYPES = "u1 u2 u4 u8 i1 i2 i4 i8 f2 f4 f8 >u2 >i4 >u8 >f2 >f4 >f8".split()


def ramp(shape=SHAPE, dtype="u2"):
    """The numbers 0, 1, 2, …, which is what nearly all datasets hold."""
    return np.arange(np.prod(shape, dtype="i8")).reshape(shape).astype(dtype)


def low_level(group, name, samples, datatype, change=lambda plist: None, most=None):
    plist = h5py.h5p.create(h5py.h5p.DATASET_CREATE)
    change(plist)
    space = h5py.h5s.create_simple(samples.shape, most or samples.shape)
    dataset = h5py.h5d.create(group.id, name.encode(), datatype, space, plist)
    dataset.write(h5py.h5s.ALL, h5py.h5s.ALL, samples, mtype=datatype if "bits" in name else None)


def add_layouts(group):
    group["contiguous"] = ramp()
    low_level(group, "compact", ramp((3, 4, 5)), h5py.h5t.STD_U16BE, lambda p: p.set_layout(h5py.h5d.COMPACT))

    def early(plist):
        plist.set_chunk((2, 4, 3))
        plist.set_alloc_time(h5py.h5d.ALLOC_TIME_EARLY)

    low_level(group, "implicit", ramp(), h5py.h5t.STD_U16LE, early, (9, 12, 11))


def add_chunks(group, growths=GROWTH, filters=FILTERS):
    for growth in growths:
        maxshape, chunks = GROWTH[growth]
        for name in filters:
            group.create_dataset(f"{growth}_{name}", data=ramp(), chunks=chunks, maxshape=maxshape, **FILTERS[name])


def add_types(group, types=TYPES):
    for name in types:
        group[f"type_{name.replace('>', 'big_')}"] = ramp((3, 4, 5), name)
    group["long_double"] = ramp((3, 4, 5), np.longdouble)
    group.create_dataset("enum", data=ramp((3, 4, 5), "i2"), dtype=h5py.enum_dtype({"A": 0, "B": 1}, basetype="i2"))
    group["named"] = np.dtype("u2")
    group.create_dataset("of_named", data=ramp((3, 4, 5)), dtype=group["named"])
    for order in ("LE", "BE"):
        odd = getattr(h5py.h5t, f"STD_I32{order}").copy()
        odd.set_precision(11)
        odd.set_offset(7)
        low_level(group, f"odd_{order}", ramp((3, 4, 5), "i4"), odd)

        def packed(plist):
            plist.set_chunk((2, 4, 3))
            plist.set_filter(h5py.h5z.FILTER_NBIT, 0, ())

        low_level(group, f"packed_{order}", ramp(SHAPE, "i4"), odd, packed)
    low_level(group, "bits", ramp((3, 4, 5), "u1"), h5py.h5t.STD_B8LE)


def add_others(group):
    """What is no video."""
    group["text"] = "hello"
    group["fixed_text"] = np.bytes_("hi")
    group["texts"] = ["a", "b"]
    group["complex"] = ramp((3, 4), "c8")
    group["records"] = np.zeros(3, dtype=[("x", "f4"), ("y", "i2")])
    group["null"] = h5py.Empty("f4")
    group["five_axes"] = ramp((2, 2, 2, 2, 2), "u1")
    group.create_dataset("lists", (2,), dtype=h5py.vlen_dtype("i4"))
    group.create_dataset("arrays", (2,), dtype=np.dtype(("f4", (3,))))
    group["bytes"] = np.void(b"abc")
    group["scalar"] = 4.5


def add_blanks(group):
    """Samples that were never written, and others that scale-offset has as floats."""
    group.create_dataset("never", SHAPE, ">i2", fillvalue=-3)
    group.create_dataset("never_chunks", SHAPE, ">i2", chunks=(2, 4, 3), fillvalue=-3)
    sparse = group.create_dataset("sparse", SHAPE, "f4", chunks=(4, 9, 6), fillvalue=1.5, compression="gzip")
    sparse[3, 2:7, 4:] = 2
    offset = group.create_dataset("offset", SHAPE, "u2", chunks=(2, 4, 3), scaleoffset=0, fillvalue=9)
    offset[1:3] = 4
    smaller = group.create_dataset("smaller", data=ramp(), chunks=(2, 4, 3), maxshape=(None,) * 3)
    smaller.resize((5, 8, 12))
    group.create_dataset("eighths4", data=ramp(SHAPE, "f4") / 8, chunks=(4, 9, 6), scaleoffset=3)
    group.create_dataset("eighths8", data=ramp(SHAPE, "f8") / 8, chunks=(4, 9, 6), scaleoffset=3)
    group.create_dataset("negative", data=ramp(SHAPE, ">i4") - 300, chunks=(2, 4, 3), scaleoffset=0)
    group.create_dataset("constant", data=np.full(SHAPE, -7, "i1"), chunks=(2, 4, 3), scaleoffset=0)


def add_links(file):
    file["alias"] = h5py.SoftLink("/group/raw")
    file["group/raw"] = ramp((3, 4, 5))
    file["group/relative"] = h5py.SoftLink("raw")
    file["group/back"] = file["/"]
    file["broken"] = h5py.SoftLink("/nowhere/raw")
    file["loop"] = h5py.SoftLink("/loop")
    file["same_group"] = h5py.SoftLink("group")
    file["same"] = file["group/raw"]
    file["elsewhere"] = h5py.ExternalLink("links_target.h5", "/deep/raw")
    file["lost"] = h5py.ExternalLink("no such file.h5", "/raw")


def add_attributes(item, count=40):
    item.attrs["comment"] = "rabbit"
    item.attrs["fixed"] = np.bytes_("abc")
    item.attrs["names"] = ["a", "bcd"]
    item.attrs["list"] = [1.5, 2.5]
    item.attrs["large"] = np.int64(2**53 + 1)
    for number in range(count):
        item.attrs[f"number {number}"] = number


def make(folder):
    folder.mkdir(exist_ok=True, parents=True)
    # Where files of samples are made that others name.
    os.chdir(folder)
    folder = Path(".")
    create = lambda name, libver="earliest", **options: h5py.File(folder / name, "w", libver=libver, **options)
    with create("first.h5") as file:
        file.attrs["comment"] = "rabbit"
        file["aaa_image"] = ramp((4, 5))
        file.create_dataset("stack", data=ramp((3, 4, 5)), chunks=(2, 3, 2), compression="gzip", shuffle=True)
        file["stack"].attrs["fps"] = 500.0
        file["plain"] = ramp((3, 4, 5), "u1")
        file["gain"] = 2.5
    for name, libver in (("old", "earliest"), ("new", "v110")):
        with create(f"layouts_{name}.h5", libver, userblock_size=512) as file:
            add_layouts(file)
            add_chunks(file, ("fixed", "one"), ("shuffled", "lzf") if libver == "v110" else ("shuffled",))
        with create(f"types_{name}.h5", libver) as file:
            add_types(file, TYPES if libver == "v110" else TYPES[:4])
        with create(f"links_{name}.h5", libver) as file:
            add_links(file)
        with create(f"attributes_{name}.h5", libver) as file:
            file["video"] = ramp((3, 4, 5))
            add_attributes(file["video"])
            add_others(file.create_group("others"))
        with create(f"names_{name}.h5", libver) as file:
            for number in range(40):
                file[f"{name}/{number:02}"] = ramp((2, 1, 1), "u1")
    with create("blanks.h5", "v110") as file:
        add_blanks(file)
    for growth, filters in (("growing", ("plain", "shuffled")), ("two", ("plain", "shuffled")), ("third", ("gzip",))):
        with create(f"index_{growth}.h5", "latest") as file:
            add_chunks(file, (growth,), filters)
    with create("index_pages.h5", "latest") as file:
        file.create_dataset("fixed", shape=(1500, 1, 1), chunks=(1, 1, 1), dtype="u1")
        file["fixed"][1030:1040] = 7
    with create("links_target.h5") as file:
        file["deep/raw"] = ramp((3, 4, 5))
    with create("external.h5") as file:
        file.create_dataset("raw", data=ramp((3, 4, 5)), external=[("external.raw", 0, 50), ("external.raw", 50, 70)])
        file.create_dataset("away", shape=(3, 4, 5), dtype="u2", external=[("../external.raw", 0, 120)])
    make_nwb(create("series.nwb"))
    make_imaris(create("images.ims", "v110"))
    make_matlab(folder / "cells.mat")


def make_nwb(file):
    with file:
        file.attrs["nwb_version"] = "2.6.0"
        file["session_start_time"] = "2024-05-06T07:08:09+02:00"
        file["session_description"] = "rabbit"
        plane = file.create_group("general/optophysiology/plane")
        plane["grid_spacing"] = [2e-6, 1e-6]
        plane["grid_spacing"].attrs["unit"] = "meters"
        for name, dtype in (("a", "u2"), ("b", "f4")):
            series = file.create_group(f"acquisition/{name}")
            series["data"] = ramp((3, 4, 5), dtype)
            series["imaging_plane"] = h5py.SoftLink("/general/optophysiology/plane")
        file["acquisition/a/starting_time"] = 0.5
        file["acquisition/a/starting_time"].attrs["rate"] = np.float32(250)
        file["acquisition/b/timestamps"] = [1.0, 1.01, 1.02]


def make_imaris(file):
    letters = lambda text: np.array([letter.encode() for letter in str(text)], "S1")
    with file:
        info = file.create_group("DataSetInfo/Image")
        values = dict(X=5, Y=3, Z=1, ExtMin0=0, ExtMax0=10, ExtMin1=1, ExtMax1=4, Unit="um")
        values["RecordingDate"] = "2024-05-06 07:08:09.000"
        for name, value in values.items():
            info.attrs[name] = letters(value)
        times = file.create_group("DataSetInfo/TimeInfo")
        for point in range(4):
            times.attrs[f"TimePoint{point + 1}"] = letters(f"2024-02-28 23:59:{59 + point // 2:02}.{point % 2 * 5}00".replace(":60.", ":60."))
            for channel in range(2):
                group = file.create_group(f"DataSet/ResolutionLevel 0/TimePoint {point}/Channel {channel}")
                for name, value in dict(ImageSizeX=5, ImageSizeY=3, ImageSizeZ=1).items():
                    group.attrs[name] = letters(value)
                image = np.zeros((1, 4, 8), "u2")
                image[0, :3, :5] = ramp((3, 5)) + 100 * point + 1000 * channel
                group.create_dataset("Data", data=image, chunks=(1, 2, 4), compression="gzip")


def make_matlab(path):
    """What MATLAB writes as `c = {text, video}; s(2).v = …; t.v = …` in version 7.3."""
    with h5py.File(path, "w", userblock_size=512) as file:
        def put(name, data, kind, **attributes):
            file[name] = data
            file[name].attrs["MATLAB_class"] = np.bytes_(kind)
            for attribute, value in attributes.items():
                file[name].attrs[attribute] = value
            return file[name].ref

        text = put("#refs#/a", np.array([[104], [105]], "u2"), "char", MATLAB_int_decode=np.int32(2))
        video = put("#refs#/b", ramp((4, 3, 2)), "uint16")
        one = put("#refs#/c", ramp((4, 3, 2), "f8"), "double")
        two = put("#refs#/d", ramp((4, 3, 2), "f8") + 100, "double")
        put("c", np.array([[text], [video]], h5py.ref_dtype), "cell")
        file.create_group("s").attrs["MATLAB_class"] = np.bytes_("struct")
        file["s"].create_dataset("v", data=np.array([[one], [two]], h5py.ref_dtype))
        put("t/v", ramp((4, 3, 2), "i2"), "int16")
        put("o", np.array([[3707764736], [2]], "u4"), "table", MATLAB_object_decode=np.int32(3))
        put("t/fps", np.array([[500.0]]), "double")
        file["t"].attrs["MATLAB_class"] = np.bytes_("struct")
    with open(path, "r+b") as file:
        file.write(b"MATLAB 7.3 MAT-file, Platform: GLNXA64".ljust(124) + b"\0\x02IM")


def make_many(folder):
    """Larger files: every index with every filter, in every version of the format."""
    for libver in ("earliest", "v108", "v110", "v112", "v114", "latest"):
        for ordered in (False, True):
            with h5py.File(folder / f"{libver}_{ordered}.h5", "w", libver=libver, track_order=ordered) as file:
                add_chunks(file.create_group("chunks"))
                add_layouts(file.create_group("layouts"))
                add_types(file.create_group("types"))
                add_blanks(file.create_group("blanks"))
                add_others(file.create_group("others"))
                dense = file.create_group("dense", track_order=ordered)
                for number in range(1000):
                    dense[f"{number:04}"] = np.full((2, 1, 1), number, "u2")
                shape = (60, 40, 30)
                for name, most in (("fixed", None), ("growing", (None, 40, 30)), ("two", (None, None, 30))):
                    for codec in (None, "lzf"):
                        large = file.create_dataset(f"large/{name}_{codec}", shape, "u4", maxshape=most, chunks=(1, 1, 2), compression=codec)
                        large[...] = ramp(shape, "u4")
    try:
        import hdf5plugin
    except ImportError:
        return
    with h5py.File(folder / "plugins.h5", "w") as file:
        plugins = {
            "blosc": hdf5plugin.Blosc(), "lz4": hdf5plugin.LZ4(), "lz4_blocks": hdf5plugin.LZ4(nbytes=1024), "zstd": hdf5plugin.Zstd(),
            "bits": hdf5plugin.Bitshuffle(cname="none"), "bits_lz4": hdf5plugin.Bitshuffle(cname="lz4"), "bits_zstd": hdf5plugin.Bitshuffle(cname="zstd"),
            "bits_blocks": hdf5plugin.Bitshuffle(nelems=64, cname="lz4"),
        }
        for name, plugin in plugins.items():
            for dtype in ("u1", "u2", "f4", "f8"):
                file.create_dataset(f"{name}_{dtype}", data=ramp((20, 30, 31), dtype), chunks=(7, 30, 31), **plugin)


def datasets(file):
    """Every dataset that hard links lead to, by its path."""
    found = {}
    file.visititems(lambda name, item: found.update({name: item}) if isinstance(item, h5py.Dataset) else None)
    return found


def is_video(dataset):
    plain = dataset.shape is not None and dataset.dtype.kind in "biuf" and dataset.dtype.subdtype is None
    return plain and 1 <= len(dataset.shape) <= 4 and dataset.size > 0


def script(path, names, temp):
    for index, name in enumerate(names):
        load = f"load_video({json.dumps(str(path))}, #{{fieldname: {json.dumps(name)}}})"
        save = f"save_video({json.dumps(str(temp / f'{index}.npy'))}, {load})"
        yield f'try {{ {save}; print("@@ {index} loaded"); }} catch (e) {{ print("@@ {index} " + e); }}'


def compare(program, path):
    """How many datasets are as h5py has them, and how many are not."""
    good, bad = 0, 0
    with h5py.File(path) as file, tempfile.TemporaryDirectory() as temp:
        found = {name: item for name, item in datasets(file).items() if "dense" not in name or name.endswith("7")}
        # What is outside of the folder is not to be loaded.
        found.pop("away", None)
        temp = Path(temp)
        (temp / "load.rhai").write_text("\n".join(script(path, found, temp)))
        run = subprocess.run([program, "run", temp / "load.rhai"], capture_output=True, text=True)
        said = dict(line.split(" ", 2)[1:] for line in run.stdout.splitlines() if line.startswith("@@ "))
        for index, (name, item) in enumerate(found.items()):
            text, saved = said.get(str(index), "crashed"), temp / f"{index}.npy"
            if not is_video(item):
                problem = "" if "is not a video" in text else f"no error: {text}"
            elif not saved.exists():
                problem = text
            else:
                expected, samples = item[()], np.load(saved)
                shape = expected.shape
                kept = expected.dtype.itemsize in (1, 4, 8) or expected.dtype.kind in "iu"
                same = samples.size == expected.size and np.array_equal(samples.reshape(shape), expected, equal_nan=expected.dtype.kind == "f")
                dtype = not kept or samples.dtype == expected.dtype.newbyteorder("=")
                problem = "" if same and dtype else f"{samples.dtype} {samples.shape} differ from {expected.dtype} {shape}"
            good, bad = (good + 1, bad) if not problem else (good, bad + 1)
            if problem:
                print(f"{path.name} {name}: {problem}")
    return good, bad


def main():
    if len(sys.argv) < 3 or sys.argv[1] not in ("make", "compare"):
        sys.exit(__doc__)
    if sys.argv[1] == "make":
        return make(Path(sys.argv[2]))
    with tempfile.TemporaryDirectory() as temp:
        program = Path(sys.argv[2]).resolve()
        paths = [Path(path).resolve() for path in sys.argv[3:]]
        if not paths:
            make_many(Path(temp))
            make(Path(temp))
            paths = sorted(path for path in Path(temp).iterdir() if path.suffix != ".mat" and h5py.is_hdf5(path))
        counts = [compare(program, path) for path in paths]
    good, bad = map(sum, zip(*counts))
    print(f"{good} datasets of {len(counts)} files are as they should be, {bad} are not")
    sys.exit(bad > 0)


if __name__ == "__main__":
    main()
