"""The search for the students' width: how many of a short run arrive at each width tried."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import plotly.graph_objects as go

from ec_core.events import WidthTried
from ec_core.figures.theme import LIGHT, SMALL_SIZE, Theme, axis, empty, faded, figure
from ec_core.figures.words import number, plural


def _hidden(event: WidthTried) -> tuple[int, ...]:
    return event.hidden or (event.width,)


def _name(event: WidthTried) -> str:
    """The neurons of each layer: "8", or "8–4" for two layers."""
    return "–".join(map(str, _hidden(event)))


def _neurons(event: WidthTried) -> str:
    hidden = _hidden(event)
    return plural(hidden[0], "neuron") if len(hidden) == 1 else f"{_name(event)} neurons"


def width_search(tried: Sequence[WidthTried], theme: Theme = LIGHT) -> go.Figure:
    """One bar per width tried: the share of students that converged; the width chosen stands out.

    tried : the WidthTried events in the order they came; a width tried twice shows its last try.
    Of deep students the neurons of every layer are named, and bars stand by their sum.
    """
    if not tried:
        return empty(theme, "The width is found by doubling; the first try is under way.", 320)
    last = {_hidden(event): event for event in tried}
    events = [last[hidden] for hidden in sorted(last, key=lambda hidden: (sum(hidden), hidden))]
    chosen = next((event for event in events if event.enough), None)
    share = [event.converged / max(event.students, 1) for event in events]
    fig = figure(theme, 320, margin={"l": 24, "r": 24, "t": 40, "b": 24}, bargap=0.45)
    fig.add_bar(
        x=[_name(event) for event in events],
        y=np.array(share),
        marker={
            "color": [
                theme.positive if event is chosen else faded(theme.positive, 0.35)
                for event in events
            ],
            "pattern": {
                "shape": ["" if event.enough else "/" for event in events],
                "fgcolor": theme.paper,
                "size": 6,
            },
            "cornerradius": 4,
            "line": {"width": 0},
        },
        text=[f"{event.converged} of {event.students}" for event in events],
        textposition="outside",
        cliponaxis=False,
        textfont={"size": SMALL_SIZE, "color": theme.text},
        customdata=[number(event.best_loss) for event in events],
        hovertext=[
            f"<b>{_neurons(event)}</b><br>{event.converged} of "
            f"{plural(event.students, 'student')} converged<br>best loss {number(event.best_loss)}"
            f"<br>{'wide enough' if event.enough else 'too few: twice as wide comes next'}"
            for event in events
        ],
        hovertemplate="%{hovertext}<extra></extra>",
        name="converged",
    )
    if chosen is not None:
        fig.add_annotation(
            xref="paper",
            yref="paper",
            x=0,
            y=1.03,
            yanchor="bottom",
            text=f"<b>{_neurons(chosen)}</b> are enough for most students",
            showarrow=False,
            font={"size": SMALL_SIZE},
        )
    fig.update_layout(
        xaxis=axis(theme, "hidden neurons per student", type="category", showgrid=False),
        yaxis=axis(theme, "students that converged", range=[0, 1.15], tickformat=".0%", dtick=0.5),
    )
    return fig
