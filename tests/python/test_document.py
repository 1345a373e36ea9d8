# SPDX-License-Identifier: Apache-2.0
"""The examples in doc/python.md run, and print what they say."""
import contextlib
import io
import os
import re

from test_interface import SOURCES


def test_examples(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with open(os.path.join(SOURCES, "doc", "python.md"), encoding="utf-8") as file:
        blocks = re.findall(r"^```python\n(.*?)^```$", file.read(), re.S | re.M)
    assert len(blocks) >= 5
    names = {}
    for block in blocks:
        said = io.StringIO()
        with contextlib.redirect_stdout(said):
            exec(compile(block, "doc/python.md", "exec"), names)  # pylint: disable=exec-used
        promised = re.findall(r"print\(.*\)  # (.*)$", block, re.M)
        assert said.getvalue().splitlines() == promised
