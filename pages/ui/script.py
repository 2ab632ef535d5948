"""A Python script that repeats a run and gives the same arrays, built from the run's settings."""

from __future__ import annotations

import re
from dataclasses import fields, replace

from ec_core.chain import RecoverConfig
from ec_core.cluster import Cut
from pages.ui import results
from pages.ui.runs import Run
from pages.ui.settings import Settings
from pages.ui.source import Source

_TEMPLATE = '''"""Repeats run {id}: {title}.

The same seed gives the same numbers (on the same machine with the same number of threads).{warning}
Put it beside app.py, or install ec_core, and run:  python {file}
"""
{imports}
import ec_core as ec
{helper}
{asking}
{recovering}
network = result.network
{cutting}
print("loss on unseen questions:", result.certificate.heldout_loss)
print("verified:", result.report["verified"], *result.report["reasons"])
{matching}ec.save_network(network, "recovered.safetensors")
'''

_FINISH = '''

def finish(steps):
    """Do the work of a stage; its progress is not looked at."""
    while True:
        try:
            next(steps)
        except StopIteration as end:
            return end.value

'''

_CUTTING = """
# the tree was cut {how}: build the network from that cut
clusters = apply_cut(result.tree, result.cloud, {cut})
config = ReconstructConfig(device={device!r})
network = finish(
    reconstruct(result.ensemble, clusters, result.cloud, probes, config, ec.Control())
).network
"""

_CUT_IMPORTS = """
from ec_core.cluster import Cut, apply_cut
from ec_core.reconstruct.reconstruct import ReconstructConfig, reconstruct"""

_ATTEMPT_IMPORT = """
from ec_core.chain import attempt"""


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


def _warning(run: Run) -> str:
    if run.steered:
        return (
            "\nStudents were stopped, restarted or continued by hand in this run; a script cannot "
            "repeat that,\nso the numbers may differ."
        )
    if run.settings().budget is not None:
        return "\nThe run had a time limit; if it struck, the numbers may differ."
    return ""


def _options(config: RecoverConfig) -> str:
    """Every field of the configuration as an argument, so that none can be forgotten."""
    values = ((field.name, getattr(config, field.name)) for field in fields(config))
    return "".join(f"\n    {name}={value!r}," for name, value in values) + "\n"


def _recovering(run: Run, options: str, once: bool) -> str:
    """The call that does the work: ``ec.recover``, or a single pass of what it does."""
    if not once:
        return f"result = ec.recover(\n    probes,{options})"
    indented = options.replace("\n    ", "\n            ")
    return (
        "# one pass, as in the app; ec.recover would go on with wider students\n"
        f"result = finish(\n    attempt(\n        probes,\n        ec.RecoverConfig({indented[:-1]}"
        "\n        ),\n        ec.Control(),\n    )\n)"
    )


def repeat(run: Run) -> str:
    """The script. It says so where a person steered the training by hand."""
    source, settings, cut = run.source(), run.settings(), run.built_cut
    cutting = _cutting(cut, settings)
    # with the width left open, recover trains wider students where a result is not verified
    verified = results.of(run).certificate.verified
    once = settings.width is None and (bool(cutting) or not verified)
    chosen = replace(settings.recover_config(source.activation), gamma=cut.gamma, beta=cut.beta)
    options = _options(chosen)
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
        warning=_warning(run),
        imports=(_ATTEMPT_IMPORT if once else "") + (_CUT_IMPORTS if cutting else ""),
        helper=_FINISH if once or cutting else "",
        asking=_asking(source, settings),
        recovering=_recovering(run, options, once),
        cutting=cutting,
        matching=matching,
    )
