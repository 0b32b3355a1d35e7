"""Every snippet and command of README.md runs, as a new user would run it."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from conftest import ROOT, LocalServer

if TYPE_CHECKING:
    from collections.abc import Iterator

README = (ROOT / "README.md").read_text("utf-8")


def snippets() -> list[tuple[str, str]]:
    """Return (how to run it, text) of every code block."""
    blocks = re.findall(r"(?:<!-- runs: ([^>]+) -->\n)?```(\w+)\n(.*?)```", README, re.S)
    return [(how or language, text) for how, language, text in blocks]


def run(*command: str, cwd: Path = ROOT, **env: str) -> str:
    done = subprocess.run(
        command,
        cwd=cwd,
        env={**os.environ, **env},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=600,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def block(how: str) -> str:
    found = [text for kind, text in snippets() if kind == how]
    assert len(found) == 1, how
    return found[0]


def test_every_block_is_run_by_a_test_of_this_file() -> None:
    assert [how for how, _ in snippets()] == [
        "sh",
        "python",
        "node",
        "python with a server at http://localhost:8080",
        "python with FeatBit at http://localhost:5100",
        "node with FeatBit at http://localhost:5100",
        "python with Flagship at http://localhost:5200",
        "node with Flagship at http://localhost:5200",
        "c",
        "sh",
    ]


def test_python_example(tmp_path: Path) -> None:
    (tmp_path / "example.py").write_text(block("python"), "utf-8")
    lines = run(sys.executable, str(tmp_path / "example.py")).splitlines()
    # crc32("checkout-themevisitor-42") % 1000 is 707, crc32("visitor-42new-dashboard") % 100 is 42.
    assert lines[:3] == ["teal", "False", "1200"]
    assert lines[3] == 'checkout-theme = "teal"   (SPLIT)'


def test_node_example() -> None:
    # Inside the package its own name resolves to it, as it would from a project that has it installed.
    example = ROOT / "bindings/node/build/readme.mjs"
    example.write_text(block("node"), "utf-8")
    try:
        lines = run("node", str(example)).splitlines()
    finally:
        example.unlink()
    assert lines[:3] == ["teal", "false", "1200"]


def test_python_example_with_a_server(tmp_path: Path) -> None:
    server = LocalServer("--file", str(ROOT / "testdata/flags/demo.features.yaml"), "--token", "secret")
    text = block("python with a server at http://localhost:8080").replace("http://localhost:8080", server.url)
    (tmp_path / "example.py").write_text(text, "utf-8")
    try:
        assert "variant_key='variant2'" in run(sys.executable, str(tmp_path / "example.py"))
    finally:
        server.close()


@pytest.fixture
def featbit() -> Iterator[LocalServer]:
    server = LocalServer("--backend", "featbit", "--file", str(ROOT / "testdata/flags/demo.featbit.json"))
    yield server
    server.close()


def at_featbit(how: str, server: LocalServer) -> str:
    return block(f"{how} with FeatBit at http://localhost:5100").replace("localhost:5100", server.url[len("http://") :])


def told(server: LocalServer) -> dict[str, int]:
    """Return how often FeatBit has heard of flags and metrics."""
    names: dict[str, int] = server.control("GET", "/events/names")
    return names


def test_python_example_with_featbit(tmp_path: Path, featbit: LocalServer) -> None:
    (tmp_path / "example.py").write_text(at_featbit("python", featbit), "utf-8")
    out = run(sys.executable, "example.py", cwd=tmp_path)
    assert out.splitlines() == ["Checkout layout: wizard, because: rule match"]
    assert told(featbit) == {"checkout-layout": 1, "order-placed": 1}


def test_node_example_with_featbit(featbit: LocalServer) -> None:
    example = ROOT / "bindings/node/build/readme-featbit.mjs"
    example.write_text(at_featbit("node", featbit), "utf-8")
    try:
        assert run("node", str(example)).splitlines()[-1] == "wizard"
    finally:
        example.unlink()
    assert told(featbit) == {"checkout-layout": 1, "order-placed": 1}


@pytest.fixture
def flagship() -> Iterator[LocalServer]:
    server = LocalServer("--backend", "flagship", "--file", str(ROOT / "testdata/flags/demo.flagship.json"))
    yield server
    server.close()


def at_flagship(how: str, server: LocalServer) -> str:
    return block(f"{how} with Flagship at http://localhost:5200").replace("http://localhost:5200", server.url)


def kinds(server: LocalServer) -> list[str]:
    """Return what kinds of events Flagship has got, in alphabetical order."""
    return sorted(event["kind"] for event in server.control("GET", "/events"))


def test_python_example_with_flagship(tmp_path: Path, flagship: LocalServer) -> None:
    (tmp_path / "example.py").write_text(at_flagship("python", flagship), "utf-8")
    # murmurHash("vg-checkout-europevisitor-8") % 100 of the vendor's Python SDK is 77, in the second half.
    assert run(sys.executable, "example.py", cwd=tmp_path).splitlines()[-1] == "wizard"
    assert kinds(flagship) == ["activation", "consent", "hit", "segment"]


def test_node_example_with_flagship(flagship: LocalServer) -> None:
    example = ROOT / "bindings/node/build/readme-flagship.mjs"
    example.write_text(at_flagship("node", flagship), "utf-8")
    try:
        assert run("node", str(example)).splitlines()[-1] == "wizard"
    finally:
        example.unlink()
    assert kinds(flagship) == ["activation", "consent", "hit", "segment"]


@pytest.mark.skipif(shutil.which("cc") is None, reason="no C compiler")
def test_c_example(tmp_path: Path) -> None:
    (tmp_path / "example.c").write_text(block("c"), "utf-8")
    program = str(tmp_path / "example")
    build = str(ROOT / "build")
    run("cc", "-Iinclude", "-o", program, str(tmp_path / "example.c"), f"-L{build}", "-lburgee", f"-Wl,-rpath,{build}")
    assert '"enabled":true' in run(program)


def test_commands(tmp_path: Path) -> None:
    commands = [line for how, text in snippets() if how == "sh" for line in text.strip().splitlines()]
    assert commands == [
        "pip install ./bindings/python",
        "npm install ./bindings/node",
        "go build -o build/burgee-local-server ./engine/cmd/burgee-local-server",
        "build/burgee-local-server --backend featbit --file testdata/flags/demo.featbit.json --listen 127.0.0.1:5100",
        "build/burgee-local-server --backend flagship --file testdata/flags/demo.flagship.json --listen 127.0.0.1:5200",
    ]
    # The first two are what the demo does, in a folder of its own.
    out = run("make", "demo", f"PYTHON={sys.executable}")
    assert "variant2 MATCH_EVALUATION_REASON" in out
    run(*commands[2].split())
    # On a port that is free. It ends when its stdin does.
    for command in commands[3:]:
        run(*re.sub(r":5\d00", ":0", command).split())


def test_scripts_that_are_named_exist() -> None:
    for path in re.findall(r"`(\./[\w./]+)`|\]\(([\w./]+)\)", README):
        assert (ROOT / (path[0] or path[1])).exists(), path
    targets = (ROOT / "Makefile").read_text("utf-8")
    for target in re.findall(r"`make ([\w-]+)`", README):
        assert re.search(rf"^{target}:", targets, re.M), target
