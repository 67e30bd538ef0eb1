"""Which wordings the code names, and which values it gives them, read from the code itself.

Two ways lead to a wording: actions say it (`turn.say("utter_…", value=…)`), and courses name it as news
(`Done(say="utter_…", values={…})`). A place that cannot be read fails here, so that no wording goes unseen.
"""

import ast
import re
from collections import defaultdict
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from privacy.settings import ROOT

SAID_BY = ("say", "offer", "ask", "_say", "utterance")
FUNCTIONS = ("say_sent",)
"""Functions of ours that say the wording that they are given."""
_NAME = re.compile(r"utter_[a-z0-9_{}]+")


@cache
def trees() -> tuple[tuple[Path, ast.Module], ...]:
    """Every module of the service."""
    return tuple(
        (path.relative_to(ROOT), ast.parse(path.read_text(encoding="utf-8")))
        for top in ("actions", "privacy", "web", "command")
        for path in sorted((ROOT / top).rglob("*.py"))
    )


def pattern(node: ast.AST) -> str | None:
    """A text of the code, with {} for what is put into it."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node.value
    if isinstance(node, ast.JoinedStr):
        return "".join(
            str(part.value) if isinstance(part, ast.Constant) else "{}" for part in node.values
        )
    return None


def texts(tree: ast.Module) -> Iterator[str]:
    """All texts of a module."""
    inside = {
        id(part)
        for node in ast.walk(tree)
        if isinstance(node, ast.JoinedStr)
        for part in node.values
    }
    for node in ast.walk(tree):
        text = None if id(node) in inside else pattern(node)
        if text is not None:
            yield text


@cache
def named() -> dict[str, set[str]]:
    """Every wording that the code names, with the modules that do."""
    found: dict[str, set[str]] = defaultdict(set)
    for path, tree in trees():
        for text in texts(tree):
            if _NAME.fullmatch(text):
                found[text].add(str(path))
    return found


@cache
def calls_that_say() -> tuple[tuple[str, list[str], set[str], bool], ...]:
    """Each call in which something is said: how it is called, the texts among its arguments, the names of the values,
    and whether more of them come by `**`."""
    return tuple(_calls())


def _calls() -> Iterator[tuple[str, list[str], set[str], bool]]:
    for _, tree in trees():
        for node in ast.walk(tree):
            if isinstance(node, ast.Call):
                called = getattr(node.func, "attr", "") or getattr(node.func, "id", "")
                if called not in (*SAID_BY, *FUNCTIONS):
                    continue
                values = {keyword.arg for keyword in node.keywords if keyword.arg}
                said = [
                    text
                    for argument in node.args
                    for part in ast.walk(argument)
                    if (text := pattern(part)) is not None
                ]
                yield called, said, values, any(k.arg is None for k in node.keywords)


def news() -> Iterator[tuple[str, set[str]]]:
    """Each wording that is told as news, with the values that it is given there."""
    for path, tree in trees():
        if path.parts[:2] in (("privacy", "fulfilment"), ("privacy", "desk")):
            yield from _Module(path, tree).news()


class _Module:
    """One module of the courses."""

    def __init__(self, path: Path, tree: ast.Module) -> None:
        self._path = path
        self._tree = tree
        self._constants: dict[str, str] = {}
        for node in tree.body:
            if isinstance(node, ast.Assign):
                self._note(node.targets[0], node.value)
        self._functions = {
            node.name: node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)
        }

    def news(self) -> Iterator[tuple[str, set[str]]]:
        for function in self._functions.values():
            for node in ast.walk(function):
                if isinstance(node, ast.Call) and (found := self._news(node, function)):
                    yield found

    def _news(self, call: ast.Call, function: ast.FunctionDef) -> tuple[str, set[str]] | None:
        given = {keyword.arg: keyword.value for keyword in call.keywords}
        if getattr(call.func, "id", "") == "Declined":
            given |= dict(zip(("reason", "say", "mail", "values"), call.args, strict=False))
        say = given.get("say")
        name = self._constants.get(say.id) if isinstance(say, ast.Name) else None
        name = name or (pattern(say) if say is not None else None)
        if name is None or not _NAME.fullmatch(name):
            return None
        return name, self._keys(given["values"], function) if "values" in given else set()

    def _keys(self, node: ast.AST, function: ast.FunctionDef) -> set[str]:
        """The keys that a piece of code certainly has in its dictionary."""
        match node:
            case ast.Dict(keys=keys, values=values):
                return {
                    name
                    for key, value in zip(keys, values, strict=True)
                    for name in (
                        self._keys(value, function) if key is None else {pattern(key) or ""}
                    )
                }
            case ast.BinOp(left=left, op=ast.BitOr(), right=right):
                return self._keys(left, function) | self._keys(right, function)
            case ast.Call(func=ast.Attribute(value=ast.Name(id="self"), attr=method)):
                inner = self._functions[method]
                made = [
                    self._keys(one.value, inner)
                    for one in ast.walk(inner)
                    if isinstance(one, ast.Return) and one.value is not None
                ]
                return set.intersection(*made)
            case ast.Name(id=name):
                found = [
                    self._keys(one.value, function)
                    for one in ast.walk(function)
                    if isinstance(one, ast.Assign)
                    and any(isinstance(t, ast.Name) and t.id == name for t in one.targets)
                ]
                if found:
                    return set.intersection(*found)
        raise AssertionError(f"{self._path}: the values at line {node.lineno} cannot be read")  # type: ignore[attr-defined]

    def _note(self, target: ast.AST, value: ast.AST) -> None:
        if isinstance(target, ast.Tuple) and isinstance(value, ast.Tuple):
            for one, text in zip(target.elts, value.elts, strict=False):
                self._note(one, text)
        elif isinstance(target, ast.Name) and (text := pattern(value)) is not None:
            self._constants[target.id] = text
