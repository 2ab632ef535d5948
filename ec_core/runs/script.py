"""A Python script that repeats a run and gives the same arrays, built from the run's settings.

With what it needs beside it (questions and answers that were uploaded, students that were steered
by hand) it comes as one archive.
"""

from __future__ import annotations

import io
import re
import zipfile
from dataclasses import fields, replace

from ec_core.chain import RecoverConfig
from ec_core.cluster import Cut
from ec_core.expand.enough import asked
from ec_core.networks.files import network_bytes
from ec_core.runs import builds, portable, results
from ec_core.runs.run import Run
from ec_core.runs.settings import Settings
from ec_core.runs.source import Source

_PROBES, _STUDENTS, _TEACHER = "probes.npz", "students.npz", "teacher.safetensors"

_TEMPLATE = '''"""Repeats run {id}: {title}.

The same seed gives the same numbers (on the same machine with the same number of threads).{warning}
Put it beside app.py, or install ec_core, {beside}and run:  python {file}
"""
{imports}
import ec_core as ec
{helper}
{asking}
{recovering}
network = found.network

print("sizes:", *network.sizes)
print("loss:", found.loss)
print("loss on unseen questions:", found.heldout_loss)
print("verified:", certificate.verified, *certificate.reasons)
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

_WHOLE = "\nfound, certificate = result.reconstruction, result.certificate"

_ATTEMPT_IMPORT = """
from ec_core.chain import attempt"""

_STAGE_IMPORTS = """{extra}
from ec_core.cluster import Cut, apply_cut, build_tree, pool
from ec_core.cluster.layer import LayerView{training}{exact}
from ec_core.reconstruct.reconstruct import ReconstructConfig, reconstruct
from ec_core.verify.certificate import certify"""

_STAGES = """config = ec.RecoverConfig({options})
{students}{told}
cloud = pool(ensemble{best})
tree = build_tree(cloud)
{building}
certificate = certify(found, probes)"""

_TOLD = "\nprobes = probes.told(config.precision)"

_TRAINED = (
    "ensemble = finish(expand(probes, config.activation, config.expand_config(), ec.Control()))"
)

_ASKED = """probes, width = finish(
    enough(asker, asker.first, config.activation, config.expand_config(), ec.Control())
)
ensemble = finish(
    expand(probes, config.activation, config.expand_config(), ec.Control(), found=width)
)"""

_GIVEN = """# the students as they are in the run: {why}
ensemble = ensemble_from_arrays(dict(np.load("students.npz")))"""

_PRUNED = """
{name} = finish(
    reconstruct(
        ensemble,
        LayerView(cloud, tree, {cut}, apply_cut(tree, cloud, {cut})),
        probes,
        ReconstructConfig(device=config.device{chosen}),
        ec.Control(),
    )
)"""

_EXACTLY = """
# one neuron for every cluster kept, in every layer: nothing added, nothing removed
cuts = (
    {cuts},
)
layers = [LayerView(cloud, tree, cuts[0], apply_cut(tree, cloud, cuts[0]))]
{later}found = finish(build_exactly(ensemble, layers, probes, config.device, ec.Control()))"""

_LATER = """for seen, cut in zip(pruned.layers[1:], cuts[1:], strict=True):
    layers.append(replace(seen, cut=cut, clusters=apply_cut(seen.tree, seen.cloud, cut)))
"""


def _teacher(source: Source) -> str:
    if source.preset is None:
        return 'teacher = ec.load_network("teacher.safetensors")'
    words = [repr(source.preset)]
    for name, value in source.options.items():
        words.append(f"{name}={tuple(value) if isinstance(value, list) else value!r}")
    words.append(f"seed={source.seed}")
    return f"teacher = ec.make_teacher({', '.join(words)}).network"


def _asking(source: Source, settings: Settings, drawn: bool, as_needed: bool, count: int) -> str:
    """How the answers come about: ``count`` of them, or as many as the students need."""
    if source.network is None or not drawn:
        whose = "you uploaded" if source.answers is not None else "asked in this run"
        order = "" if drawn else ", drawn=False"
        given = (
            f'x, y = ec.load_answers("probes.npz")  # the questions and answers {whose}\n'
            f"probes = ec.make_probes(x, y, seed={settings.seed}{order})"
        )
        known = "" if source.network is None else f"{_teacher(source)}\n"
        return known + given
    data = ""
    if settings.distribution.startswith("data"):
        data = f"\n    data=ec.load_dataset({source.dataset!r}).x,"
    how = f"    distribution={settings.distribution!r},\n    seed={settings.seed},{data}\n"
    if as_needed:
        how = f"    ec.Teacher(teacher),\n    first={settings.probes},\n    numbers=True,\n{how}"
        return f"{_teacher(source)}\nasker = ec.Asker(\n{how})"
    return (
        f"{_teacher(source)}\n"
        f"probes = ec.probe(\n    ec.Teacher(teacher),\n    count={count},\n{how})"
    )


def file_name(run: Run) -> str:
    """A name for the script."""
    return f"repeat-{run.id}.py"


def _brings_students(run: Run) -> bool:
    """Can the students not be trained again: were they steered, or is nobody there to be asked?

    Questions that grew with the search for a width are repeated by asking; who may not see the
    teacher has all of them from the start, and would find another width.
    """
    settings = run.settings()
    return run.steered or (run.truth_locked and settings.as_needed and settings.width is None)


def _why_brought(run: Run) -> str:
    if run.steered:
        return "they were steered by hand while they trained"
    return "more was asked while their width was searched"


def needs(run: Run) -> tuple[str, ...]:
    """The files that the script reads; none for a teacher that anyone can make again."""
    source, found = run.source(), []
    if source.network is None or not run.rows_drawn:
        found.append(_PROBES)
    if source.network is not None and source.preset is None:
        found.append(_TEACHER)
    if _brings_students(run):
        found.append(_STUDENTS)
    return tuple(found)


def _file(run: Run, name: str) -> bytes:
    network = run.source().network
    if name == _TEACHER and network is not None:
        return network_bytes(network)
    return portable.probes(run) if name == _PROBES else portable.students(run)


def archive(run: Run) -> bytes:
    """The script, what it reads, and the run's settings, as one zip."""
    files = {
        file_name(run): repeat(run).encode(),
        "settings.json": portable.settings(run).encode(),
        **{name: _file(run, name) for name in needs(run)},
    }
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as packed:
        for name, data in files.items():
            # no time of day: the same run is the same archive
            packed.writestr(zipfile.ZipInfo(name), data, zipfile.ZIP_DEFLATED)
    return buffer.getvalue()


def _warning(run: Run) -> str:
    if run.steered:
        return (
            "\nStudents were stopped, restarted or continued by hand in this run; no script can "
            "repeat that,\nso they are read from students.npz as they were."
        )
    if run.settings().budget is not None:
        return "\nThe run had a time limit; if it struck, the numbers may differ."
    return ""


def _options(config: RecoverConfig) -> str:
    """Every field of the configuration as an argument, so that none can be forgotten."""
    values = ((field.name, getattr(config, field.name)) for field in fields(config))
    return "".join(f"\n    {name}={value!r}," for name, value in values) + "\n"


def _whole(options: str, once: bool, as_needed: bool) -> str:
    """The call that does the work: ``ec.recover``, or a single pass of what it does."""
    whom, ending = (
        ("asker", f"\nprobes = result.probes{_WHOLE}") if as_needed else ("probes", _WHOLE)
    )
    if not once:
        return f"result = ec.recover(\n    {whom},{options}){ending}"
    indented = options.replace("\n    ", "\n            ")
    return (
        "# one pass, as in the app; ec.recover would go on with wider students\n"
        f"result = finish(\n    attempt(\n        {whom},\n        ec.RecoverConfig({indented[:-1]}"
        f"\n        ),\n        ec.Control(),\n    )\n){ending}"
    )


def _pruned(run: Run, name: str, cut: Cut) -> str:
    chosen = ", chosen=True" if run.settings().chose(cut) else ""
    return _PRUNED.format(name=name, cut=repr(cut), chosen=chosen)


def _building(run: Run, cuts: tuple[Cut | None, ...], base: Cut | None, exactly: bool) -> str:
    """The network from the tree: where pruning decides, or exactly as the cuts say."""
    if not exactly:
        return _pruned(run, "found", cuts[0] or run.built_cut)
    before = ""
    if len(cuts) > 1:
        before = "\n# how the later layers were compared: while pruning built a network"
        before += _pruned(run, "pruned", base or run.cut())
    listed = ",\n    ".join(map(repr, cuts))
    return before + _EXACTLY.format(cuts=listed, later=_LATER if len(cuts) > 1 else "")


def _stage_imports(run: Run, exactly: bool, deep: bool, as_needed: bool) -> str:
    first = "\nfrom dataclasses import replace\n" if exactly and deep else ""
    brought = _brings_students(run)
    numpy = "\nimport numpy as np\n" if brought else ""
    training = "\nfrom ec_core.expand.enough import enough" if as_needed else ""
    training += "\nfrom ec_core.expand.trainer import expand"
    if brought:
        training = "\nfrom ec_core.expand.students import ensemble_from_arrays"
    exact = ""
    if exactly:
        exact = "\nfrom ec_core.reconstruct.exact_build import build_exactly"
    return _STAGE_IMPORTS.format(extra=first + numpy, training=training, exact=exact)


def repeat(run: Run) -> str:
    """The script of the network in use, with what the app shows of it printed at its end."""
    source, settings, used = run.source(), run.settings(), builds.in_use(run)
    exactly = used is not None and used.how == builds.EXACT
    cuts: tuple[Cut | None, ...] = (run.built_cut,)
    if used is not None and exactly:
        cuts = used.cuts
    first = cuts[0] or run.built_cut
    brought = _brings_students(run)
    staged = exactly or brought or run.best_students is not None
    staged = staged or settings.chose(first)
    # with the width left open, recover trains wider students where a result is not verified
    verified = results.of(run).certificate.verified
    once = settings.width is None and not verified
    # with students that are read from a file the questions of the run are asked
    as_needed = settings.as_needed and source.network is not None and not brought
    as_needed = as_needed and run.rows_drawn
    config = replace(settings.recover_config(source.activation), gamma=first.gamma, beta=first.beta)
    options = _options(config)
    if staged:
        best = "" if run.best_students is None else f", best={run.best_students}"
        recovering = _STAGES.format(
            options=options,
            students=_GIVEN.format(why=_why_brought(run))
            if brought
            else _ASKED
            if as_needed
            else _TRAINED,
            best=best,
            told=_TOLD if settings.precision is not None else "",
            building=_building(run, cuts, None if used is None else used.base, exactly),
        )
        imports = _stage_imports(run, exactly, len(cuts) > 1, as_needed)
    else:
        recovering = _whole(options, once, as_needed)
        imports = _ATTEMPT_IMPORT if once else ""
    matching = ""
    if source.network is not None:
        matching = (
            "match = ec.match(teacher, network, probes.unidentified_inputs)\n"
            'print("largest weight error:", match.max_weight_error)\n'
        )
    title = re.sub(r'["\\\r\n]', " ", source.title)
    files = " and ".join(needs(run))
    return _TEMPLATE.format(
        id=run.id,
        title=title,
        file=file_name(run),
        warning=_warning(run),
        beside=f"with {files} in the same folder, " if files else "",
        imports=imports,
        helper=_FINISH if staged or once else "",
        asking=_asking(source, settings, run.rows_drawn, as_needed, asked(run.probes())),
        recovering=recovering,
        matching=matching,
    )
