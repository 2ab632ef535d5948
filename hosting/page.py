"""The host's page, drawn: how the server stands, and what its host can do about it.

HTML by itself and not a page of the app: it is there when the app's pages are slow, which is when
a host wants it. What is said of a job is whose it is (a short hash), what kind, and what it takes;
nothing of what somebody works on.
"""

from __future__ import annotations

from html import escape

from hosting.standing import Device, JobStands, Standing

_COLOURS = 8
"""Dots by which people are told apart; assets/host/host.css has them."""

_WORDS = {
    "queued": "waits",
    "running": "at work",
    "paused": "paused",
    "stopping": "is stopping",
}

_SHELL = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>Host · Expand and Cluster</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex">
<link rel="stylesheet" href="{at}host.css">{head}</head>
<body>{body}</body></html>
"""


def duration(seconds: float) -> str:
    """A time as people say it.

    >>> duration(4.2), duration(75), duration(7260)
    ('4 s', '1 min 15 s', '2 h 1 min')
    """
    whole = int(seconds)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60} s" if whole % 60 else f"{whole // 60} min"
    return f"{whole // 3600} h {whole % 3600 // 60} min"


def size(count: float) -> str:
    """Bytes as people say them.

    >>> size(900), size(2_400_000), size(31.5e9)
    ('1 KB', '2.4 MB', '32 GB')
    """
    if count < 999_500:
        return f"{max(1, round(count / 1e3)) if count else 0} KB"
    number, unit = (count / 1e6, "MB") if count < 999.5e6 else (count / 1e9, "GB")
    return f"{number:.1f} {unit}" if number < 9.95 else f"{number:.0f} {unit}"


def _many(count: int, one: str, more: str | None = None) -> str:
    return f"{count:,} {one if count == 1 else more or one + 's'}"


def _tile(name: str, figure: str, unit: str, rest: str, share: float | None = None) -> str:
    bar = ""
    if share is not None:
        level = "high" if share > 0.9 else "some" if share > 0.75 else "low"
        value = f"{100 * min(1.0, max(0.0, share)):.1f}"
        bar = (
            f'<svg class="bar {level}" viewBox="0 0 100 6" preserveAspectRatio="none" '
            f'aria-hidden="true"><rect width="100" height="6"/>'
            f'<rect class="part" width="{value}" height="6"/></svg>'
        )
    return (
        f'<section class="tile"><h2>{escape(name)}</h2>'
        f'<p class="figure">{escape(figure)} <span>{escape(unit)}</span></p>{bar}'
        f'<p class="rest">{escape(rest)}</p></section>'
    )


def _device(device: Device, now: Standing) -> str:
    here = [job for job in now.jobs if job.device == device.name]
    working = sum(job.working for job in here)
    rest = f"{device.words} · {_many(working, 'job')} at work"
    if device.name == "cpu":
        if now.process_memory is not None:
            rest = f"{size(now.process_memory)} of it this server · {device.words}"
        name = "Memory"
    else:
        name = f"Memory of {device.name}"
    if device.free is None or device.total is None:
        return _tile(name, "?", "", rest)
    used = device.total - device.free
    return _tile(name, size(used), f"of {size(device.total)}", rest, used / max(device.total, 1))


def _tiles(now: Standing) -> str:
    working = sum(job.working for job in now.jobs)
    waiting = [job for job in now.jobs if job.state == "queued"]
    longest = max((job.waited for job in waiting), default=0.0)
    line = f"the longest for {duration(longest)}" if waiting else "nobody waits"
    done, failed = now.ended.get("finished", 0), now.ended.get("failed", 0)
    stopped = now.ended.get("stopped", 0)
    tiles = [
        _tile("Line", f"{working}", f"at work, {len(waiting)} waiting", line),
        _tile(
            "People",
            f"{now.people:,}",
            "in the last half hour",
            f"{_many(now.sessions, 'open page')} · {_many(now.pages, 'page')} drawn",
        ),
        *(_device(device, now) for device in now.devices),
    ]
    if now.disk_free is not None and now.disk_total:
        share = 1 - now.disk_free / now.disk_total
        rest = f"{_many(now.runs, 'run')}, {size(now.runs_bytes)} in all"
        tiles.append(_tile("Disk", size(now.disk_free), "free", rest, share))
    ended = f"{duration(now.worked)} computed · {failed:,} failed · {stopped:,} stopped"
    tiles.append(_tile("Since the start", f"{done:,}", "finished", ended))
    return f'<div class="tiles">{"".join(tiles)}</div>'


def _row(job: JobStands) -> str:
    colour = int(job.who, 16) % _COLOURS if job.who else "none"
    who = f"<code>{escape(job.who)}</code>" if job.who else "<span>this machine</span>"
    state = "set aside" if job.state == "queued" and job.worked > 0 else _WORDS.get(job.state, "")
    name = "working" if job.working else job.state
    place = f"{job.place}." if job.place else ""
    held = size(job.memory) if job.memory and job.worked else "–"
    stop = (
        '<form method="post" action="host/stop"><input type="hidden" name="job" '
        f'value="{escape(job.id)}"><button class="quiet" title="It ends after its current step, '
        'and keeps what it has found so far.">Stop</button></form>'
    )
    cells = (
        f'<td class="place">{place}</td>',
        f'<td><span class="who c{colour}"></span>{who}</td>',
        f"<td>{escape(job.kind)}</td>",
        f'<td><span class="state {escape(name)}">{escape(state or job.state)}</span></td>',
        f"<td>{escape(job.device)}</td>",
        f'<td class="number">{duration(job.waited)}</td>',
        f'<td class="number">{duration(job.worked) if job.worked else "–"}</td>',
        f'<td class="number">{held}</td>',
        f'<td class="act">{stop}</td>',
    )
    return f"<tr>{''.join(cells)}</tr>"


def _table(now: Standing) -> str:
    if not now.jobs:
        return '<p class="empty">Nobody has anything computed at this moment.</p>'
    order = sorted(now.jobs, key=lambda job: (not job.working, job.device, job.place, job.waited))
    names = ("", "Whose", "What", "How it stands", "On", "Waited", "Worked", "Holds", "")
    heads = "".join(f"<th>{name}</th>" for name in names)
    rows = "".join(map(_row, order))
    return f"<table><thead><tr>{heads}</tr></thead><tbody>{rows}</tbody></table>"


def content(now: Standing) -> str:
    """What changes from moment to moment."""
    waiting = sum(job.state == "queued" for job in now.jobs)
    if now.taking:
        pill, act, value = "Takes jobs in", "Take nothing in", "pause"
    else:
        pill, act, value = "Takes nothing in", "Take jobs in again", "go on"
    clear = (
        '<details><summary class="button">Clear the line …</summary><form method="post" '
        f'action="host/clear"><p>{_many(waiting, "job")} that '
        f"{'waits' if waiting == 1 else 'wait'} will be stopped; what is at work goes on.</p>"
        '<button class="danger">Stop them</button></form></details>'
    )
    buttons = (
        f'<form method="post" action="host/take"><input type="hidden" name="what" value="{value}">'
        f'<button class="button">{act}</button></form>{clear if waiting else ""}'
        '<form method="post" action="host/leave"><button class="quiet">Leave</button></form>'
    )
    return (
        f'<header><h1>Host</h1><span class="pill {"on" if now.taking else "off"}">{pill}</span>'
        f'<div class="acts">{buttons}</div></header>{_tiles(now)}{_table(now)}'
    )


def whole(now: Standing) -> str:
    """The page."""
    head = '<script type="module" src="host/host.js"></script>'
    head += '<noscript><meta http-equiv="refresh" content="5"></noscript>'
    return _SHELL.format(at="host/", head=head, body=f"<main>{content(now)}</main>")


def door(wrong: bool = False) -> str:
    """Asks for the token; once more where a wrong one was sent to an address below the page's."""
    at = "" if wrong else "host/"
    said = '<p class="wrong" role="alert">That is not the token.</p>' if wrong else ""
    return _SHELL.format(
        at=at,
        head="",
        body=f'<main class="door"><form method="post" action="{at}enter"><h1>Host</h1>'
        "<p>This page is for whoever runs the server. The token is what it was started with, in "
        "<code>EC_HOST_TOKEN</code>.</p><label>Token<input type=password name=token "
        f'autocomplete="current-password" required autofocus></label>{said}'
        '<button class="button main">Open</button></form></main>',
    )


def loading() -> str:
    """Nothing is to be seen yet."""
    return _SHELL.format(
        at="host/",
        head='<meta http-equiv="refresh" content="2">',
        body='<main><p class="empty">The program is being loaded …</p></main>',
    )
