"""Log calls: each log event in the sources, with the levels and fields that its calls give it."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

_LEVELS = {
    "info": "info",
    "warning": "warning",
    "error": "error",
    "critical": "critical",
    "exception": "error",
}


@dataclass(frozen=True)
class LogEvent:
    """A log event: its name, the levels that it can have, and the names of its fields."""

    name: str
    levels: frozenset[str]
    fields: frozenset[str]


def log_events(directory: Path) -> list[LogEvent]:
    """The log events in the sources in a directory: the calls of `log`."""
    modules = [ast.parse(path.read_text()) for path in directory.rglob("*.py")]
    return [
        LogEvent(name, frozenset(_levels(call, module)), frozenset(_fields(call, module, modules)))
        for module in modules
        for call in _calls(module)
        if isinstance(call.func, ast.Attribute) and getattr(call.func.value, "id", "") == "log"
        for name in _texts(call)
    ]


def _calls(tree: ast.AST) -> Iterator[ast.Call]:
    return (node for node in ast.walk(tree) if isinstance(node, ast.Call))


def _texts(call: ast.Call) -> list[str]:
    texts = [
        argument.value
        for argument in call.args
        if isinstance(argument, ast.Constant) and isinstance(argument.value, str)
    ]
    assert texts, f"a log event without a name: {ast.unparse(call)}"
    return texts


def _levels(call: ast.Call, module: ast.Module) -> set[str]:
    """The level that the method names, or for `log.log` each that its module mentions."""
    assert isinstance(call.func, ast.Attribute)
    if call.func.attr != "log":
        return {_LEVELS[call.func.attr]}
    return {
        node.attr.lower()
        for node in ast.walk(module)
        if isinstance(node, ast.Attribute) and node.attr.lower() in _LEVELS and node.attr.isupper()
    }


def _fields(call: ast.Call, module: ast.Module, modules: list[ast.Module]) -> set[str]:
    """The keywords of a call. For `**fields`, those that the callers of its function give."""
    assert isinstance(call.func, ast.Attribute)
    fields = {keyword.arg for keyword in call.keywords if keyword.arg}
    if call.func.attr == "exception":
        fields.add("exception")
    if any(keyword.arg is None for keyword in call.keywords):
        function = next(node for node in _functions(module) if node.args.kwarg and _has(node, call))
        parameters = {argument.arg for argument in function.args.kwonlyargs}
        fields |= _keywords_of_callers(function.name, modules) - parameters
    return fields


def _keywords_of_callers(name: str, modules: list[ast.Module]) -> set[str]:
    """The keywords of every call of a function; of `**context`, the names in that dictionary."""
    keywords: set[str] = set()
    for module in modules:
        for call in _calls(module):
            if name == _name(call.func):
                for keyword in call.keywords:
                    keywords |= {keyword.arg} if keyword.arg else _names_in(keyword.value, module)
    return keywords


def _names_in(value: ast.expr, module: ast.Module) -> set[str]:
    """The names in the dictionary that is assigned to a variable or returned by a function."""
    name = _name(value.func if isinstance(value, ast.Call) else value)
    owners = [
        *(node for node in _functions(module) if node.name == name),
        *(
            node
            for node in ast.walk(module)
            if isinstance(node, ast.Assign) and name in map(_name, node.targets)
        ),
    ]
    return {
        key.value
        for owner in owners
        for node in ast.walk(owner)
        if isinstance(node, ast.Dict)
        for key in node.keys
        if isinstance(key, ast.Constant) and isinstance(key.value, str)
    }


def _functions(module: ast.Module) -> list[ast.FunctionDef | ast.AsyncFunctionDef]:
    return [
        node
        for node in ast.walk(module)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    ]


def _has(function: ast.AST, call: ast.Call) -> bool:
    return call in ast.walk(function)


def _name(node: ast.expr) -> str | None:
    return getattr(node, "attr", getattr(node, "id", None))
