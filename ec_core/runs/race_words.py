"""What a race says, in sentences for a person."""

from __future__ import annotations

from ec_core.candidates import DIVED, Candidate, activation_in_words, layers_in_words
from ec_core.networks.equal_writings import equal_writings, plainest
from ec_core.networks.network import LEARNT
from ec_core.runs.races import Heat, Race, Standing


def title(heat: Heat) -> str:
    """Which students run in a heat.

    >>> title(Heat(1, 8, ())), title(Heat(2, 16, ()))
    ('one hidden layer of 8 neurons', 'two hidden layers of 16 neurons each')
    """
    return f"{layers_in_words(heat.hidden_layers)} of {heat.width} neurons" + (
        " each" if heat.hidden_layers > 1 else ""
    )


def writings(candidate: Candidate, *, raced: bool = False) -> str:
    """The activation, and those that write the same function neuron by neuron.

    raced : nobody told it, and which of them was ahead is the luck of the starts; the one that the
        others are said by stands first then, so that the same teacher gives the same words

    >>> writings(Candidate("tanh", 1)), writings(Candidate("gelu", 1))
    ('tanh (or sigmoid)', 'gelu')
    >>> writings(Candidate("sigmoid", 1)), writings(Candidate("sigmoid", 1), raced=True)
    ('sigmoid (or tanh)', 'tanh (or sigmoid)')
    """
    names = [candidate.activation, *_as_many(candidate.activation)]
    if raced:
        names.sort(key=lambda name: name != plainest(candidate.activation))
    return activation_in_words(names[0]) + (f" (or {', '.join(names[1:])})" if names[1:] else "")


def _as_many(activation: str) -> list[str]:
    same = equal_writings(activation)
    return [other for other, sentence in same.items() if "with as many" in sentence]


def best_of(heat: Heat) -> tuple[str, float] | None:
    """Who leads a heat, and its loss; None before anybody has one."""
    ends = [(curve.activation, curve.losses[-1]) for curve in heat.curves if curve.losses]
    known = [(name, loss) for name, loss in ends if loss is not None]
    return min(known, key=lambda one: one[1]) if known else None


def earlier(race: Race) -> list[str]:
    """How the heats before the newest ended, in which nobody dived."""
    told = []
    for heat in [heat for heat in race.heats if not heat.learnt][:-1]:
        leader = best_of(heat)
        if leader is not None:
            told.append(
                f"With {title(heat)} nobody dived; {leader[0]} was best, at {leader[1]:.1e}."
            )
    return told


def so_far(race: Race) -> str:
    """Where the race stands while it lasts."""
    if not race.heats:
        return "The candidates are at the start."
    heat = race.heats[-1]
    leader = best_of(heat)
    if leader is None:
        return "The candidates are at the start."
    name, loss = leader
    if heat.learnt:
        return (
            f"The activation itself is learnt, as a curve, in students with {title(heat)}; after "
            f"{heat.curves[0].at[-1]} steps the best loss is {loss:.1e}."
        )
    at = max((curve.at[-1] for curve in heat.curves if curve.at), default=0)
    going = sum(bool(curve.at) and curve.at[-1] >= at - 1 for curve in heat.curves)
    who = "all" if going == len(heat.curves) else str(going)
    return (
        f"{len(heat.curves)} candidates with {title(heat)}; {who} of them still race after "
        f"{at} iterations. {name} is ahead at {loss:.1e}."
    )


def outcome(race: Race, found: Candidate) -> list[str]:
    """What the race found, in sentences; ``found``: the candidate that was recovered."""
    one = race.of(found)
    if one is None and (found.activation == LEARNT or "," in found.activation):
        return [f"No listed activation explains the answers; {found.words} was found by learning."]
    if one is None:
        return [f"{found.words} was found; its own number was read off after the race."]
    same = equal_writings(found.activation)

    def twin(other: Standing) -> bool:
        return other.activation in same and other.hidden_layers == found.hidden_layers

    others = [o for o in race.candidates if o.candidate != found and not twin(o)]
    others = [other for other in others if other.loss is not None]
    second = min(others, key=lambda one: one.number, default=None)
    dived = one.number <= DIVED
    what = "fell to" if dived else "came to"
    sentences = [f"{found.words} {what} {one.number:.1e}"]
    if second is not None:
        stayed = "stayed at" if second.number > one.number else "came to"
        sentences[0] += f"; the best of the others, {second.candidate.words}, {stayed} "
        sentences[0] += f"{second.number:.1e}"
    sentences[0] += "."
    if not dived:
        sentences.append(
            "Nobody dived to the floor; those that came closest are tried, best first."
        )
    sentences += same.values()
    return sentences


def result(found: Candidate, sizes: tuple[int, ...], verdict: str, *, raced: bool = False) -> str:
    """The whole result in one line; raced : see ``writings``.

    >>> result(Candidate("tanh", 1), (4, 8, 3), "verified")
    'tanh (or sigmoid), one hidden layer, 4–8–3, verified'
    """
    shape = "–".join(map(str, sizes))
    how = writings(found, raced=raced)
    return f"{how}, {layers_in_words(found.hidden_layers)}, {shape}, {verdict}"
