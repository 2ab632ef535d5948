"""How to cite the paper and this program, as BibTeX; a test holds it to CITATION.cff."""

from __future__ import annotations

from ec_core import provenance

PAPER = """@inproceedings{martinelli2024expand,
  title     = {Expand-and-Cluster: Parameter Recovery of Neural Networks},
  author    = {Martinelli, Flavio and {\\c{S}}im{\\c{s}}ek, Berfin and Gerstner, Wulfram and
               Brea, Johanni},
  booktitle = {Proceedings of the 41st International Conference on Machine Learning},
  volume    = {235},
  pages     = {34895--34919},
  year      = {2024},
  note      = {arXiv:2304.12794}
}
"""


def program() -> str:
    """The version that runs, with its commit where there is one."""
    known = (provenance.commit() or "").partition(",")[0]
    note = f"Version {provenance.version()}" + (f", commit {known}" if known else "")
    return f"""@software{{expand_and_cluster_app,
  title   = {{Expand and Cluster}},
  author  = {{{{The Expand-and-Cluster app authors}}}},
  version = {{{provenance.version()}}},
  license = {{MIT}},
  note    = {{{note}}}
}}
"""


def both() -> str:
    """One file of both."""
    return f"{PAPER}\n{program()}"
