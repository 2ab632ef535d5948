"""Small changes to a source, one at a time: what mutation testing tries (see ``mutation``).

Comparisons, operators, numbers, words, ``not``, conditions, keyword arguments, min and max are
changed; statements that stand alone are left out. Words inside f-strings are not: they are read by
people. Nor are ``frozen`` and ``strict``, which guard against mistakes not made here.
"""

from __future__ import annotations

import ast
import contextlib
import copy
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

_COMPARED: dict[type, tuple[type, ...]] = {
    ast.Lt: (ast.LtE, ast.GtE),
    ast.LtE: (ast.Lt, ast.Gt),
    ast.Gt: (ast.GtE, ast.LtE),
    ast.GtE: (ast.Gt, ast.Lt),
    ast.Eq: (ast.NotEq,),
    ast.NotEq: (ast.Eq,),
    ast.Is: (ast.IsNot,),
    ast.IsNot: (ast.Is,),
    ast.In: (ast.NotIn,),
    ast.NotIn: (ast.In,),
}
_CALCULATED: dict[type, type] = {
    ast.Add: ast.Sub,
    ast.Sub: ast.Add,
    ast.Mult: ast.Div,
    ast.Div: ast.Mult,
    ast.FloorDiv: ast.Mult,
    ast.Pow: ast.Mult,
    ast.BitAnd: ast.BitOr,
    ast.BitOr: ast.BitAnd,
    ast.BitXor: ast.BitOr,
    ast.RShift: ast.LShift,
    ast.LShift: ast.RShift,
}
_SWAPPED = {
    "max": "min",
    "min": "max",
    "any": "all",
    "all": "any",
    "maximum": "minimum",
    "minimum": "maximum",
    "argmax": "argmin",
    "argmin": "argmax",
}


@dataclass(frozen=True)
class Mutant:
    """One changed line: which, in words that stay true when lines move, and the whole source."""

    name: str
    line: int
    source: str


def mutants(source: str) -> Iterator[Mutant]:
    """All mutants of a source, in the order of its lines."""
    tree = ast.parse(source)
    seen: Counter[str] = Counter()
    for where, node, above, field, index in _places(tree):
        around = next((a for a in reversed(above) if len(ast.unparse(a)) > _TELLING), above[-1])
        around = node if len(ast.unparse(node)) > _TELLING else around
        before = _inline(around)
        for changed in _changes(node, above[-1]):
            with _put(above[-1], field, index, changed):
                mutated = ast.unparse(ast.fix_missing_locations(tree))
                after = _inline(changed if around is node else around)
            name = f"{where}: {_short(node, changed) or f'{before} → {after}'}"
            seen[name] += 1
            if seen[name] > 1:
                name += f" #{seen[name]}"
            yield Mutant(name, getattr(node, "lineno", 0), mutated)


def _short(node: ast.AST, changed: ast.AST) -> str:
    """A name for changes of which the whole would be long to read; "" for others."""
    match node, changed:
        case ast.If() | ast.IfExp(), ast.If() | ast.IfExp():
            return f"if {_inline(node.test)} → if {_inline(changed.test)}"
        case ast.Call(keywords=before), ast.Call(keywords=after) if len(after) < len(before):
            gone = next(k for k in before if k not in after)
            return f"{_inline(node.func)}(…, {_inline(gone)}) → without"
    return ""


def _inline(node: ast.AST) -> str:
    return " ".join(ast.unparse(node).split())[:150]


_Place = tuple[str, ast.AST, tuple[ast.AST, ...], str, int | None]
_TELLING = 12
"""Characters that an expression must have to be found again; else what it stands in is shown."""

_GUARDS = ("frozen", "strict")
"""Keywords that guard against mistakes not made here: no test of this project's can tell."""


def _places(tree: ast.Module) -> Iterator[_Place]:
    """(function, node, all around it, field, index) of everything that computes."""

    def walk(node: ast.AST, where: str, above: tuple[ast.AST, ...]) -> Iterator[_Place]:
        for field, value in ast.iter_fields(node):
            if field in ("annotation", "returns", "bases", "type_comment", "names"):
                continue
            for index, child in enumerate(value) if isinstance(value, list) else [(None, value)]:
                if not isinstance(child, ast.AST) or _silent(child):
                    continue
                name = getattr(child, "name", "") if _named(child) else ""
                inside = f"{where}.{name}".lstrip(".") if name else where
                yield inside or "module", child, (*above, node), field, index
                yield from walk(child, inside, (*above, node))

    yield from walk(tree, "", ())


def _named(node: ast.AST) -> bool:
    return isinstance(node, ast.FunctionDef | ast.ClassDef)


def _silent(node: ast.AST) -> bool:
    """Docstrings, imports, names of types and what ``__all__`` lists compute nothing."""
    if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
        return True
    if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
        return node.targets[0].id in ("__all__", "Rule")
    if isinstance(node, ast.keyword) and node.arg in _GUARDS:
        return True
    return isinstance(node, ast.Import | ast.ImportFrom | ast.expr_context)


def _changes(node: ast.AST, parent: ast.AST) -> Iterator[ast.AST]:
    """What may stand in a node's place."""
    if isinstance(node, ast.Constant):
        yield from _other_constants(node, isinstance(parent, ast.JoinedStr))
    elif isinstance(node, ast.Call):
        yield from _other_calls(node)
    elif isinstance(node, ast.expr):
        yield from _other_operators(node)
    elif isinstance(node, ast.Break | ast.Continue):
        yield ast.Continue() if isinstance(node, ast.Break) else ast.Break()
    elif isinstance(node, ast.Expr | ast.AugAssign | ast.Raise):
        yield ast.Pass()
    if isinstance(node, ast.If | ast.IfExp):
        yield _with(node, test=ast.Constant(True))
        yield _with(node, test=ast.Constant(False))


def _other_constants(node: ast.Constant, in_words: bool) -> Iterator[ast.AST]:
    match node.value:
        case bool() as truth:
            yield ast.Constant(not truth)
        case int() | float() as number:
            yield ast.Constant(number + 1)
            if number not in (0, 1):
                yield ast.Constant(number * 2)
        case str() as word if not in_words:
            yield ast.Constant(f"{word}?")


def _other_calls(node: ast.Call) -> Iterator[ast.AST]:
    match node.func:
        case ast.Name(id=name) if name in _SWAPPED:
            yield _with(node, func=ast.Name(_SWAPPED[name], ast.Load()))
        case ast.Attribute(attr=name) if name in _SWAPPED:
            yield _with(node, func=_with(node.func, attr=_SWAPPED[name]))
    for keyword in node.keywords:
        if keyword.arg not in _GUARDS:
            yield _with(node, keywords=[k for k in node.keywords if k is not keyword])


def _other_operators(node: ast.expr) -> Iterator[ast.AST]:
    match node:
        case ast.Compare(ops=[first, *others]):
            for kind in _COMPARED[type(first)]:
                yield _with(node, ops=[kind(), *others])
        case ast.BinOp(op=operator) if type(operator) in _CALCULATED:
            yield _with(node, op=_CALCULATED[type(operator)]())
        case ast.BoolOp(op=operator, values=values):
            yield _with(node, op=ast.Or() if isinstance(operator, ast.And) else ast.And())
            for value in values:
                rest = [other for other in values if other is not value]
                yield rest[0] if len(rest) == 1 else _with(node, values=rest)
        case ast.UnaryOp(op=ast.Not() | ast.USub() | ast.Invert()):
            yield node.operand


def _with(node: ast.AST, **fields: object) -> ast.AST:
    changed = copy.copy(node)
    for name, value in fields.items():
        setattr(changed, name, value)
    return changed


@contextlib.contextmanager
def _put(parent: ast.AST, field: str, index: int | None, new: ast.AST) -> Iterator[None]:
    """A node in another's place, for as long as the tree is written down."""
    old = getattr(parent, field)
    if index is None:
        setattr(parent, field, new)
    else:
        setattr(parent, field, [*old[:index], new, *old[index + 1 :]])
    try:
        yield
    finally:
        setattr(parent, field, old)
