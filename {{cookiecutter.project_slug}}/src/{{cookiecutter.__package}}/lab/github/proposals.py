"""One pull request with new results, made through the API: no clone is pushed, and no credentials lie in one."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from github import GithubException, InputGitTreeElement
from github.GitCommit import GitCommit
from github.GitRef import GitRef
from github.PullRequest import PullRequest

from .connection import Connection, settled
from .errors import GithubError
from .texts import is_marked, same

TRAILER = "Proposed-by: lab propose"


class Proposal(NamedTuple):
    """What is proposed: files by their path, on top of a commit, on a branch of its own, for another branch."""

    branch: str
    base: str
    commit: str
    files: Mapping[str, str]
    title: str
    body: str
    mark: str


class Proposed(NamedTuple):
    """What had to be done, and whether the branch has a new commit."""

    said: str
    moved: bool = False


def propose(connection: Connection, proposal: Proposal, wait: float = 1.0) -> Proposed:
    """Make the one pull request of a branch propose these files; return what had to be done.

    Raises:
        GithubError: somebody else has committed to the branch.
    """
    moved = settled(lambda: put_branch(connection, proposal), wait)
    if moved is None:
        return Proposed("nothing to propose: these files are there already")
    return Proposed(settled(lambda: put_pull_request(connection, proposal), wait), moved)


def put_branch(connection: Connection, proposal: Proposal) -> bool | None:
    """Let the branch be the commit with the files on top; return whether it moved, or None if nothing differs."""
    repository = connection.repository
    base = repository.get_git_commit(proposal.commit)
    elements = [InputGitTreeElement(path, "100644", "blob", content=text) for path, text in proposal.files.items()]
    tree = repository.create_git_tree(elements, base.tree)
    if tree.sha == base.tree.sha:
        return None
    branch = find_branch(connection, proposal.branch)
    if branch is not None:
        present = own_commit(connection, branch, proposal.branch)
        if present.tree.sha == tree.sha and [parent.sha for parent in present.parents] == [base.sha]:
            return False
    made = repository.create_git_commit(f"{proposal.title}\n\n{TRAILER}", tree, [base])
    if branch is None:
        repository.create_git_ref(f"refs/heads/{proposal.branch}", made.sha)
    else:
        branch.edit(made.sha, force=True)
    return True


def find_branch(connection: Connection, name: str) -> GitRef | None:
    """Return a branch, or None. GitHub finds those whose names only begin alike as well."""
    found = connection.repository.get_git_matching_refs(f"heads/{name}")
    return next((ref for ref in found if ref.ref == f"refs/heads/{name}"), None)


def own_commit(connection: Connection, branch: GitRef, name: str) -> GitCommit:
    """Return the commit that a branch is at.

    Raises:
        GithubError: this command didn't make it: what a person committed is not overwritten.
    """
    commit = connection.repository.get_git_commit(branch.object.sha)
    if TRAILER not in commit.message.splitlines():
        raise GithubError(
            f"Somebody else has committed to {name}, and that isn't overwritten: merge or delete that branch first."
        )
    return commit


def put_pull_request(connection: Connection, proposal: Proposal) -> str:
    """Open the pull request of the branch, or bring the open one up to date."""
    found = find_pull_request(connection, proposal)
    if found is None:
        try:
            made = connection.repository.create_pull(
                proposal.base, proposal.branch, title=proposal.title, body=proposal.body
            )
            return f"pull request #{made.number} opened"
        except GithubException as error:
            # Another run may have been quicker: GitHub allows a branch one open pull request.
            found = find_pull_request(connection, proposal) if error.status == 422 else None
            if found is None:
                raise
    if same(found.body, proposal.body) and found.title == proposal.title:
        return f"pull request #{found.number} unchanged"
    found.edit(title=proposal.title, body=proposal.body)
    return f"pull request #{found.number} updated"


def find_pull_request(connection: Connection, proposal: Proposal) -> PullRequest | None:
    """Return the open pull request of the branch, or None."""
    repository = connection.repository
    owner = repository.full_name.split("/")[0]
    found = repository.get_pulls(state="open", head=f"{owner}:{proposal.branch}", base=proposal.base)
    return next((each for each in found if is_marked(each.body, proposal.mark)), None) or next(iter(found), None)


def dispatch(connection: Connection, workflow: str, branch: str) -> None:
    """Start a workflow on a branch: what a workflow's own token pushes starts none."""
    connection.repository.get_workflow(workflow).create_dispatch(branch, throw=True)
