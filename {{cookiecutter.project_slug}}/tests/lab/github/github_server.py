"""The part of GitHub's REST API that the commands use, on loopback, with what it was told and a fault where asked.

It keeps issues, comments, pull requests, branches, commits and trees in memory; lists come in pages with Link headers.
"""

from __future__ import annotations

import hashlib
import json
import re
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, NamedTuple
from urllib.parse import parse_qs, unquote, urlsplit

TOKEN = "ghs_not-to-be-seen"
REPOSITORY = "team/flights"
BOT = "github-actions[bot]"
NOTHING = object()


class Fault(NamedTuple):
    """An answer in place of the right one, for the calls whose 'METHOD path' the pattern finds.

    `times` is how often; with `done`, the call has its effect, and only its answer is lost.
    """

    pattern: str
    status: int
    message: str = "no"
    headers: tuple[tuple[str, str], ...] = ()
    times: int = 10**6
    done: bool = False


class RefusedError(Exception):
    """A call that GitHub refuses."""


class Server:
    """GitHub for one repository. `login` writes with TOKEN, and `page` is the most that one page holds."""

    def __init__(self, login: str = BOT, page: int = 2, repository: str = REPOSITORY, token: str = TOKEN) -> None:
        self.login, self.page, self.repository, self.token = login, page, repository, token
        self.issues: dict[int, dict[str, Any]] = {}
        self.comments: dict[int, dict[str, Any]] = {}
        self.commits: dict[str, dict[str, Any]] = {}
        self.trees: dict[str, dict[str, str]] = {}
        self.refs: dict[str, str] = {}
        self.dispatched: list[tuple[str, str]] = []
        self.calls: list[str] = []
        self.faults: list[Fault] = []
        self.between: dict[str, Callable[[], object]] = {}
        self.lock = threading.RLock()
        self.address = ""

    @property
    def writes(self) -> list[str]:
        """The calls that change something."""
        return [call for call in self.calls if not call.startswith("GET ")]

    def number(self) -> int:
        """Return the next number of an issue, a pull request or a comment."""
        return len(self.issues) + len(self.comments) + 1

    def add_issue(self, body: str = "", login: str = "", **more: Any) -> int:
        """Add an issue or, with `pull_request`, a pull request, as others would have opened it; return its number."""
        number = self.number()
        known = {"number": number, "id": number, "title": "", "body": body, "state": "open"}
        self.issues[number] = known | {"user": {"login": login or self.login}, "pull_request": None} | more
        return number

    def add_comment(self, issue: int, body: str, login: str = "") -> int:
        """Add a comment, as others would have written it; return its id."""
        number = self.number()
        self.comments[number] = {"id": number, "issue": issue, "body": body, "user": {"login": login or self.login}}
        return number

    def add_commit(self, files: dict[str, str], message: str = "", sha: str = "", parents: tuple[str, ...] = ()) -> str:
        """Add a commit with these files; return its hash."""
        tree = self.add_tree(files)
        sha = sha or hashlib.sha1(f"{tree}{message}{parents}".encode(), usedforsecurity=False).hexdigest()
        self.commits[sha] = {"sha": sha, "message": message, "tree": {"sha": tree}, "parents": list(parents)}
        return sha

    def add_tree(self, files: dict[str, str]) -> str:
        """Add a tree; return its hash, the same for the same files."""
        sha = hashlib.sha1(json.dumps(files, sort_keys=True).encode(), usedforsecurity=False).hexdigest()
        self.trees[sha] = dict(files)
        return sha

    def files(self, branch: str) -> dict[str, str]:
        """Return the files of a branch."""
        return self.trees[self.commits[self.refs[f"refs/heads/{branch}"]]["tree"]["sha"]]

    def open_issues(self, pull_requests: bool = False) -> list[dict[str, Any]]:
        """Return the open issues, or the open pull requests."""
        found = [issue for issue in self.issues.values() if issue["state"] == "open"]
        return [issue for issue in found if (issue["pull_request"] is not None) == pull_requests]

    def answer(self, method: str, path: str, query: dict[str, str], body: dict[str, Any]) -> tuple[int, Any]:
        """Return status and content for a call."""
        if path == "/user":
            if self.login == BOT:
                return 403, {"message": "Resource not accessible by integration"}
            return 200, {"login": self.login}
        inside = path.removeprefix(f"/repos/{self.repository}")
        if inside == path:
            raise RefusedError
        for pattern, (verb, action) in ROUTES.items():
            found = re.fullmatch(pattern, inside) if verb == method else None
            if found:
                return action(self, query, body, *found.groups())
        raise RefusedError

    def list_issues(self, query: dict[str, str], body: dict[str, Any]) -> tuple[int, Any]:
        """GET /issues: pull requests are issues, too."""
        found = [number for number, issue in self.issues.items() if issue["state"] == query.get("state", "open")]
        return 200, [self.get_issue(query, body, str(number))[1] for number in found]

    def get_issue(self, query: dict[str, str], body: dict[str, Any], number: str) -> tuple[int, Any]:
        """GET /issues/N."""
        if int(number) not in self.issues:
            raise RefusedError
        address = f"{self.address}/repos/{self.repository}/issues/{number}"
        return 200, self.issues[int(number)] | {"url": address, "comments_url": f"{address}/comments"}

    def post_issue(self, query: dict[str, str], body: dict[str, Any]) -> tuple[int, Any]:
        """POST /issues."""
        return 201, self.get_issue(query, body, str(self.add_issue(**too_long(body))))[1]

    def patch_issue(self, query: dict[str, str], body: dict[str, Any], number: str) -> tuple[int, Any]:
        """PATCH /issues/N."""
        self.issues[int(number)] |= too_long(body)
        return self.get_issue(query, body, number)

    def list_comments(self, query: dict[str, str], body: dict[str, Any], number: str) -> tuple[int, Any]:
        """GET /issues/N/comments."""
        return 200, [self.shown(comment) for comment in self.comments.values() if comment["issue"] == int(number)]

    def post_comment(self, query: dict[str, str], body: dict[str, Any], number: str) -> tuple[int, Any]:
        """POST /issues/N/comments."""
        self.get_issue(query, body, number)
        return 201, self.shown(self.comments[self.add_comment(int(number), **too_long(body))])

    def patch_comment(self, query: dict[str, str], body: dict[str, Any], number: str) -> tuple[int, Any]:
        """PATCH /issues/comments/N."""
        self.comments[int(number)] |= too_long(body)
        return 200, self.shown(self.comments[int(number)])

    def delete_comment(self, query: dict[str, str], body: dict[str, Any], number: str) -> tuple[int, Any]:
        """DELETE /issues/comments/N."""
        if int(number) not in self.comments:
            raise RefusedError
        self.comments[int(number)] = {**self.comments[int(number)], "issue": 0}
        return 204, None

    def shown(self, comment: dict[str, Any]) -> dict[str, Any]:
        """Return a comment with its address."""
        address = f"{self.address}/repos/{self.repository}/issues/comments/{comment['id']}"
        return {**comment, "url": address}

    def get_commit(self, query: dict[str, str], body: dict[str, Any], sha: str) -> tuple[int, Any]:
        """GET /git/commits/SHA."""
        if sha not in self.commits:
            raise RefusedError
        return 200, self.commits[sha] | {"parents": [{"sha": parent} for parent in self.commits[sha]["parents"]]}

    def post_tree(self, query: dict[str, str], body: dict[str, Any]) -> tuple[int, Any]:
        """POST /git/trees: the files on top of another tree's."""
        files = self.trees[body["base_tree"]] | {entry["path"]: entry["content"] for entry in body["tree"]}
        return 201, {"sha": self.add_tree(files)}

    def post_commit(self, query: dict[str, str], body: dict[str, Any]) -> tuple[int, Any]:
        """POST /git/commits."""
        sha = self.add_commit(self.trees[body["tree"]], body["message"], parents=tuple(body["parents"]))
        return 201, self.get_commit(query, body, sha)[1]

    def list_refs(self, query: dict[str, str], body: dict[str, Any], name: str) -> tuple[int, Any]:
        """GET /git/matching-refs/NAME: those that begin with it."""
        return 200, [self.ref(ref) for ref in self.refs if ref.startswith(f"refs/{name}")]

    def post_ref(self, query: dict[str, str], body: dict[str, Any]) -> tuple[int, Any]:
        """POST /git/refs."""
        if body["ref"] in self.refs:
            return 422, {"message": "Reference already exists"}
        self.refs[body["ref"]] = body["sha"]
        return 201, self.ref(body["ref"])

    def patch_ref(self, query: dict[str, str], body: dict[str, Any], name: str) -> tuple[int, Any]:
        """PATCH /git/refs/NAME."""
        self.refs[f"refs/{name}"] = body["sha"]
        return 200, self.ref(f"refs/{name}")

    def ref(self, name: str) -> dict[str, Any]:
        """Return a reference."""
        address = f"{self.address}/repos/{self.repository}/git/{name}"
        return {"ref": name, "url": address, "object": {"sha": self.refs[name], "type": "commit"}}

    def list_pulls(self, query: dict[str, str], body: dict[str, Any]) -> tuple[int, Any]:
        """GET /pulls."""
        owner = self.repository.split("/")[0]
        found = [self.pull(each) for each in self.open_issues(pull_requests=True)]
        return 200, [each for each in found if query.get("head") in (None, f"{owner}:{each['head']['ref']}")]

    def post_pull(self, query: dict[str, str], body: dict[str, Any]) -> tuple[int, Any]:
        """POST /pulls."""
        heads = [issue["pull_request"]["head"] for issue in self.open_issues(pull_requests=True)]
        if body["head"] in heads or f"refs/heads/{body['head']}" not in self.refs:
            return 422, {"message": "Validation Failed"}
        ends = {"head": body.pop("head"), "base": body.pop("base")}
        return 201, self.pull(self.issues[self.add_issue(**too_long(body), pull_request=ends)])

    def patch_pull(self, query: dict[str, str], body: dict[str, Any], number: str) -> tuple[int, Any]:
        """PATCH /pulls/N."""
        self.issues[int(number)] |= too_long(body)
        return 200, self.pull(self.issues[int(number)])

    def pull(self, issue: dict[str, Any]) -> dict[str, Any]:
        """Return a pull request."""
        address = f"{self.address}/repos/{self.repository}/pulls/{issue['number']}"
        ends = {name: {"ref": issue["pull_request"][name]} for name in ("head", "base")}
        return {name: value for name, value in issue.items() if name != "pull_request"} | {"url": address} | ends

    def get_workflow(self, query: dict[str, str], body: dict[str, Any], name: str) -> tuple[int, Any]:
        """GET /actions/workflows/NAME."""
        return 200, {"id": 1, "name": name, "url": f"{self.address}/repos/{self.repository}/actions/workflows/{name}"}

    def post_dispatch(self, query: dict[str, str], body: dict[str, Any], name: str) -> tuple[int, Any]:
        """POST /actions/workflows/NAME/dispatches."""
        self.dispatched.append((name, body["ref"]))
        return 204, None


def too_long(body: dict[str, Any]) -> dict[str, Any]:
    """Return what was sent, as long as GitHub takes it."""
    if len(body.get("body") or "") > 65_536:
        raise ValueError("Body is too long (maximum is 65536 characters)")
    return body


Action = Callable[..., tuple[int, Any]]
ROUTES: dict[str, tuple[str, Action]] = {
    r"/issues": ("GET", Server.list_issues),
    r"/issues/?": ("POST", Server.post_issue),
    r"/issues/(\d+)": ("GET", Server.get_issue),
    r"/issues/(\d+)/?": ("PATCH", Server.patch_issue),
    r"/issues/(\d+)/comments": ("GET", Server.list_comments),
    r"/issues/(\d+)/comments/?": ("POST", Server.post_comment),
    r"/issues/comments/(\d+)": ("PATCH", Server.patch_comment),
    r"/issues/comments/(\d+)/?": ("DELETE", Server.delete_comment),
    r"/git/commits/(\w+)": ("GET", Server.get_commit),
    r"/git/trees": ("POST", Server.post_tree),
    r"/git/commits": ("POST", Server.post_commit),
    r"/git/matching-refs/(.+)": ("GET", Server.list_refs),
    r"/git/refs": ("POST", Server.post_ref),
    r"/git/refs/(.+)": ("PATCH", Server.patch_ref),
    r"/pulls": ("GET", Server.list_pulls),
    r"/pulls/?": ("POST", Server.post_pull),
    r"/pulls/(\d+)": ("PATCH", Server.patch_pull),
    r"/actions/workflows/([\w.]+)": ("GET", Server.get_workflow),
    r"/actions/workflows/([\w.]+)/dispatches": ("POST", Server.post_dispatch),
}


class Handler(BaseHTTPRequestHandler):
    """Hands calls to the server of the class made in `running`."""

    server_version, github = "GitHub", Server()
    protocol_version = "HTTP/1.1"

    def handle_call(self) -> None:
        """Answer one call."""
        github, parts = self.github, urlsplit(self.path)
        path, call = unquote(parts.path), f"{self.command} {unquote(parts.path)}"
        content = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        query = {name: values[0] for name, values in parse_qs(parts.query).items()}
        with github.lock:
            github.calls.append(call)
            fault = self.fault(call)
            if fault and not fault.done:
                return self.send(fault.status, {"message": fault.message}, dict(fault.headers))
            if self.headers.get("Authorization") != f"token {github.token}":
                return self.send(401, {"message": "Bad credentials"})
            try:
                status, found = github.answer(self.command, path, query, json.loads(content or b"{}"))
            except RefusedError:
                status, found = 404, {"message": "Not Found"}
            except ValueError as error:
                status, found = 422, {"message": str(error)}
            for pattern in [pattern for pattern in github.between if re.search(pattern, call)]:
                github.between.pop(pattern)()
        if fault:
            return self.send(fault.status, {"message": fault.message}, dict(fault.headers))
        return self.send(*self.paged(status, found, path, query))

    def fault(self, call: str) -> Fault | None:
        """Return the fault that is due for a call, used up by one."""
        for place, fault in enumerate(self.github.faults):
            if re.search(fault.pattern, call) and fault.times:
                self.github.faults[place] = fault._replace(times=fault.times - 1)
                return fault
        return None

    def paged(self, status: int, found: Any, path: str, query: dict[str, str]) -> tuple[int, Any, dict[str, str]]:
        """Return one page of a list, and where the next one is."""
        if not isinstance(found, list):
            return status, found, {}
        size, page = min(self.github.page, int(query.get("per_page", 30))), int(query.get("page", 1))
        more = len(found) > page * size
        asked = "&".join(f"{name}={value}" for name, value in {**query, "page": str(page + 1)}.items())
        link = {"Link": f'<{self.github.address}{path}?{asked}>; rel="next"'} if more else {}
        return status, found[(page - 1) * size : page * size], link

    def send(self, status: int, found: Any, headers: dict[str, str] | None = None) -> None:
        """Send JSON."""
        content = b"" if found is None else json.dumps(found).encode()
        self.send_response(status)
        for name, value in {"Content-Type": "application/json", **(headers or {})}.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    do_GET = do_POST = do_PATCH = do_DELETE = handle_call  # noqa: N815 - the names that http.server asks for

    def log_message(self, *arguments: object) -> None:
        """Say nothing."""


@contextmanager
def running(server: Server) -> Iterator[Server]:
    """Serve on a free port of loopback until the block ends."""
    handler = type("Handler", (Handler,), {"github": server})
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as listening:
        server.address = f"http://127.0.0.1:{listening.server_port}"
        threading.Thread(target=listening.serve_forever, args=(0.01,), daemon=True).start()
        try:
            yield server
        finally:
            listening.shutdown()
