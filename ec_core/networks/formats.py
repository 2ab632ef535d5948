"""What kind of file something is, and for what is not read, how to make one that is.

Files are told by how they begin, where they say so, and by the end of their names where they do
not. Nothing is unpacked or unpickled to find out.
"""

from __future__ import annotations

import io
import re
import zipfile
from dataclasses import dataclass

NETWORK, ANSWERS = "a network", "an .npz archive"
"""What is expected where a file is read: see ``instead``."""


@dataclass(frozen=True)
class Format:
    """what : the format in words; how : what to do with it, a clause"""

    what: str
    how: str


_STATE = "save model.state_dict() with safetensors.torch.save_file"
_NETWORK = "give it where a network is expected"

SAFETENSORS = Format("a safetensors file", _NETWORK)
TORCH = Format("a PyTorch file (.pt, .pth)", _NETWORK)
EXPORTED = Format("an exported PyTorch program (.pt2)", _NETWORK)
SCRIPT = Format("a TorchScript program, which would have to be run", _STATE)
KERAS = Format("a Keras model", _NETWORK)
HDF5 = Format("an HDF5 file (.h5), as Keras writes them", _NETWORK)
ONNX = Format("an ONNX model", _NETWORK)
SKOPS = Format("a scikit-learn model (.skops)", _NETWORK)
WEIGHTS = Format("an .npz archive of weights", _NETWORK)
JSON = Format("a JSON text", _NETWORK)
NETWORKS = (SAFETENSORS, TORCH, EXPORTED, KERAS, HDF5, ONNX, SKOPS, WEIGHTS, JSON)
"""What may hold a network: the folder ``readers`` has a reader for each."""

TENSORFLOW = Format(
    "a TensorFlow model (.pb, .tflite)", "load it with Keras and save it with model.save('m.keras')"
)
PICKLE = Format(
    "a pickle (.pkl, .joblib), which can run programs and is never opened",
    "where you trust it, convert it: import joblib, ec_core as ec; "
    "model = joblib.load('model.joblib'); "
    "ec.save_network(ec.from_sklearn(model), 'model.safetensors')",
)
_GIVE = "give it where questions and answers are expected"
MATLAB = Format("a MATLAB file", _GIVE)
NUMPY = Format("a single NumPy array (.npy)", _GIVE)
ARCHIVE = Format("an .npz archive", _GIVE)
PARQUET = Format("a Parquet table", _GIVE)
ARROW = Format("an Arrow table (.feather, .arrow)", _GIVE)
TABLE = Format("a table of text (.csv, .tsv, .txt)", _GIVE)
SHEET = Format("a spreadsheet", _GIVE)
GZIP = Format("packed by gzip (.gz)", f"unpack it, or {_GIVE}")
INDEX = Format(
    "the index of a network that was saved in several files",
    "load them together and save the whole state dict as one file",
)
ZIP = Format("a zip archive", "unpack it and give the file inside")

_BEGINNINGS = (
    # what torch.save wrote before 2020, a pickle of its own kind
    (b"\x80\x02\x8a\x0al\xfc\x9cF\xf9 j\xa8P\x19.", TORCH),
    *((b"\x80" + bytes([version]), PICKLE) for version in range(2, 6)),
    (b"\x93NUMPY", NUMPY),
    (b"PAR1", PARQUET),
    (b"ARROW1", ARROW),
    (b"\x1f\x8b", GZIP),
    (b"MATLAB", MATLAB),
    (b"\x89HDF\r\n\x1a\n", HDF5),
)

_ENDINGS = (
    (r"\.safetensors\.index\.json", INDEX),
    (r"\.(pt|pth|ckpt|bin)", TORCH),
    (r"\.pt2", EXPORTED),
    (r"\.keras", KERAS),
    (r"\.(h5|hdf5)", HDF5),
    (r"\.(tflite|pb)", TENSORFLOW),
    (r"\.skops", SKOPS),
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


_INSIDE = (
    ("archive_format", EXPORTED),
    ("serialized_exported_program.json", EXPORTED),
    ("schema.json", SKOPS),
    ("model.weights.h5", KERAS),
    ("data.pkl", TORCH),
    ("[Content_Types].xml", SHEET),
    ("content.xml", SHEET),
)
"""A file that tells what the zip archive around it is; the first that is there counts."""

WEIGHT_NAME = re.compile(
    r"(?:(?P<stem>.+)\.)?(?P<leaf>w|weights?|coefs?|kernel|b|bias|biases|intercepts?)_?"
    r"(?P<number>\d*)_?",
    re.IGNORECASE,
)
"""How weights and biases are called in an archive of them: W0, b0, coef_0, fc1.weight."""


def _zipped(data: bytes) -> Format:
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            names = archive.namelist()
    except Exception:  # zipfile raises many types for damaged archives
        return ZIP
    last = {name.rsplit("/", 1)[-1] for name in names}
    if any("/code/" in name for name in names):
        return SCRIPT
    for inside, kind in _INSIDE:
        if inside in last:
            return kind
    arrays = [name for name in names if name.endswith(".npy")]
    if arrays and all(WEIGHT_NAME.fullmatch(name.removesuffix(".npy")) for name in arrays):
        return WEIGHTS
    return ARCHIVE if arrays else ZIP


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
            return MATLAB if kind is HDF5 and name.lower().endswith(".mat") else kind
    return next((kind for end, kind in _ENDINGS if re.search(end + "$", name.lower())), None)


def instead(data: bytes, name: str, expected: str) -> str | None:
    """One sentence on a file that is of another format than ``expected``; None if it is not known.

    >>> instead(b"PAR1", "t.parquet", ANSWERS)[:53]
    't.parquet is a Parquet table, not an .npz archive; gi'
    """
    actual = recognise(data, name)
    if actual is None or actual.what == expected:
        return None
    if expected == NETWORK and actual in NETWORKS:
        return None
    return f"{name} is {actual.what}, not {expected}; {actual.how}."
