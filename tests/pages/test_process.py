"""What the app's process does before its first job."""

from __future__ import annotations

from pathlib import Path

import pytest
from streamlit import config

from ec_core.runs import limits
from pages.shell import process
from serving.visitors import MANY, ONE, SETTING

OPTION = "server.maxUploadSize"


@pytest.mark.parametrize(
    ("visitors", "told", "megabytes"),
    [(MANY, None, 64), (ONE, None, 256), (ONE, "upload = 7.5", 7), (MANY, 'upload = "none"', 256)],
)
def test_uploads_are_as_large_as_one_person_may_bring(
    visitors: str,
    told: str | None,
    megabytes: int,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The server looks at this before it reads a body, and while it does."""
    before = config.get_option(OPTION)
    monkeypatch.setenv(SETTING, visitors)
    monkeypatch.delenv(limits.SETTING, raising=False)
    if told is not None:
        file = tmp_path / "limits.toml"
        file.write_text(f"[person]\n{told}\n")
        monkeypatch.setenv(limits.SETTING, str(file))
    config.set_option(OPTION, 256)
    try:
        process.limit_uploads()
        assert config.get_option(OPTION) == megabytes
    finally:
        config.set_option(OPTION, before)
