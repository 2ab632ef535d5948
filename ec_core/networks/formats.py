"""What a file is that this program does not read, and how to make one that it does.

Files are told by how they begin, where they say so, and by the end of their names where they do
not. Nothing is unpacked or unpickled to find out.
"""

from __future__ import annotations

import io
import re
import zipfile
from dataclasses import dataclass

NETWORK, ANSWERS = "a safetensors file", "an .npz archive"
"""The two kinds of files that are read."""


@dataclass(frozen=True)
class Format:
    """what : the format in words; how : what to do with it, a clause"""

    what: str
    how: str


_STATE = "save model.state_dict() with safetensors.torch.save_file"
_WEIGHTS = "save its weights and biases with ec_core.save_network"

TORCH = Format("a PyTorch file (.pt, .pth)", _STATE)
SCRIPT = Format("a TorchScript or exported PyTorch program", _STATE)
KERAS = Format(
    "a Keras model", f"{_WEIGHTS}; Keras kernels are (in, out) and have to be transposed"
)
ONNX = Format("an ONNX model", _WEIGHTS)
PICKLE = Format(
    "a pickle (.pkl, .joblib), which can run programs and is never opened",
    "save the network's weights and biases with ec_core.save_network, or its answers with "
    "numpy.savez('answers.npz', x=…, y=…)",
)
_GIVE = "give it where questions and answers are expected"
MATLAB = Format("a MATLAB file", _GIVE)
NUMPY = Format("a single NumPy array (.npy)", _GIVE)
ARCHIVE = Format("an .npz archive", _GIVE)
SAFETENSORS = Format("a safetensors file", "give it where a network is expected")
PARQUET = Format("a Parquet table", _GIVE)
ARROW = Format("an Arrow table (.feather, .arrow)", _GIVE)
TABLE = Format("a table of text (.csv, .tsv, .txt)", _GIVE)
SHEET = Format("a spreadsheet", _GIVE)
GZIP = Format("packed by gzip (.gz)", f"unpack it, or {_GIVE}")
JSON = Format(
    "a JSON text", f"{_WEIGHTS}, or its answers with numpy.savez('answers.npz', x=…, y=…)"
)
INDEX = Format(
    "the index of a network that was saved in several files",
    "load them together and save the whole state dict as one file",
)
ZIP = Format("a zip archive", "unpack it and give the file inside")

_BEGINNINGS = (
    *((b"\x80" + bytes([version]), PICKLE) for version in range(2, 6)),
    (b"\x93NUMPY", NUMPY),
    (b"PAR1", PARQUET),
    (b"ARROW1", ARROW),
    (b"\x1f\x8b", GZIP),
    (b"MATLAB", MATLAB),
    (b"\x89HDF\r\n\x1a\n", KERAS),
)

_ENDINGS = (
    (r"\.safetensors\.index\.json", INDEX),
    (r"\.(pt|pth|ckpt|bin)", TORCH),
    (r"\.pt2", SCRIPT),
    (r"\.(keras|h5|hdf5|tflite|pb)", KERAS),
    (r"\.onnx", ONNX),
    (r"\.(pkl|pickle|joblib|dill)", PICKLE),
    (r"\.mat", MATLAB),
    (r"\.npy", NUMPY),
    (r"\.(parquet|pq)", PARQUET),
    (r"\.(feather|arrow)", ARROW),
    (r"\.(csv|tsv|tab|txt|dat|asc)", TABLE),
    (r"\.(xlsx|xlsm|xls|ods)", SHEET),
    (r"\.gz", GZIP),
    (r"\.json", JSON),
)


_TABULAR = re.compile(
    r"\.(npz|npy|mat|parquet|pq|feather|arrow|csv|tsv|tab|txt|dat|asc|xlsx|xlsm|xls|ods)(\.gz)?$"
)


def tabular(name: str) -> bool:
    """Is a file of this name one of questions and answers?

    >>> tabular("Answers.CSV.gz"), tabular("net.safetensors")
    (True, False)
    """
    return bool(_TABULAR.search(name.lower()))


def _zipped(data: bytes) -> Format:
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            names = archive.namelist()
    except Exception:  # zipfile raises many types for damaged archives
        return ZIP
    last = {name.rsplit("/", 1)[-1] for name in names}
    if any("/code/" in name for name in names) or "archive_format" in last:
        return SCRIPT
    if "data.pkl" in last:
        return TORCH
    if "model.weights.h5" in last:
        return KERAS
    if "[Content_Types].xml" in last or "content.xml" in last:
        return SHEET
    return ARCHIVE if any(name.endswith(".npy") for name in last) else ZIP


def recognise(data: bytes, name: str) -> Format | None:
    """The format of a file's bytes, or of its name; None where neither tells.

    >>> recognise(b"x1,x2,y", "table.CSV").what
    'a table of text (.csv, .tsv, .txt)'
    """
    for ending, kind in _ENDINGS:
        if kind is INDEX and re.search(ending + "$", name.lower()):
            return kind
    # a header's length and "{": how safetensors begins
    if data[8:9] == b"{" and int.from_bytes(data[:8], "little") <= len(data):
        return SAFETENSORS
    if data[:4] == b"PK\x03\x04":
        zipped = _zipped(data)
        if zipped is not ZIP:
            return zipped
    for beginning, kind in _BEGINNINGS:
        if data.startswith(beginning):
            # MATLAB's newer files are HDF5 too
            return MATLAB if kind is KERAS and name.lower().endswith(".mat") else kind
    return next((kind for end, kind in _ENDINGS if re.search(end + "$", name.lower())), None)


def instead(data: bytes, name: str, expected: str) -> str | None:
    """One sentence on a file that is of another format than ``expected``; None if it is not known.

    >>> instead(b"PAR1", "t.parquet", ANSWERS)[:53]
    't.parquet is a Parquet table, not an .npz archive; re'
    """
    actual = recognise(data, name)
    if actual is None or actual.what == expected:
        return None
    return f"{name} is {actual.what}, not {expected}; {actual.how}."
