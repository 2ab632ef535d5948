"""The settings of the expand phase: widgets with sound defaults, and what they will cost."""

from __future__ import annotations

import math

import streamlit as st

from ec_core.candidates import AUTO
from ec_core.curves.search import FREE
from ec_core.errors import ECError
from ec_core.expand.config import DEEPEST, ExpandConfig
from ec_core.networks.activations import family_of
from ec_core.networks.equal_writings import READ_OFF, image
from ec_core.probing.asking import DISTRIBUTIONS
from ec_core.runs import admission, expected
from ec_core.runs.active import devices
from ec_core.runs.expected import GUESSED_WIDTH
from ec_core.runs.run import Run
from ec_core.runs.settings import Settings
from pages.expand import filled
from pages.parts import activation_box
from pages.shell import frame, numbers, words

_DISTRIBUTION_WORDS = {
    "gaussian": "Gaussian: normal in every feature",
    "box": "Box: uniform",
    "data": "Real data",
    "data+noise": "Real data plus noise",
}
_COUNTS = (500, 1000, 1500, 2000, 3000, 4000, 6000, 10000, 20000)
"""Questions on offer."""

_MAX_SEED = 2**31 - 1
_WIDEST = 1024


def _probes(run: Run, old: Settings) -> tuple[int, str, bool]:
    """How many questions to ask, which, and whether more if they turn out to be needed."""
    source = run.source()
    if source.answers is not None:
        frame.note(f"Questions and answers are given: {len(source.answers[0]):,} of them.")
        return len(source.answers[0]), "given", False
    known = [d for d in DISTRIBUTIONS if source.dataset or not d.startswith("data")]
    distribution = st.selectbox(
        "Which questions to ask",
        known,
        index=known.index(old.distribution) if old.distribution in known else 0,
        format_func=lambda name: _DISTRIBUTION_WORDS.get(name, name),
        key="probe_distribution",
        help="Inputs the teacher is asked about. Its answers are all the students ever see.",
    )
    if distribution == "data":
        data = source.data()
        rows = 0 if data is None else len(data)
        frame.note(f"All {rows:,} real inputs are asked.")
        return rows, str(distribution), False
    # a run that was made elsewhere may have any other count, and keeps it
    count = st.select_slider(
        "How many questions", sorted({*_COUNTS, old.probes}), value=old.probes, key="probe_count"
    )
    as_needed = st.toggle(
        "More if the students need them",
        value=old.as_needed,
        key="probes_as_needed",
        help="The wider the students turn out to be, the more answers they learn from. Here "
        "questions cost nothing.",
    )
    return int(count), str(distribution), as_needed


def _never_told(run: Run, old: Settings) -> bool:
    """Locked away, as for an exam, and nobody has said anything yet?"""
    return run.truth_locked and old.activation is None


def _activation(run: Run, old: Settings) -> str | None:
    """The activation the students are given; "auto": found out by a race. None where its number
    cannot be used.
    """
    source = run.source()
    told = AUTO if _never_told(run, old) else old.activation or source.activation
    chosen = activation_box.box(
        [AUTO],
        told,
        "activation",
        told=True,
        number_key=f"activation_{run.id}",
        help_="Of the network behind the answers. Where nobody knows, students of every "
        f"activation race for a few iterations: the right ones dive, all others stall. "
        f"{activation_box.LEARN_HELP}",
        last=[FREE],
    )
    if source.network is not None and chosen is not None and not _can_be(chosen, source.activation):
        frame.note(
            f"The teacher has {source.activation}: students with another activation can imitate "
            "it, but as a rule not be it, and the result will not be verified."
        )
    return chosen


def _can_be(chosen: str, true: str) -> bool:
    """Can students of this activation be a teacher of that one, to the last digit?"""
    if chosen in (AUTO, FREE, true) or image(chosen, true) is not None:
        return True
    # its slope is read off the answers, and zero makes it relu
    return chosen in READ_OFF and family_of(true) in (chosen, "relu")


def _depth(run: Run, old: Settings) -> int | str:
    """The number of hidden layers the students are told; "auto": found out by the race as well."""
    chosen: int | str = st.segmented_control(
        "Hidden layers",
        [AUTO, *range(1, DEEPEST + 1)],
        default=AUTO if _never_told(run, old) else old.hidden_layers,
        required=True,
        key="hidden_layers",
        format_func=lambda layers: "I don’t know" if layers == AUTO else str(layers),
        help="How deep the network behind the answers is. Where nobody knows, one hidden layer is "
        "tried before two. How large the layers are need not be known.",
    )
    true = run.source().hidden_layers
    if true is not None and chosen not in (AUTO, true):
        frame.note(
            f"The teacher has {words.many(true, 'hidden layer')}: students of another depth can "
            "imitate it, but not be it, and the result will not be verified."
        )
    return chosen


_Width = int | tuple[int, ...] | None


def _width(old: Settings, layers: int, factor: float) -> tuple[_Width, bool]:
    """Neurons per student: None to find them by trying, one number, or one per layer; and whether
    they can be used.
    """
    automatic = st.toggle(
        "Find the width by trying",
        value=old.width is None,
        key="width_auto",
        help="Doubles the number of neurons until most students of a short run converge.",
    )
    if automatic:
        if factor != 1.0:
            frame.note(f"What is found is multiplied by {factor:g}, and so many are trained.")
        return None, True
    one = "Neurons per student" if factor == 1.0 else "Neurons, before the factor"
    before = _sizes_before(old, layers, GUESSED_WIDTH)
    given = [
        numbers.whole(
            one if layers == 1 else f"Layer {index + 1}",
            "student_width" if layers == 1 else f"student_width_{index}",
            before[index],
            1,
            _WIDEST,
            place=column,
        )
        for index, column in enumerate(st.columns(layers))
    ]
    chosen = tuple(size for size in given if size is not None)
    if len(chosen) < layers:
        return None, False
    width = chosen if layers > 1 else chosen[0]
    if factor != 1.0:
        trained = words.shape(ExpandConfig(hidden_layers=layers).hidden(width, factor))
        frame.note(f"Students of {trained} neurons are trained: {factor:g} times as many.")
    return width, True


def _sizes_before(settings: Settings, layers: int, guess: int) -> tuple[int, ...]:
    """Neurons of each of so many layers; ``guess`` where the width is open or for another depth."""
    width = settings.width
    if isinstance(width, tuple):
        return width if len(width) == layers else (guess,) * layers
    return (width or guess,) * layers


def _precision(old: Settings) -> tuple[float | None, bool]:
    """The error of the answers if a person knows it, and whether the number can be used."""
    known = st.toggle(
        "I know how exact the answers are",
        value=old.precision is not None,
        key="precision_on",
        help="Otherwise it is found out: from the digits of the answers, and from what students "
        "that start apart all leave over. Most networks compute with seven digits; measurements "
        "err more.",
    )
    if not known:
        return None, True
    digits = numbers.real(
        "Correct digits of an answer",
        "precision_digits",
        -math.log10(old.precision or 1e-7),
        0.1,
        15.0,
        step=0.5,
    )
    if digits is None:
        return None, False
    error = 10.0**-digits
    frame.note(f"An answer errs by {words.power(error)} of the answers' spread.")
    return error, True


def widgets(run: Run) -> Settings | None:
    """The panel; returns what is chosen now, None while a number cannot be used."""
    old = run.settings()
    numbers.begin(run.id)
    if "student_count" not in st.session_state:
        filled.filled(run.id, old)
    count, distribution, as_needed = _probes(run, old)
    activation = _activation(run, old)
    depth = _depth(run, old)
    # with the depth open, one number stands for every layer
    layers = depth if isinstance(depth, int) else 1
    left, right = st.columns(2)
    number = numbers.whole(
        "Students",
        "student_count",
        old.students,
        2,
        200,
        place=left,
        help_="More students give more evidence and take more time. The paper used 10 to 50.",
    )
    factor = numbers.real(
        "Expansion factor",
        "expansion",
        old.expansion,
        0.5,
        16.0,
        step=0.5,
        place=right,
        help_="Multiplies the width at which students just learn the answers.",
    )
    width, usable = _width(old, layers, 1.0 if factor is None else factor)
    with st.expander("Seed, device, time limit, precision"):
        seed = numbers.whole(
            "Seed",
            "train_seed",
            old.seed,
            0,
            _MAX_SEED,
            help_="The same seed gives the same students, number for number.",
        )
        device = st.selectbox(
            "Device",
            devices(),
            key="device",
            index=devices().index(old.device) if old.device in devices() else 0,
        )
        limited = st.toggle("Limit the time", value=old.budget is not None, key="budget_on")
        budget = None
        if limited:
            before = int(old.budget or 120)
            budget = numbers.whole("Seconds at most", "budget", before, 5, 86_400)
            usable = usable and budget is not None
        precision, sure = _precision(old)
    if number is None or factor is None or seed is None or not (usable and sure):
        return None
    if activation is None:
        return None
    return Settings(
        students=number,
        hidden_layers=depth,
        width=width,
        expansion=factor,
        probes=count,
        distribution=distribution,
        seed=seed,
        device=str(device),
        budget=None if budget is None else float(budget),
        precision=precision,
        gamma=old.gamma,
        beta=old.beta,
        as_needed=as_needed,
        activation=None if activation == run.source().activation else activation,
    )


def _candidates(run: Run, settings: Settings) -> int:
    """How many candidates race; 0 where all is told."""
    field = settings.field(run.source().activation)
    return 0 if field.only or field.curve else sum(len(field.at(depth)) for depth in field.depths)


def cost(run: Run, settings: Settings) -> bool:
    """What it will take, before it starts; False if it cannot be done at all."""
    if settings.field(run.source().activation).curve:
        frame.note(
            "How long a curve takes to learn is not known before: as a rule some minutes. A time "
            "limit holds for it too."
        )
        return True
    try:
        needed, hidden = expected.estimated(run, settings)
        admission.check_size(run, settings)
    except ECError as error:
        frame.callout(str(error))
        return False
    each = words.shape(hidden)
    frame.facts(
        [
            ("students", f"{settings.students} × {each} neurons"),
            ("numbers to learn, each", f"{needed.parameters:,}"),
            ("answers to learn from", f"{needed.answers:,}"),
            ("time, roughly", words.duration(needed.seconds)),
            ("memory, roughly", words.size(needed.bytes)),
        ],
        key="estimate",
    )
    if settings.width is None:
        frame.note(
            f"How many neurons they have is found by trying; {each} are a guess for the estimate."
        )
    if _candidates(run, settings):
        frame.note("The estimate is for the training; the race before it takes about as long.")
    for sentence in needed.warnings:
        st.warning(sentence, icon=":material/warning:")
    return True


def what_happens(run: Run, settings: Settings) -> None:
    """Plain words about the job that the button starts."""
    more = " (more if the students turn out to need them)" if settings.as_needed else ""
    asked = f"Ask the teacher **{settings.probes:,} questions**{more}, keep a fifth of the answers "
    asked += "aside "
    if run.source().answers is not None:
        asked = "Keep a fifth of the answers aside "
    if settings.field(run.source().activation).curve:
        st.markdown(
            f"{asked}for the final check, and learn **the activation itself**: students begin with "
            "a curve of a few pieces, the same for all neurons of a layer, and their weights and "
            "the curve are trained together. Superfluous neurons are removed, and the curve gets "
            "finer until the answers are explained. You can leave this page, reload it, or open "
            "its address elsewhere: it goes on, and you will find it again."
        )
        return
    race = _candidates(run, settings)
    who = "Nobody tells which activation it has, or how deep it is"
    if settings.hidden_layers != AUTO:
        who = "Nobody tells which activation it has"
    elif (settings.activation or run.source().activation) != AUTO:
        who = "Nobody tells how deep it is"
    rarer = settings.field(run.source().activation).later
    later = f", and {len(rarer)} rarer activations where none of these dives" if rarer else ""
    if race:
        st.markdown(
            f"{who}: **{race} candidates race**{later}. Students of each learn from the same "
            "answers for a few iterations; the right ones dive to the floor of rounding, all "
            "others stall far above it. Then students of the winner are trained."
        )
    search = "First their width is found by doubling. " if settings.width is None else ""
    st.markdown(
        f"{asked}for the final check, and let **{settings.students} students** start from "
        f"different random weights. {search}You can leave this page, reload it, or open its "
        "address elsewhere: the training goes on, and you will find it again."
    )
