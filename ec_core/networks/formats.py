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
    """A kind of file, and what it is told by.

    what : in words; how : what to do with it, a clause
    begins : what its first bytes may be; ends : of names, alternatives of a pattern
    inside : files that tell what the zip archive around them is
    """

    what: str
    how: str
    begins: tuple[bytes, ...] = ()
    ends: str = ""
    inside: tuple[str, ...] = ()

    def named(self, name: str) -> bool:
        """Does a name, in small letters, end as its files' do?"""
        return bool(self.ends) and re.search(rf"\.({self.ends})$", name) is not None


_STATE = "save model.state_dict() with safetensors.torch.save_file"
_NETWORK = "give it where a network is expected"
_GIVE = "give it where questions and answers are expected"

SAFETENSORS = Format("a safetensors file", _NETWORK)
TORCH = Format(
    "a PyTorch file (.pt, .pth)",
    _NETWORK,
    # what torch.save wrote before 2020, a pickle of its own kind
    begins=(b"\x80\x02\x8a\x0al\xfc\x9cF\xf9 j\xa8P\x19.",),
    ends="pt|pth|ckpt|bin",
    inside=("data.pkl",),
)
EXPORTED = Format(
    "an exported PyTorch program (.pt2)",
    _NETWORK,
    ends="pt2",
    inside=("archive_format", "serialized_exported_program.json"),
)
SCRIPT = Format("a TorchScript program, which would have to be run", _STATE)
KERAS = Format("a Keras model", _NETWORK, ends="keras", inside=("model.weights.h5",))
HDF5 = Format(
    "an HDF5 file (.h5), as Keras writes them",
    _NETWORK,
    begins=(b"\x89HDF\r\n\x1a\n",),
    ends="h5|hdf5",
)
ONNX = Format("an ONNX model", _NETWORK, ends="onnx")
SKOPS = Format("a scikit-learn model (.skops)", _NETWORK, ends="skops", inside=("schema.json",))
WEIGHTS = Format("an .npz archive of weights", _NETWORK)
JSON = Format("a JSON text", _NETWORK, ends="json")
NETWORKS = (SAFETENSORS, TORCH, EXPORTED, KERAS, HDF5, ONNX, SKOPS, WEIGHTS, JSON)
"""What may hold a network: the folder ``readers`` has a reader for each."""

MATLAB = Format("a MATLAB file", _GIVE, begins=(b"MATLAB",), ends="mat")
NUMPY = Format("a single NumPy array (.npy)", _GIVE, begins=(b"\x93NUMPY",), ends="npy")
ARCHIVE = Format("an .npz archive", _GIVE)
PARQUET = Format("a Parquet table", _GIVE, begins=(b"PAR1",), ends="parquet|pq")
ARROW = Format(
    "an Arrow table (.feather, .arrow)", _GIVE, begins=(b"ARROW1",), ends="feather|arrow"
)
TABLE = Format("a table of text (.csv, .tsv, .txt)", _GIVE, ends="csv|tsv|tab|txt|dat|asc")
SHEET = Format(
    "a spreadsheet",
    _GIVE,
    ends="xlsx|xlsm|xls|ods",
    inside=("[Content_Types].xml", "content.xml"),
)
TABLES = (MATLAB, NUMPY, PARQUET, ARROW, TABLE, SHEET)
"""What may hold questions and answers, besides ``ARCHIVE``."""

GZIP = Format("packed by gzip (.gz)", f"unpack it, or {_GIVE}", begins=(b"\x1f\x8b",), ends="gz")
INDEX = Format(
    "the index of a network that was saved in several files",
    "load them together and save the whole state dict as one file",
    ends=r"safetensors\.index\.json",
)
TENSORFLOW = Format(
    "a TensorFlow model (.pb, .tflite)",
    "load it with Keras and save it with model.save('m.keras')",
    ends="tflite|pb",
)
PICKLE = Format(
    "a pickle (.pkl, .joblib), which can run programs and is never opened",
    "where you trust it, convert it: import joblib, ec_core as ec; "
    "model = joblib.load('model.joblib'); "
    "ec.save_network(ec.from_sklearn(model), 'model.safetensors')",
    begins=tuple(b"\x80" + bytes([version]) for version in range(2, 6)),
    ends="pkl|pickle|joblib|dill",
)
ZIP = Format("a zip archive", "unpack it and give the file inside")

_TOLD = (INDEX, EXPORTED, SKOPS, KERAS, *NETWORKS, TENSORFLOW, PICKLE, *TABLES, GZIP)
"""In this order: of several that a file looks like the first counts."""

_TABULAR = re.compile(rf"\.(npz|{'|'.join(kind.ends for kind in TABLES)})(\.gz)?$")


def tabular(name: str) -> bool:
    """Is a file of this name one of questions and answers?

    >>> tabular("Answers.CSV.gz"), tabular("net.safetensors")
    (True, False)
    """
    return bool(_TABULAR.search(name.lower()))


WEIGHT_NAME = re.compile(
    r"(?:(?P<stem>.+)\.)?(?P<leaf>w|weights?|coefs?|kernel|b|bias|biases|intercepts?)_?"
    r"(?P<number>\d*)_?",
    re.IGNORECASE,
)
"""How weights and biases are called in an archive of them: W0, b0, coef_0, fc1.weight."""


MOST_MEMBERS = 100_000
"""Files in an archive; more are not even listed, which takes a thousand times their bytes."""

_MEMBER = b"PK\x01\x02"


def _zipped(data: bytes) -> Format:
    if data.count(_MEMBER) > MOST_MEMBERS:
        return ZIP
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            names = archive.namelist()
    except Exception:  # zipfile raises many types for damaged archives
        return ZIP
    if any("/code/" in name for name in names):
        return SCRIPT
    last = {name.rsplit("/", 1)[-1] for name in names}
    for kind in _TOLD:
        if last.intersection(kind.inside):
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
    lower = name.lower()
    if INDEX.named(lower):
        return INDEX
    # a header's length and "{": how safetensors begins
    if data[8:9] == b"{" and int.from_bytes(data[:8], "little") <= len(data):
        return SAFETENSORS
    if data[:4] == b"PK\x03\x04":
        zipped = _zipped(data)
        if zipped is not ZIP:
            return zipped
    for kind in _TOLD:
        if data.startswith(kind.begins):
            # MATLAB's newer files are HDF5 too
            return MATLAB if kind is HDF5 and MATLAB.named(lower) else kind
    return next((kind for kind in _TOLD if kind.named(lower)), None)


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
