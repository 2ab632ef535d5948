"""A network with two hidden layers, from the Teacher page to its weights, in a real browser."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest

from tests.browser import benches
from tests.browser.benches import saved
from tests.browser.test_story import (
    MINUTE,
    click,
    fill,
    no_traceback,
    opens_run,
    pick,
    says,
    see,
    weight_error,
)

Open = Callable[..., Any]

pytestmark = pytest.mark.browser


@pytest.mark.long
def test_from_a_deep_teacher_to_its_weights(open_tab: Open) -> None:
    tab = open_tab("/teacher")
    see(tab, "use_teacher")
    tab.locator(".st-key-teacher_kind button", has_text="Paper").click()
    see(tab, "teacher_inputs")
    tab.locator(".st-key-teacher_layers button", has_text="2").click()
    see(tab, "teacher_neurons_1")
    pick(tab, "teacher_activation_paper", "tanh")
    says(tab, "teacher_facts", "tanh")
    fill(tab, "teacher_inputs", 6)
    says(tab, "teacher_facts", "6–4–4–1")
    fill(tab, "teacher_outputs", 2)
    says(tab, "teacher_facts", "6–4–4–2")
    click(tab, "use_teacher")
    see(tab, "start_expand")
    fill(tab, "student_count", 6)
    says(tab, "estimate", "6 × 16–16")
    click(tab, "start_expand")
    see(tab, "go_cluster", 4 * MINUTE)
    says(tab, "training_facts", r"\d+–\d+")
    run = opens_run(tab)
    click(tab, "go_cluster")
    tab.wait_for_url(re.compile(f"cluster.*{run}"))
    saved(tab)
    tab.goto(re.sub("cluster", "reconstruct", tab.url))
    see(tab, "start_reconstruct")
    click(tab, "start_reconstruct")
    see(tab, "go_compare", 6 * MINUTE)
    says(tab, "layer_table", "hidden 2")
    click(tab, "go_compare")
    tab.wait_for_url(re.compile("compare"))
    assert weight_error(tab) <= 1e-8
    says(tab, "verdict", "Verified")
    says(tab, "layer_table", "hidden 2")
    # every layer has a bench: what is done, and the second as it was seen while building
    tab.goto(re.sub("compare", "cluster", tab.url))
    saved(tab)
    says(tab, "bench_layer", "Layer 1 of 2: cut here")
    tab.locator(".st-key-bench_layer button", has_text="Layer 2 of 2: seen while building").click()
    tab.locator(
        ".wb[data-saved=saved] [data-part=used]", has_text="what Reconstruct uses"
    ).wait_for()
    benches.finds(tab, 4)
    no_traceback(tab)
