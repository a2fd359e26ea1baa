"""Black-box conformance runner: plays recorded HTTP cases against a server and compares the answers.

    python -m tests.conformance.conformance check  --base URL --api-key K --readonly-key K --ping-key K FOLDER...
    python -m tests.conformance.conformance record --base URL ... FOLDER...   (rewrites their `expect` parts)

README.md beside this file describes the case files; matching.py holds what they may expect.
Needs Python 3.11 and `requests`.
"""

from __future__ import annotations

import argparse
import json
import re
import secrets
import sys
import time
import uuid
import xml.etree.ElementTree as ElementTree
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import requests

from tests.conformance.matching import MISSING, VARIABLE, StepFailed, compare, fill, pretty, short, substitute

CHANNELS = ["alpha", "beta", "twin", "twin"]  # what cases that need `channels` expect to find


@dataclass(frozen=True)
class Server:
    """The server under test and what we were told about it."""

    base: str
    keys: dict[str, str]
    ping_key: str
    project: str
    timeout: float

    def variables(self, version: str | None) -> dict[str, str]:
        """Variables that every case may use; `u`, `rid`, `rid2` and `unknown` are new in each run."""
        versions = {v: f"{self.base}/api/{v}" for v in ("v1", "v2", "v3")}
        ids = {name: str(uuid.uuid4()) for name in ("rid", "rid2", "unknown")}
        return (
            ({"api": versions[version]} if version else {})
            | versions
            | ids
            | {
                "ping": f"{self.base}/ping",
                "base": self.base,
                "pingkey": self.ping_key,
                "project": self.project,
                "key": self.keys["rw"],
                "rokey": self.keys["ro"],
                "u": "u" + secrets.token_hex(6),
                "now": str(int(time.time())),
            }
        )

    def abilities(self) -> set[str]:
        """Return which of the things that a case may need are there."""
        found = {name for name, value in (("other", self.keys["other"]), ("project", self.project)) if value}
        try:
            url, headers = f"{self.base}/api/v3/channels/", {"X-Api-Key": self.keys["rw"]}
            channels = requests.get(url, headers=headers, timeout=self.timeout).json()["channels"]
        except (requests.RequestException, ValueError, KeyError):
            return found
        return found | ({"channels"} if sorted(c["name"] for c in channels) == CHANNELS else set())


@dataclass
class CaseRun:
    """One run of one case: its variables, the differences found, and what must be deleted after it."""

    server: Server
    case: dict[str, Any]
    version: str | None = None
    record: bool = False
    differences: list[str] = field(default_factory=list)
    made: list[str] = field(default_factory=list)
    auto_slugs: set[str] = field(default_factory=set)

    def run(self) -> None:
        """Play all steps, then delete the checks made, whatever happened."""
        self.variables = self.server.variables(self.version)
        self.http = requests.Session()
        self.http.trust_env = False
        where = "setup"
        try:
            if "check" in self.case:
                self.make_check(self.case["check"])
            for number, step in enumerate(self.case["steps"], 1):
                where = f"step {number} ({step['do']})"
                self.differences += [f"{where}: {line}" for line in self.play(step)]
        except (StepFailed, requests.RequestException) as failure:
            self.differences.append(f"{where}: {type(failure).__name__}: {str(failure)[:200]}")
        finally:
            self.clean_up()

    def make_check(self, fields: dict[str, Any]) -> None:
        """Create the check that the case is about: {code}, its unique key {ukey}, its {badge} key."""
        made = self.send({"do": "POST {v3}/checks/", "json": {"name": "{u}", "slug": "{u}"} | fields})
        if made.status_code != 201:
            raise StepFailed(f"cannot create the check: {made.status_code} {made.text[:100]}")
        self.variables["code"] = self.find(made, "uuid")
        self.variables["badge"] = self.find(made, "badge_url").split("/")[-1].removesuffix(".svg")
        listed = self.send({"do": "GET {v3}/checks/{code}", "as": "ro"})
        self.variables["ukey"] = self.find(listed, "unique_key")

    def send(self, step: dict[str, Any]) -> requests.Response:
        """Send the request of a step, and remember which checks it may have made."""
        method, _, url = substitute(step["do"], self.variables).partition(" ")
        if VARIABLE.search(url):
            raise StepFailed(f"unknown variable in {url}")
        headers = {"User-Agent": "conformance"} | substitute(step.get("headers", {}), self.variables)
        role = step.get("as", "rw" if url.startswith(f"{self.server.base}/api/") else "none")
        if role != "none":
            headers["X-Api-Key"] = self.server.keys[role]
        answer = self.http.request(
            method,
            url,
            headers=headers,
            data=self.body_of(step),
            timeout=self.server.timeout,
            allow_redirects=False,
        )
        if method == "POST" and answer.status_code == 201 and "/checks" in url:
            self.made.append(self.find(answer, "uuid"))
        if slug := re.search(r"/ping/[^/]+/([^/?]+)[^?]*\?create=1", url):
            self.auto_slugs.add(slug[1])
        return answer

    def body_of(self, step: dict[str, Any]) -> bytes | None:
        """Return the request's body: JSON, a text, {"hex": …} or {"fill": number of bytes}."""
        if "json" in step:
            return json.dumps(substitute(step["json"], self.variables)).encode()
        body = substitute(step.get("body"), self.variables)
        if isinstance(body, dict):
            return bytes.fromhex(body["hex"]) if "hex" in body else b"x" * int(body["fill"])
        return None if body is None else body.encode()

    def play(self, step: dict[str, Any]) -> Iterator[str]:
        """Play one step; yield its differences. When recording, fill in its expectations first."""
        time.sleep(step.get("wait", 0))
        answer = self.send(step)
        actual = self.parts_of(answer, step["expect"])
        if self.record:
            self.fill_in(step["expect"], actual)
        for name, path in step.get("save", {}).items():
            self.variables[name] = self.find(answer, path)
        expected = substitute(step["expect"], self.variables)
        allowed = expected["status"] if isinstance(expected["status"], list) else [expected["status"]]
        if answer.status_code not in allowed:
            yield f"status: expected {expected['status']}, got {answer.status_code} {short(answer.text)}"
            return
        for part in expected.keys() & actual.keys() - {"status"}:
            yield from compare(expected[part], actual[part], part)
        yield from (f"text: lacks {short(part)}" for part in expected.get("has", []) if part not in answer.text)
        if expected.get("xml"):
            yield from xml_errors(answer.content)

    def fill_in(self, expect: dict[str, Any], actual: dict[str, Any]) -> None:
        """Write what came into the expectations of a step; a list of allowed statuses stays."""
        for part in expect.keys() & actual.keys():
            if not (part == "status" and isinstance(expect[part], list)):
                expect[part] = fill(expect[part], actual[part], self.variables)

    @staticmethod
    def parts_of(answer: requests.Response, expect: dict[str, Any]) -> dict[str, Any]:
        """Return those parts of an answer that can be recorded and compared."""
        answer.encoding = "utf-8"
        try:
            content = answer.json()
        except ValueError:
            content = MISSING
        return {
            "status": answer.status_code,
            "headers": {name: answer.headers.get(name, MISSING) for name in expect.get("headers", {})},
            "json": content,
            "text": answer.text,
            "size": str(len(answer.content)),
        }

    def find(self, answer: requests.Response, path: str) -> str:
        """Return what `header:Name`, or a path like `checks.0.uuid` or `channels.name=x.id`, points at."""
        try:
            if path.startswith("header:"):
                return answer.headers[path.removeprefix("header:")]
            value = answer.json()
            for part in substitute(path, self.variables).split("."):
                if isinstance(value, list):
                    key, _, wanted = part.rpartition("=")
                    value = next(item for item in value if item[key] == wanted) if key else value[int(part)]
                else:
                    value = value[part]
            return str(value)
        except (KeyError, IndexError, ValueError, TypeError, StopIteration):
            raise StepFailed(f"nothing at {path}: {answer.status_code} {short(answer.text)}") from None

    def clean_up(self) -> None:
        """Delete every check that this run may have made."""
        try:
            for slug in self.auto_slugs:
                listed = self.send({"do": "GET {v3}/checks/?slug=" + slug})
                self.made += [check["uuid"] for check in listed.json()["checks"]]
            for code in self.made:
                self.send({"do": "DELETE {v3}/checks/" + code})
        except (requests.RequestException, ValueError, KeyError):
            pass
        self.http.close()


def xml_errors(content: bytes) -> Iterator[str]:
    """Yield what keeps the content from being well-formed XML."""
    try:
        ElementTree.fromstring(content)
    except ElementTree.ParseError as error:
        yield f"not well-formed XML: {error}"


def run_case(server: Server, case: dict[str, Any], record: bool) -> list[CaseRun]:
    """Run a case once, or once for each API version that it lists; only the first run records."""
    runs = [CaseRun(server, case, version) for version in case.get("versions", [None])]
    runs[0].record = record
    for run in runs:
        run.run()
    return runs


def arguments() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=str(__doc__).split("\n")[0])
    add = parser.add_argument
    add("mode", choices=["check", "record"])
    add("folders", nargs="+", type=Path, help="folders with case files (*.json)")
    add("--base", required=True, help="base URL, below which are /ping/ and /api/")
    add("--api-key", required=True, help="read-write key of the project")
    add("--readonly-key", required=True, help="read-only key of the same project")
    add("--ping-key", required=True, help="ping key of the same project")
    add("--other-api-key", default="", help="read-write key of another project")
    add("--project", default="", help="the project's id in the path of the metrics page")
    add("--only", default="", metavar="REGEX", help="only cases whose file/name matches")
    add("--jobs", type=int, default=4, help="cases run at once (default: 4)")
    add("--timeout", type=float, default=20.0, help="seconds to wait for an answer")
    add("-v", "--verbose", action="store_true", help="name the passed cases too")
    return parser.parse_args()


def main() -> int:
    """Run the chosen cases; return the exit status."""
    args = arguments()
    keys = {"rw": args.api_key, "ro": args.readonly_key, "other": args.other_api_key}
    server = Server(args.base.rstrip("/"), keys, args.ping_key, args.project, args.timeout)
    files = {path: json.loads(path.read_text()) for folder in args.folders for path in sorted(folder.glob("*.json"))}
    named = [(f"{path.stem}/{case['name']}", case) for path, cases in files.items() for case in cases]
    chosen = [(name, case) for name, case in named if re.search(args.only, name)]
    abilities = server.abilities()
    ready = [(name, case) for name, case in chosen if abilities.issuperset(case.get("needs", []))]
    failed = total = 0
    with ThreadPoolExecutor(args.jobs) as pool:
        results = pool.map(lambda pair: run_case(server, pair[1], args.mode == "record"), ready)
        for (name, _), runs in zip(ready, results, strict=True):
            for run in runs:
                title = f"{name} [{run.version}]" if run.version else name
                for line in run.differences:
                    print(f"FAIL {title}: {line}".replace("\n", "\\n"))
                if args.verbose and not run.differences:
                    print(f"ok   {title}")
                failed, total = failed + bool(run.differences), total + 1
    if args.mode == "record":
        for path, cases in files.items():
            path.write_text(pretty(cases) + "\n")
    skipped = len(chosen) - len(ready)
    passed = f"{total - failed} passed, {failed} failed"
    print(f"{len(ready)} cases in {total} runs: {passed}; {skipped} cases skipped")
    return 1 if failed or not ready else 0


if __name__ == "__main__":
    sys.exit(main())
