"""Whatever this repository cites exists in it: paths, test functions, rules, ADRs, sections, links and anchors.

Files are discovered, not listed, so documents can move as long as their citations move too. Start at `faults`.
"""

import ast
import os
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path, PurePosixPath
from urllib.parse import unquote

import pytest

ROOT = Path(__file__).parents[3]
RULES = "docs/reference/rules.md"
TEXTS = {".css", ".html", ".js", ".md", ".py", ".toml", ".txt", ".yaml", ".yml"}
NOT_OURS = {"__pycache__", "build", "deployed", "deployments", "dist", "node_modules", "out"}
HIDDEN_BUT_OURS = {".chalice", ".ci", ".github"}

_URL = re.compile(r"\b[a-z][a-z0-9+.-]*://[^\s)\"'<>]+")
_TEMPORARY = re.compile(r'\btmp_path / "[^"]*"')
_JOINED = re.compile(r"([\"'])\s*/\s*\1")  # Path(…) / "docs" / "cli.md"
_BARE = re.compile(r"(?<![\w./*{}-])[\w-]+\.md\b")
_NAMED_LINK = re.compile(r"\[[\w.-]+\.md\](?=\()")  # its target is checked, not its text
_PARTIAL = re.compile(r"`((?:[\w-]+/)*[\w-]+\.(?:py|html|css|js))`")
_ADR = re.compile(r"\bADRs? (\d+)(?: and (\d+))?")
_NUMBERED = re.compile(r"\brules? (\d+(?:(?:, | and |, and |–| to )\d+)*)")
_SECTION = re.compile(r"docs/reference/([\w-]+\.md), ([A-Z][\w '-]+)")
_HEADING = re.compile(r"^#{1,6} +(.+?)(?: +#+)?$", re.MULTILINE)
_RULE = re.compile(r"^## Rule (\d+): ", re.MULTILINE)
_FENCE = re.compile(r"^( *)(```+|~~~+).*?^\1\2`*~* *$", re.MULTILINE | re.DOTALL)
_CODE = re.compile(r"`[^`\n]+`")
_LINK = re.compile(r"\]\(\s*<?([^)\s>]+)|^\[[^\]]+\]:\s*(\S+)|\b(?:src|srcset|href)=\"([^\" ]+)", re.MULTILINE)


@cache
def files() -> tuple[str, ...]:
    """The repository's files as paths below its root, without what tools install or generate."""
    found = []
    for folder, below, names in os.walk(ROOT):
        if "pyvenv.cfg" in names:
            below.clear()
            continue
        below[:] = [
            name
            for name in below
            if name not in NOT_OURS
            and not name.endswith(".egg-info")
            and (not name.startswith(".") or name in HIDDEN_BUT_OURS)
        ]
        found += [(Path(folder) / name).relative_to(ROOT).as_posix() for name in names]
    return tuple(sorted(found))


def texts() -> list[str]:
    """The files whose citations are checked: all but this one, which has wrong ones on purpose."""
    this = Path(__file__).relative_to(ROOT).as_posix()
    found = [each for each in files() if PurePosixPath(each).suffix in TEXTS or each in ("Makefile", ".ci/run")]
    return [each for each in found if each != this]


@cache
def _path() -> re.Pattern[str]:
    """A path that begins with a top folder of the repository, and what may follow it: `::` and a test function."""
    tops = "|".join(sorted({re.escape(each.split("/")[0]) for each in files() if "/" in each}))
    return re.compile(rf"(?<![\w./~$%@{{}}<>-])((?:{tops})/[\w./*-]*[\w*])(?:::(\w+))?")


def faults(citing: str, text: str) -> list[str]:
    """What `text`, the content of the file `citing`, cites and does not exist."""
    plain = _TEMPORARY.sub("", _JOINED.sub("/", _URL.sub("", text)))
    found = [*_missing_paths(plain), *_missing_names(citing, plain), *_missing_rules(plain), *_missing_sections(plain)]
    if citing.endswith(".md"):
        found += _missing_links(citing, text)
    return list(dict.fromkeys(found))


def _missing_paths(text: str) -> Iterator[str]:
    for match in _path().finditer(text):
        path, function = match.groups()
        if not _exists(path):
            yield f"{path}{_moved_to(path)}"
        elif function and function not in _functions(path):
            yield f"{path} has no function {function}"


def _exists(path: str) -> bool:
    if (ROOT / path).exists() or path in _generated():
        return True
    if "*" in path:
        return any(ROOT.glob(path))
    return re.fullmatch(r"docs/adr/\d{4}", path) is not None and any(ROOT.glob(f"{path}-*.md"))


@cache
def _generated() -> frozenset[str]:
    """Paths that our own commands write, and that are not in git."""
    return frozenset(line.strip("/") for line in (ROOT / ".gitignore").read_text("utf-8").splitlines())


def _moved_to(path: str) -> str:
    name = PurePosixPath(path).name
    here = [each for each in files() if PurePosixPath(each).name == name]
    return f" (moved to {here[0]}?)" if len(here) == 1 else ""


@cache
def _functions(path: str) -> frozenset[str]:
    tree = ast.parse((ROOT / path).read_text("utf-8"))
    return frozenset(node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef))


def _missing_names(citing: str, text: str) -> Iterator[str]:
    """Bare names: of a document beside the citing file or at the root, quoted in code, or the end of a path."""
    for match in _BARE.finditer(_NAMED_LINK.sub("", text)):
        name, quoted = match[0], f'"{match[0]}"' in text
        is_near = any(f"{folder}{name}" in files() for folder in ("", f"{PurePosixPath(citing).parent}/"))
        if not is_near and not (quoted and _is_named_so(name)):
            yield f"{name}{_moved_to(name)}: cite a document by its path"
    yield from (f"no file is called {name}" for name in _PARTIAL.findall(text) if not _is_named_so(name))


def _is_named_so(name: str) -> bool:
    return any(each == name or each.endswith(f"/{name}") for each in files())


def _missing_rules(text: str) -> Iterator[str]:
    for match in _NUMBERED.finditer(text):
        unknown = {int(number) for number in re.findall(r"\d+", match[1])} - set(_rules())
        yield from (f"{RULES} has no rule {number}" for number in sorted(unknown))
    for match in _ADR.finditer(text):
        yield from (f"there is no ADR {number}" for number in match.groups() if number and not _has_adr(int(number)))


def _has_adr(number: int) -> bool:
    return any(each.startswith(f"docs/adr/{number:04}-") for each in files())


@cache
def _rules() -> dict[int, str]:
    """The section of each rule, by its number."""
    _, *parts = _RULE.split((ROOT / RULES).read_text("utf-8"))
    return {int(number): section for number, section in zip(parts[::2], parts[1::2], strict=True)}


def _missing_sections(text: str) -> Iterator[str]:
    for document, said in _SECTION.findall(text):
        path = f"docs/reference/{document}"
        if path in files() and not any(said.startswith(heading) for heading in _headings(path)):
            yield f"{path} has no section {said}"


@cache
def _headings(path: str) -> tuple[str, ...]:
    text = _FENCE.sub("", (ROOT / path).read_text("utf-8"))
    return tuple(re.sub(r"[`*]|\[([^\]]*)\]\([^)]*\)", r"\1", heading) for heading in _HEADING.findall(text))


@cache
def _anchors(path: str) -> frozenset[str]:
    """The anchors of a Markdown file, as GitHub makes them."""
    known: dict[str, int] = {}
    anchors = set()
    for heading in _headings(path):
        anchor = re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")
        count = known.get(anchor, 0)
        known[anchor] = count + 1
        anchors.add(f"{anchor}-{count}" if count else anchor)
    return frozenset(anchors)


def _missing_links(citing: str, text: str) -> Iterator[str]:
    for groups in _LINK.findall(_CODE.sub("", _FENCE.sub("", text))):
        target = next(filter(None, groups))
        if _URL.match(target) or target.startswith("mailto:"):
            continue
        path, _, anchor = target.partition("#")
        found = (ROOT / citing).parent / unquote(path) if path else ROOT / citing
        if not found.exists():
            yield f"link to {target}{_moved_to(path)}"
        elif anchor and found.suffix == ".md" and anchor not in _anchors(found.resolve().relative_to(ROOT).as_posix()):
            yield f"link to {target}: no such heading"


def test_whatever_a_file_cites_exists() -> None:
    found = [f"{path}: {fault}" for path in texts() for fault in faults(path, (ROOT / path).read_text("utf-8"))]
    assert not found, "\n".join(found)


def test_rules_are_numbered_without_gaps_and_each_names_its_module_and_its_tests() -> None:
    assert list(_rules()) == list(range(1, len(_rules()) + 1))
    for number, section in _rules().items():
        cited = [path for path, _ in _path().findall(section)]
        assert any(re.search(r"^tests/.*/test_\w+\.py$", path) for path in cited), f"rule {number} cites no test"
        assert any(re.search(r"^chalicelib/.*\.py$", path) for path in cited), f"rule {number} cites no module"


@pytest.mark.parametrize(
    ("citing", "text"),
    [
        ("app.py", "(domain.md, rule 3)"),
        ("app.py", "docs/no-such-page.md says how"),
        ("app.py", 'Path(__file__).parent / "docs" / "no-such-page.md"'),
        ("app.py", "`chalicelib/no_such_module.py`"),
        ("app.py", "docs/adr/0999"),
        ("app.py", f"{RULES}, rules 1, 3 and 999"),
        ("app.py", f"{RULES}, No Such Section"),
        ("README.md", "`no_such_module.py`"),
        ("README.md", "see ADR 999"),
        ("README.md", "[docs](docs/no-such-page.md)"),
        ("README.md", f"[rules]({RULES}#no-such-heading)"),
        ("README.md", "[above](#no-such-heading)"),
        (RULES, "[app](../../no_such_app.py)"),
        (RULES, "`tests/unit/docs/test_citations.py::test_no_such_function`"),
    ],
)
def test_a_citation_of_what_does_not_exist_is_found(citing: str, text: str) -> None:
    assert faults(citing, text) != []


@pytest.mark.parametrize(
    ("citing", "text"),
    [
        ("app.py", f"({RULES}, rules 1 and 3)"),
        ("app.py", f"{RULES}, Terms"),
        ("app.py", "docs/adr/0001"),
        ("app.py", "https://example.com/docs/elsewhere.md"),
        ("app.py", "/overdue/prod/session-secret in SSM"),
        ("README.md", f"[rules]({RULES}#terms)"),
        ("README.md", "```\n[fenced](no_such_app.py)\n```\n"),
        (RULES, "[app](../../app.py), [wire](wire.md), [rule](#rule-1-deadline)"),
        (RULES, "`tests/unit/docs/test_citations.py::test_whatever_a_file_cites_exists`"),
    ],
)
def test_a_citation_of_what_exists_is_none(citing: str, text: str) -> None:
    assert faults(citing, text) == []
