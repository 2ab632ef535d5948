"""A Python script that repeats a run and gives the same arrays, built from the run's settings."""

from __future__ import annotations

import re

from ec_core.cluster import Cut
from pages.ui.runs import Run
from pages.ui.settings import Settings
from pages.ui.source import Source

_TEMPLATE = '''"""Repeats run {id}: {title}.

The same seed gives the same numbers (on the same machine with the same number of threads).{warning}
Run it where ec_core is installed, or from the app's folder:  python {file}
"""
{imports}
import ec_core as ec

{asking}
result = ec.recover(
    probes,
    activation={activation!r},
    students={students},
    width={width},  # of the students of the run
    gamma={gamma},
    beta={beta},
    seed={seed},
    device={device!r},
)
network = result.network
{cutting}
print("loss on unseen questions:", result.certificate.heldout_loss)
print("verified:", result.report["verified"], *result.report["reasons"])
{matching}ec.save_network(network, "recovered.safetensors")
'''

_CUTTING = """
# the tree was cut {how}: build the network from that cut
clusters = apply_cut(result.tree, result.cloud, {cut})
building = reconstruct(
    result.ensemble,
    clusters,
    result.cloud,
    probes,
    ReconstructConfig(device={device!r}),
    ec.Control(),
)
while True:
    try:
        next(building)
    except StopIteration as end:
        network = end.value.network
        break
"""

_CUT_IMPORTS = """
from ec_core.cluster import Cut, apply_cut
from ec_core.reconstruct.reconstruct import ReconstructConfig, reconstruct
"""


def _teacher(source: Source) -> str:
    if source.preset is None:
        return 'teacher = ec.load_network("teacher.safetensors")  # the file you downloaded'
    words = [repr(source.preset)]
    for name, value in source.options.items():
        words.append(f"{name}={tuple(value) if isinstance(value, list) else value!r}")
    words.append(f"seed={source.seed}")
    return f"teacher = ec.make_teacher({', '.join(words)}).network"


def _asking(source: Source, settings: Settings) -> str:
    if source.network is None:
        return (
            'x, y = ec.load_answers("probes.npz")  # the questions and answers you uploaded\n'
            f"probes = ec.make_probes(x, y, seed={settings.seed})"
        )
    data = ""
    if settings.distribution.startswith("data"):
        data = f"\n    data=ec.load_dataset({source.dataset!r}).x,"
    return (
        f"{_teacher(source)}\n"
        "probes = ec.probe(\n"
        f"    ec.Teacher(teacher),\n    count={settings.probes},\n"
        f"    distribution={settings.distribution!r},\n    seed={settings.seed},{data}\n)"
    )


def _cutting(cut: Cut, settings: Settings) -> str:
    if cut.rule == "plateau" and not cut.edits:
        return ""
    how = "by the paper's rule" if cut.rule == "paper" else "by hand"
    return _CUTTING.format(how=how, cut=repr(cut), device=settings.device)


def file_name(run: Run) -> str:
    """A name for the script."""
    return f"repeat-{run.id}.py"


def repeat(run: Run) -> str:
    """The script. Where a person steered the training by hand it says that it cannot repeat
    that.
    """
    source, settings, cut = run.source(), run.settings(), run.built_cut
    warning = ""
    if run.steered:
        warning = (
            "\nStudents were stopped, restarted or continued by hand in this run; a script cannot "
            "repeat that,\nso the numbers may differ in their last digits."
        )
    elif settings.budget is not None:
        warning = "\nThe run had a time limit; if it struck, the numbers may differ."
    cutting = _cutting(cut, settings)
    matching = ""
    if source.network is not None:
        matching = (
            "match = ec.match(teacher, network, probes.unidentified_inputs)\n"
            'print("largest weight error:", match.max_weight_error)\n'
        )
    title = re.sub(r'["\\\r\n]', " ", source.title)
    return _TEMPLATE.format(
        id=run.id,
        title=title,
        file=file_name(run),
        warning=warning,
        imports=_CUT_IMPORTS if cutting else "",
        asking=_asking(source, settings),
        activation=source.activation,
        students=settings.students,
        width=run.ensemble().shape.sizes[1],
        gamma=cut.gamma,
        beta=cut.beta,
        seed=settings.seed,
        device=settings.device,
        cutting=cutting,
        matching=matching,
    )
