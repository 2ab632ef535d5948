"""The body of the Difficulty page: two maps, a cell's problems, and one of them as a run."""

from __future__ import annotations

import html
from typing import Any

import plotly.graph_objects as go
import streamlit as st

from ec_core import figures
from ec_core.benchmark import (
    PAPER_SHARE,
    RIGHT_ERROR,
    Cell,
    Outcome,
    Summary,
    summarise,
)
from ec_core.probing.presets import make_teacher
from ec_core.runs import outcomes, work
from ec_core.runs.active import devices
from ec_core.runs.outcomes import Map
from ec_core.runs.run import Run
from ec_core.runs.settings import Settings
from ec_core.runs.source import Source
from pages.difficulty import solving
from pages.shell import frame, show, steps, theme, words
from pages.shell.process import board

_HEIGHT = 400


def _chosen(maps: tuple[Map, ...]) -> Map:
    """The map to show: by a select box where there are several."""
    if len(maps) == 1:
        return maps[0]
    several = len({one.folder for one in maps}) > 1
    by_key = {one.key: one for one in maps}
    wanted = st.session_state.get(solving.WANTED)
    if wanted in by_key:
        # the map that is being made, as soon as it has its first problem
        st.session_state["difficulty_map"] = wanted
        del st.session_state[solving.WANTED]
    chosen = st.selectbox(
        "Which map",
        list(by_key),
        format_func=lambda key: (
            f"{by_key[key].title}: {words.many(len(by_key[key].outcomes), 'problem')}"
            + (f" (folder {by_key[key].folder})" if several else "")
        ),
        key="difficulty_map",
    )
    return by_key[str(chosen)]


def _facts(summary: Summary) -> None:
    share, all_right = summary.right / summary.problems, summary.right == summary.problems
    error, median = summary.worst_error, summary.median_seconds
    frame.facts(
        [
            (
                "recovered exactly",
                f"{summary.right} of {summary.problems}",
                "good" if share >= PAPER_SHARE else "warn",
            ),
            ("the paper, of all its problems", f"{PAPER_SHARE:.0%}"),
            ("largest weight error", words.power(error) if error is not None else "–")
            if all_right
            else ("not recovered", str(len(summary.failed)), "warn"),
            (
                "verified, yet wrong",
                str(summary.false_verified),
                "warn" if summary.false_verified else "good",
            ),
            ("median time", words.duration(median or 0.0)),
            ("time in all", words.duration(summary.seconds)),
        ],
        key="difficulty_facts",
    )


def _boxes(one: Map) -> tuple[str, str]:
    """Keys of the two select boxes. They change with every click on a map: a message that the
    browser sent before it knew of the click still names the old ones, and takes nothing back.
    """
    clicks = st.session_state.get(f"cell_clicks_{one.key}", 0)
    return f"cell_inputs_{one.key}_{clicks}", f"cell_hidden_{one.key}_{clicks}"


def _pick(chart: str, one: Map) -> None:
    """A click on a map puts its cell into the select boxes."""
    event: Any = st.session_state.get(chart)
    points = event["selection"]["points"] if event else []
    if points:
        clicks = f"cell_clicks_{one.key}"
        st.session_state[clicks] = st.session_state.get(clicks, 0) + 1
        inputs, hidden = _boxes(one)
        st.session_state[inputs], st.session_state[hidden] = points[0]["customdata"]


def _chart(fig: go.Figure, key: str, alt: str, one: Map) -> None:
    st.plotly_chart(
        fig,
        theme=None,
        key=key,
        alt=alt,
        height=_HEIGHT,
        # two clicks are two choices, however quickly they follow each other
        config={"displayModeBar": False, "doubleClick": False, "doubleClickDelay": 1},
        on_select=lambda: _pick(key, one),
        selection_mode="points",
    )


def _maps(summary: Summary, one: Map) -> None:
    """Success and time, side by side."""
    look = theme.figure_theme()
    left, right = st.columns(2, gap="medium")
    with left:
        st.subheader("How many were recovered", anchor=False)
        _chart(
            show.drawn(figures.success_map, summary, PAPER_SHARE, look),
            "success_map",
            f"A heat map over input and hidden sizes: {summary.right} of {summary.problems} "
            "problems recovered.",
            one,
        )
    with right:
        st.subheader("How long one takes", anchor=False)
        _chart(
            show.drawn(figures.time_map, summary, look),
            "time_map",
            "A heat map over input and hidden sizes: the median time of a problem.",
            one,
        )
    frame.note(
        f"Recovered: the right size, and no weight further off than {words.power(RIGHT_ERROR)}. "
        "The paper gives one share for all of its problems (expansion 4, its second version), none "
        "by size; the colours turn at that share. Sizes and random weights are our reading of the "
        "paper's grid."
    )


def _error(outcome: Outcome) -> str:
    error = outcome.max_weight_error
    return "wrong size" if error is None else words.power(error)


def _table(cell: Cell) -> None:
    """The problems of one cell, one row per seed."""
    rows = []
    for outcome in cell.outcomes:
        verdict = "✓ recovered" if outcome.right else "× not recovered"
        values = (
            _error(outcome),
            words.shape(outcome.sizes),
            "verified" if outcome.verified else "not verified",
            f"{outcome.converged} of {outcome.problem.settings.students}",
            words.duration(outcome.seconds),
        )
        cells = "".join(f'<td class="num">{html.escape(value)}</td>' for value in values)
        rows.append(
            f'<tr><td class="num">{outcome.problem.seed}</td><td>{verdict}</td>{cells}</tr>'
        )
    names = ("weight error", "size found", "certificate", "students converged", "time")
    heads = "".join(f'<th class="num">{name}</th>' for name in names)
    with st.container(key="cell_table"):
        st.html(
            f'<table class="ec-table"><thead><tr><th class="num">seed</th><th></th>{heads}</tr>'
            f"</thead><tbody>{''.join(rows)}</tbody></table>"
        )


def as_run(outcome: Outcome) -> tuple[Source, Settings]:
    """The teacher and the settings with which the app runs the very same problem."""
    problem = outcome.problem
    options = {"sizes": list(problem.sizes), "activation": problem.settings.activation}
    card = make_teacher(
        "synthetic",
        sizes=problem.sizes,
        activation=problem.settings.activation,
        seed=problem.seed,
    )
    settings = Settings(
        students=problem.settings.students,
        hidden_layers=problem.settings.depth,
        width=problem.width,
        probes=problem.probes,
        distribution="gaussian",
        seed=problem.seed,
        device=outcome.device if outcome.device in devices() else "auto",
    )
    return Source.from_card(card, options), settings


def _open(outcome: Outcome) -> None:
    """Make it a normal run and start its training at once: its settings are part of the problem."""
    run = Run.create(*as_run(outcome))
    work.start_expand(board(), run)
    steps.go("expand", run)


def _problem(outcome: Outcome) -> None:
    """One problem's numbers, and the button that runs it."""
    problem = outcome.problem
    pairs: list[tuple[str, str] | tuple[str, str, str]] = [
        ("teacher", words.shape(problem.sizes)),
        ("found", words.shape(outcome.sizes), "good" if outcome.right_size else "warn"),
        ("largest weight error", _error(outcome), "good" if outcome.right else "warn"),
        ("certificate", "verified" if outcome.verified else "not verified"),
        ("loss", words.power(outcome.loss) if outcome.loss is not None else "–"),
        (
            "loss on unseen questions",
            words.power(outcome.heldout_loss) if outcome.heldout_loss is not None else "–",
        ),
        ("students", f"{problem.settings.students} × {problem.width} neurons"),
        ("questions", f"{problem.probes:,}"),
        ("time", words.duration(outcome.seconds)),
    ]
    frame.facts(pairs, key="problem_facts")
    for reason in outcome.reasons:
        frame.note(words.on_paper(reason))
    frame.note(
        f"Computed on {outcome.device} with {words.many(outcome.threads, 'thread')}; other "
        "machines and thread counts round differently in the last digit."
    )
    _, settings = as_run(outcome)
    same = settings.recover_config(problem.settings.activation)
    if same != problem.recover_config(settings.device):
        frame.note("The app's runs have no such settings; the command line repeats this problem.")
    elif st.button(
        "Run this problem step by step",
        key="open_problem",
        type="primary",
        icon=":material/play_arrow:",
        help="A run of its own with the same teacher, questions and students: train, cluster, "
        "reconstruct and compare with your own hands.",
    ):
        _open(outcome)


def _down_to_one(one: Map, summary: Summary) -> None:
    """From a cell, by click or select boxes, to a single problem."""
    st.subheader("One size, one problem", anchor=False)
    left, right = st.columns([0.3, 0.7], gap="large")
    with left, st.container(key="controls"):
        frame.note("Click a cell of either map, or choose here.")
        boxes = _boxes(one)
        inputs = st.selectbox("Inputs", sorted({c.inputs for c in summary.cells}), key=boxes[0])
        hidden = st.selectbox(
            "Hidden neurons", sorted({c.hidden for c in summary.cells}), key=boxes[1]
        )
        cell = next((c for c in summary.cells if (c.inputs, c.hidden) == (inputs, hidden)), None)
        if cell is None:
            frame.note("No problem of this size has been solved yet.")
            return
        by_seed = {outcome.problem.seed: outcome for outcome in cell.outcomes}
        seed = st.pills(
            "Problem, by its seed",
            list(by_seed),
            default=next(iter(by_seed)),
            required=True,
            format_func=lambda value: f"{value} {'✓' if by_seed[value].right else '×'}",
            key=f"seed_{one.key}_{inputs}_{hidden}",
        )
    with right:
        _problem(by_seed[int(str(seed))])
        _table(cell)


def body() -> None:
    """The maps of what was found, or how to come by them."""
    maps, damaged = outcomes.maps()
    if damaged:
        st.warning(
            f"{words.many(len(damaged), 'file')} could not be read and left out: "
            f"{', '.join(damaged[:3])}{' …' if len(damaged) > 3 else ''}."
        )
    if not maps:
        st.markdown("No problem has been solved on this computer yet. Begin here:")
    solving.panel()
    if not maps:
        return
    one = _chosen(maps)
    summary = summarise(one.outcomes)
    frame.note(f"Settings: {one.title}.")
    _facts(summary)
    _maps(summary, one)
    _down_to_one(one, summary)
