"""A Python script that repeats a run and gives the same arrays, built from the run's settings.

With what it needs beside it (questions and answers that were uploaded, students that were steered
by hand) it comes as one archive.
"""

from __future__ import annotations

import io
import re
import zipfile
from dataclasses import fields, replace
from typing import Any

from ec_core.chain import RecoverConfig
from ec_core.cluster import Cut
from ec_core.expand.enough import asked
from ec_core.networks.files import network_bytes
from ec_core.runs import builds, portable, results
from ec_core.runs import script_text as text
from ec_core.runs.loading import store
from ec_core.runs.once import once
from ec_core.runs.run import Run
from ec_core.runs.settings import Settings
from ec_core.runs.source import Source
from ec_core.store.folder import State

_PROBES, _STUDENTS, _TEACHER = "probes.npz", "students.npz", "teacher.safetensors"


def _teacher(source: Source) -> str:
    if source.preset is None:
        return 'teacher = ec.load_network("teacher.safetensors")'
    words = [repr(source.preset)]
    for name, value in source.options.items():
        words.append(f"{name}={tuple(value) if isinstance(value, list) else value!r}")
    words.append(f"seed={source.seed}")
    return f"teacher = ec.make_teacher({', '.join(words)}).network"


def _asking(source: Source, settings: Settings, then: str, as_needed: bool, count: int) -> str:
    """How the answers come about: ``count`` of them, or as many as the students need.

    then : what ``make_probes`` is told, see ``Run.rows_as_then``
    """
    if source.network is None or then:
        whose = "you uploaded" if source.answers is not None else "asked in this run"
        given = (
            f'x, y = ec.load_answers("probes.npz")  # the questions and answers {whose}\n'
            f"probes = ec.make_probes(x, y, seed={settings.seed}{then})"
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


def _by_hand(run: Run) -> bool:
    """Is the network in use one of a person's cuts, or of some of the students only?"""
    used = builds.in_use(run)
    exactly = used is not None and used.how == builds.EXACT
    chose = run.settings().chose(_first_cut(run))
    return exactly or chose or run.best_students is not None


def _first_cut(run: Run) -> Cut:
    """The first layer's cut that the network in use was built from."""
    used = builds.in_use(run)
    exactly = used is not None and used.how == builds.EXACT
    return (used.cuts[0] if used is not None and exactly else None) or run.built_cut


def _brings_students(run: Run) -> bool:
    """Can the students not be trained again: were they steered, or is nobody there to be asked?

    Questions that grew with the search for a width are repeated by asking; who may not see the
    teacher has all of them from the start, and would find another width. Students of a later
    attempt come about where the whole is done again, and only there.
    """
    settings = run.settings()
    later = run.retried and _by_hand(run)
    grown = settings.as_needed and settings.width is None
    unasked = run.truth_locked and grown
    # a race asks more than the students that follow it alone would have
    raced = run.raced and _by_hand(run) and settings.as_needed and run.has_teacher
    return run.steered or later or unasked or raced


def _why_brought(run: Run) -> str:
    if run.steered:
        return "they were steered by hand while they trained"
    if run.truth_locked:
        return "more was asked while their width was searched"
    if run.retried:
        return "they are of a later attempt, since the first was not verified"
    return "more was asked while candidates raced"


def needs(run: Run) -> tuple[str, ...]:
    """The files that the script reads; none for a teacher that anyone can make again."""
    source, files = run.source(), []
    if source.network is None or run.rows_as_then:
        files.append(_PROBES)
    if source.network is not None and source.preset is None:
        files.append(_TEACHER)
    if _brings_students(run):
        files.append(_STUDENTS)
    return tuple(files)


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


def _options(config: RecoverConfig, **others: Any) -> str:
    """Every field of the configuration as an argument, so that none can be forgotten.

    others : values in the place of the configuration's
    """
    values = {field.name: getattr(config, field.name) for field in fields(config)} | others
    return "".join(f"\n    {name}={value!r}," for name, value in values.items()) + "\n"


def _left_open(run: Run) -> dict[str, Any]:
    """Activation and depth as they were told, "auto" where they were not."""
    settings = run.settings()
    activation = settings.activation or run.source().activation
    return {"activation": activation, "hidden_layers": settings.hidden_layers}


def _found_out(run: Run, here: bool) -> str:
    """A line on what nobody told; ``here``: the script finds it out itself."""
    if run.field.only is not None:
        return ""
    if run.field.curve:
        return "\nThe activation is learnt as a curve, together with the weights."
    if here:
        return "\nWhat nobody told is found out by a race of candidates, as in the run."
    return f"\nNobody told that it is {run.candidate.words}; a race of candidates found it out."


def _whole(options: str, once: bool, as_needed: bool) -> str:
    """The call that does the work: ``ec.recover``, or a single pass of what it does."""
    whom, ending = (
        ("asker", f"\nprobes = result.probes{text.WHOLE}") if as_needed else ("probes", text.WHOLE)
    )
    if not once:
        return f"result = ec.recover(\n    {whom},{options}){ending}"
    return (
        f"config = ec.RecoverConfig({options})\n"
        "# one pass, as in the run; ec.recover would go on with other students\n"
        f"result = drain(attempt({whom}, config, ec.Control())){ending}"
    )


def _pruned(run: Run, name: str, cut: Cut) -> str:
    chosen = ", chosen=True" if run.settings().chose(cut) else ""
    return text.PRUNED.format(name=name, cut=repr(cut), chosen=chosen)


def _building(run: Run, cuts: tuple[Cut | None, ...], base: Cut | None, exactly: bool) -> str:
    """The network from the tree: where pruning decides, or exactly as the cuts say."""
    if not exactly:
        return _pruned(run, "built", cuts[0] or run.built_cut) + text.FOUND
    before = ""
    if len(cuts) > 1:
        before = "\n# how the later layers were compared: while pruning built a network"
        before += _pruned(run, "pruned", base or run.cut())
    listed = ",\n    ".join(map(repr, cuts))
    return before + text.EXACTLY.format(cuts=listed, later=text.LATER if len(cuts) > 1 else "")


def _stage_imports(run: Run, exactly: bool, deep: bool) -> str:
    first = "\nfrom dataclasses import replace\n" if exactly and deep else ""
    brought = _brings_students(run)
    numpy = "\nimport numpy as np\n" if brought else ""
    names = [] if exactly and not deep else ["Begun", "build"]
    names += [] if brought else ["train"]
    stages = f"\nfrom ec_core.chain import {', '.join(names)}" if names else ""
    after = "\nfrom ec_core.expand.students import ensemble_from_arrays" if brought else ""
    if exactly:
        after += (
            "\nfrom ec_core.reconstruct.exact_build import build_exactly"
            "\nfrom ec_core.verify.certificate import certify"
        )
    return text.STAGE_IMPORTS.format(extra=first + numpy, stages=stages, exact=after)


def repeat(run: Run) -> str:
    """The script of the network in use, with what the app shows of it printed at its end. Written
    once for as long as nothing of the run changes.
    """
    return _repeat(run, str(store().root), run.stored.state())


@once(most=64)
def _repeat(run: Run, root: str, state: State) -> str:
    source, settings, used = run.source(), run.settings(), builds.in_use(run)
    exactly = used is not None and used.how == builds.EXACT
    cuts: tuple[Cut | None, ...] = (run.built_cut,)
    if used is not None and exactly:
        cuts = used.cuts
    first, brought = _first_cut(run), _brings_students(run)
    staged = _by_hand(run) or brought
    # with the width left open, recover trains other students where a result is not verified
    verified = results.of(run).certificate.verified
    once = settings.width is None and not verified and not run.whole
    # with students that are read from a file the questions of the run are asked
    as_needed = settings.as_needed and source.network is not None and not brought
    as_needed = as_needed and not run.rows_as_then
    config = replace(run.recover_config(), gamma=first.gamma, beta=first.beta)
    races = run.raced and not staged and not once
    options = _options(config, **_left_open(run) if races else {})
    if staged:
        best = "" if run.best_students is None else f", best={run.best_students}"
        recovering = text.STAGES.format(
            options=options,
            students=text.GIVEN.format(why=_why_brought(run))
            if brought
            else text.TRAINED.format(whom="asker" if as_needed else "probes"),
            best=best,
            told=text.TOLD if brought and settings.precision is not None else "",
            building=_building(run, cuts, None if used is None else used.base, exactly),
        )
        imports = _stage_imports(run, exactly, len(cuts) > 1)
    else:
        recovering = _whole(options, once, as_needed)
        imports = text.ATTEMPT_IMPORT if once else ""
    matching = ""
    if source.network is not None:
        matching = (
            "match = ec.match(teacher, network, within=probes)\n"
            'print("largest weight error:", match.max_weight_error)\n'
        )
    title = re.sub(r'["\\\r\n]', " ", source.title)
    files = " and ".join(needs(run))
    return text.TEMPLATE.format(
        id=run.id,
        title=title,
        file=file_name(run),
        warning=_found_out(run, races) + _warning(run),
        beside=f"with {files} in the same folder, " if files else "",
        imports=imports,
        asking=_asking(source, settings, run.rows_as_then, as_needed, asked(run.probes())),
        recovering=recovering,
        matching=matching,
    )
