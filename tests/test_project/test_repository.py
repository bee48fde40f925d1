"""What the repository promises about itself."""

from __future__ import annotations

import re
import subprocess
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent.parent
MOST_LINES = 400
# Written apart, so that this file does not mention what it looks for.
NOT_OURS = ["/".join(parts) for parts in (("", "work", ""), ("..", "shared"), (".library", ""))]


def committed(*patterns: str) -> list[Path]:
    """The files in git (and those about to be added) that match."""
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard", *patterns]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    if done.returncode:
        pytest.skip("not a git checkout")
    files = [ROOT / name for name in done.stdout.split("\0") if name]
    return [file for file in files if file.is_file()]


def test_no_file_mentions_the_place_where_it_was_written() -> None:
    found = []
    for file in committed():
        text = file.read_bytes().decode("utf-8", errors="ignore")
        found += [f"{file.relative_to(ROOT)}: {word}" for word in NOT_OURS if word in text]
    assert not found


def test_no_module_is_longer_than_400_lines() -> None:
    written = [file for file in committed("*.py") if file.parent.name != "migrations"]
    lengths = {file: len(file.read_text("utf-8").splitlines()) for file in written}
    assert [str(file) for file, lines in lengths.items() if lines > MOST_LINES] == []


def test_no_work_is_left_for_later_in_the_code() -> None:
    later = re.compile(r"\b(TODO|FIXME|XXX|NotImplementedError)\b(?!\|)")
    found = [
        f"{file.relative_to(ROOT)}:{number}"
        for file in committed("*.py", "*.html", "*.js", "*.css")
        if file != Path(__file__)
        for number, line in enumerate(file.read_text("utf-8").splitlines(), 1)
        if later.search(line) and "except" not in line
    ]
    assert found == []


def test_every_link_of_every_page_leads_somewhere() -> None:
    broken = []
    for page in committed("*.md"):
        for target in re.findall(r"\]\(([^)\s]+)\)", page.read_text("utf-8")):
            path = target.partition("#")[0]
            if path and not re.match(r"\w+:", path) and not (page.parent / path).exists():
                broken.append(f"{page.relative_to(ROOT)}: {target}")
    assert broken == []


def test_both_readmes_show_the_same_commands() -> None:
    def commands(name: str) -> list[str]:
        blocks = re.findall(r"```sh\n(.*?)```", (ROOT / name).read_text("utf-8"), re.DOTALL)
        lines = [line.partition("#")[0].split() for block in blocks for line in block.splitlines()]
        return [" ".join(word for word in words if word.isascii()) for words in lines]

    english = [re.sub(r" (FOLDER_OR_ZIP|FILE)\b", "", line) for line in commands("README.md")]
    assert english == commands("README.zh-CN.md")


def test_readme_points_to_every_page_of_the_documentation() -> None:
    for readme in ("README.md", "README.zh-CN.md"):
        text = (ROOT / readme).read_text("utf-8")
        pages = [str(page.relative_to(ROOT)) for page in committed("docs/*.md")]
        assert [page for page in pages if f"({page})" not in text] == [], readme


def test_import_contract_covers_every_package_and_app() -> None:
    pyproject = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    contracts = pyproject["tool"]["importlinter"]
    layers = next(c["layers"] for c in contracts["contracts"] if c["type"] == "layers")
    named = {name.strip() for layer in layers for name in re.split(r"[|:]", layer)}
    packages = {init.parent for init in committed("*/__init__.py")}
    top = {p.name for p in packages if p.parent == ROOT} - {"tests", "benchmarks"}
    parts = {f"haitang.{p.name}" for p in packages if p.parent == ROOT / "haitang"}
    assert named == (top - {"haitang"}) | parts
    assert set(contracts["root_packages"]) == top
