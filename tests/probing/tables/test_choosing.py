"""Which columns are meant: told by their names, named by a person, or asked for in a sentence."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from ec_core.errors import InputError
from ec_core.probing.tables import Answers, Block, Contents, chosen, obvious, open_answers


def table(*names: str, named: bool = True) -> Contents:
    columns = (Block.of(name, np.arange(9.0)) for name in names)
    return Contents("t.csv", tuple(columns), named=named)


def names_of(contents: Contents, columns: tuple[int, ...]) -> str:
    return " ".join(contents.names[i] for i in columns)


OBVIOUS = {
    "x1 x2 x3 y": ("x1 x2 x3", "y"),
    "y1 y2 x1 x2": ("x1 x2", "y1 y2"),
    "X_1 X_2 Y": ("X_1 X_2", "Y"),
    "x[0] x[1] y[0] y[1]": ("x[0] x[1]", "y[0] y[1]"),
    "input0 input1 output": ("input0 input1", "output"),
    "feature_1 feature_2 target": ("feature_1 feature_2", "target"),
    "pixel0 pixel1 p_cat p_dog": ("pixel0 pixel1", "p_cat p_dog"),
    "x1 x2 label prob_0 prob_1": ("x1 x2", "prob_0 prob_1"),
    "x1 x2 logit_a logit_b class": ("x1 x2", "logit_a logit_b"),
    "age bmi bp target": ("age bmi bp", "target"),
    "f0 f1 f2 value": ("f0 f1 f2", "value"),
    "gene1 gene2 gene3 strength": ("gene1 gene2 gene3", "strength"),
    "a1 a2 b1 b2": ("a1 a2", "b1 b2"),
    "x y": ("x", "y"),
    "Unnamed: 0 x1 x2 y": ("x1 x2", "y"),
    "id x1 x2 y": ("x1 x2", "y"),
}

OPEN = {
    "x1 x2 note y": "--inputs x1,x2 --outputs y",
    "x1 x2 y z": "--inputs x1,x2 --outputs y",
    "alpha beta gamma": "--inputs alpha,beta --outputs gamma",
    "x1 x2 target pred": "--inputs x1,x2 --outputs pred",
    "length width height colour": "--inputs 1-3 --outputs colour",
    "a b, c": "--inputs 1,2 --outputs c",
}


@pytest.mark.parametrize("names", OBVIOUS)
def test_names_that_say_it(names: str) -> None:
    words = names.replace("Unnamed: 0", "Unnamed:_0").split()
    contents = table(*(word.replace("Unnamed:_0", "Unnamed: 0") for word in words))
    found = obvious(contents)
    assert found is not None
    assert (names_of(contents, found.inputs), names_of(contents, found.outputs)) == OBVIOUS[names]


@pytest.mark.parametrize("names", OPEN)
def test_names_that_leave_it_open_are_asked_about(names: str) -> None:
    contents = table(*names.split())
    assert obvious(contents) is None
    with pytest.raises(InputError) as caught:
        chosen(contents)
    said = str(caught.value)
    assert (
        OPEN[names] in said and all(name in said for name in names.split()) and said.endswith(".")
    )
    assert "it is not plain which are questions and which answers" in said


def test_what_the_sentence_says_would_do_does() -> None:
    for contents in (table(*["length", "width", "height", "colour"]), table(*"1234", named=False)):
        with pytest.raises(InputError, match="such as --inputs 1-3 --outputs") as caught:
            chosen(contents)
        words = str(caught.value).removesuffix(".").split()
        found = chosen(contents, *(words[words.index(f"--{o}puts") + 1] for o in ("in", "out")))
        assert (found.inputs, found.outputs) == ((0, 1, 2), (3,))


@pytest.mark.parametrize(
    ("inputs", "outputs", "expected"),
    [
        ("x1,x2", "y", "x1 x2 | y"),
        ("1-2", "4", "x1 x2 | p_a"),
        ("x1-note", "p_*", "x1 x2 note | p_a p_b"),
        ("x?", "p_b,p_a", "x1 x2 | p_b p_a"),
        ("X1, x2", None, "x1 x2 | note p_a p_b y"),
        (None, "y", "x1 x2 note p_a p_b | y"),
        (["x2", "x1"], ["y"], "x2 x1 | y"),
        ("x1,x1,1", "y", "x1 | y"),
    ],
)
def test_a_person_names_columns(
    inputs: str | list[str] | None, outputs: str | list[str] | None, expected: str
) -> None:
    contents = table("x1", "x2", "note", "p_a", "p_b", "y")
    found = chosen(contents, inputs, outputs)
    both = (names_of(contents, side) for side in (found.inputs, found.outputs))
    assert " | ".join(both) == expected


def test_a_name_that_looks_like_a_range_or_a_list_is_a_name() -> None:
    contents = table("1-2", "a,b", "3", "y")
    assert chosen(contents, "1-2", "y").inputs == (0,)
    assert chosen(contents, "a,b", "y").inputs == (1,)
    assert chosen(contents, "3", "y").inputs == (2,)


@pytest.mark.parametrize(
    ("inputs", "outputs", "expected"),
    [
        ("x9", "y", "has no 'x9' (--inputs) among its columns x1, x2, x2 and y"),
        ("1-9", "y", "has no '1-9' (--inputs)"),
        ("0", "y", "has no '0' (--inputs)"),
        ("z*", "y", "has no 'z*' (--inputs)"),
        ("x1", "x1", "x1 of t.csv stands in --inputs and in --outputs"),
        ("x2", "y", "has 2 columns that are called 'x2' (--inputs); say which by their numbers, 2"),
        ("", "y", "--inputs names no column"),
        ("1-4", None, "All columns of t.csv are named on one side; expected some for the answers"),
    ],
)
def test_what_names_nothing_is_one_sentence(
    inputs: str, outputs: str | None, expected: str
) -> None:
    with pytest.raises(InputError) as caught:
        chosen(table("x1", "x2", "x2", "y"), inputs, outputs)
    assert expected in str(caught.value) and str(caught.value).endswith(".")


def opened(tmp_path: Path, text: str, **told: str) -> Answers:
    path = tmp_path / "t.csv"
    path.write_text(text)
    return open_answers(path, **told)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "x1,x2,y\nred,1,2\nblue,2,3\nred,3,4\n",
            "Column x1 of t.csv holds text (2 different, such",
        ),
        ("x1,x2,y\n1,1,2\n2,2,3\n3,oops,4\n", "Column x2 of t.csv holds 'oops', first in row 3"),
        ("x1,x2,y\n1,1,2\n2,2,3\n3,3,x\n", "Column y of t.csv holds 'x', first in row 3"),
        ("x1,x2,y\n1,1,2\n2,2,3,4\n", "Line 3 of t.csv has 4 cells; expected 3"),
        ("# made\n\nx1,x2,y\n1,1,2\n# no\n2,2,3,4\n", "Line 6 of t.csv has 4 cells; expected 3"),
        ("x1,x2,y\n", "t.csv holds no table of numbers"),
        ("\n\n", "t.csv is empty"),
        ("1\n2\n3\n", "t.csv has one column"),
    ],
)
def test_cells_that_are_no_numbers(tmp_path: Path, text: str, expected: str) -> None:
    with pytest.raises(InputError) as caught:
        opened(tmp_path, text)
    assert expected in str(caught.value) and str(caught.value).endswith(".")


def test_labels_are_passed_on_as_what_they_are(tmp_path: Path) -> None:
    text = opened(tmp_path, "x1,x2,label\n1,1,cat\n2,2,dog\n3,3,cat\n")
    assert text.y.dtype.kind == "U"
    assert opened(tmp_path, "x1,x2,y\n1,1,True\n2,2,False\n").y.dtype.kind == "b"


def test_headers_are_told_from_rows(tmp_path: Path) -> None:
    # pandas' own header says nothing, a truth table has none, years are names among names
    counted = opened(tmp_path, "0,1,2\n0.5,1.5,2.5\n3,4,5\n", inputs="1-2", outputs="3")
    assert len(counted.x) == 2 and not counted.columns
    assert "only counts the columns" in counted.remarks[0]
    assert len(opened(tmp_path, "0,1,2\n2,1,0\n1,1,1\n", inputs="1-2").x) == 3
    years = opened(tmp_path, "2001,2002,y\n1,2,3\n4,5,6\n", inputs="2001,2002")
    assert years.columns.inputs == ("2001", "2002") and len(years.x) == 2
    labels = opened(tmp_path, "1,2,cat\n3,4,dog\n", inputs="1,2")
    assert len(labels.x) == 2 and labels.y.ravel().tolist() == ["cat", "dog"]
