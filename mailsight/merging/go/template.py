"""Go's templates, as listmonk uses them: text/template, with html/template's escaping in HTML and Sprig's functions."""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from mailsight.merging.failures import EvaluationFailed
from mailsight.merging.limits import MAX_STEPS, TooCostly
from mailsight.merging.pieces import listed
from mailsight.merging.rendering import Notes, Rendered
from mailsight.merging.values import MISSING, Values, member

from .functions import CONDITIONS, FOR_ABSENT, FUNCTIONS
from .html import HtmlWriter
from .syntax import (
    Action,
    Block,
    Branch,
    Constant,
    Function,
    Left,
    Node,
    Operand,
    Path,
    Pipeline,
    Text,
    parse,
)
from .values import MAX_PRINTED, Absent, Html, TooLarge, date_text, from_json, is_true, printed

# Operands or names that one step pays for.
_ITEMS_PER_STEP = 10
_MAX_CALLS = 50

# listmonk rewrites these before Go reads the template: knadh/listmonk, models/models.go, 2026-11-26.
_TRACK_LINK = "@TrackLink"
_WITHOUT_SPACE = re.compile(r"[^\s\"'<>{}]+")
_URL = re.compile(r"https?://.+", re.DOTALL)
# Objects that listmonk hands to a template.
_OBJECTS = (
    ("Subscriber",),
    ("Subscriber", "Attribs"),
    ("Campaign",),
    ("Campaign", "Attribs"),
    ("Tx",),
    ("Tx", "Data"),
)
_ADDRESSES = frozenset(("UnsubscribeURL", "MessageURL", "OptinURL", "ManageURL", "ArchiveURL", "RootURL"))
_DEFAULT_LAYOUT = "Mon Jan _2 15:04:05 2006"


def render(template: str, values: Values, *, is_html: bool) -> Rendered:
    """Render a template, as `rendering.Renderer` says."""
    if _TRACK_LINK in template:
        template = _WITHOUT_SPACE.sub(lambda match: _tracked(match[0]), template)
    run = _Run(values, is_html=is_html)
    try:
        run.template(parse(template))
    except (TooCostly, RecursionError):
        return Rendered(template, unsupported=(run.last_action or listed(template),))
    return run.notes.rendered("".join(run.parts))


def _tracked(text: str) -> str:
    """Text without spaces, with its marked URLs as actions."""
    *marked, rest = text.split(_TRACK_LINK)
    return "".join(map(_track_link, marked)) + rest


def _track_link(marked: str) -> str:
    text, urls = _URL.subn(r'{{ TrackLink "\g<0>" . }}', marked, count=1)
    return text if urls else marked + _TRACK_LINK


@dataclass(frozen=True, slots=True)
class _Object:
    """An object that templates get, such as .Subscriber, whose members are looked up among the values."""

    path: tuple[str, ...] = ()


class _Break(Exception):
    """A break in a range."""


class _Continue(Exception):
    """A continue in a range."""


class _Run:
    """One run of a template."""

    def __init__(self, values: Values, *, is_html: bool) -> None:
        self.notes = Notes()
        self._values = values
        self._html = HtmlWriter() if is_html else None
        self.parts = self._html.parts if self._html else []
        self._templates: dict[str, list[Node]] = {}
        self._variables: list[dict[str, Any]] = [{"$": _Object()}]
        self._calls = 0
        self._ranges = 0
        self._budget = values.budget
        self.last_action = ""

    def template(self, nodes: list[Node]) -> None:
        for node in nodes:
            if isinstance(node, Block) and node.word in ("define", "block"):
                self._templates[node.branches[0].action.name] = node.branches[0].nodes
        self._nodes(nodes, _Object())

    def _step(self, characters: int = 0, *, steps: int = 1) -> None:
        self._budget.spend(steps)
        self._budget.write(characters)

    def _nodes(self, nodes: Sequence[Node], dot: Any) -> None:
        for node in nodes:
            match node:
                case Text(text):
                    self._step(len(text))
                    self._text(text)
                case Left(raw):
                    self._leave(raw)
                case Action():
                    self.last_action = node.raw
                    self._step()
                    self._action(node, dot)
                case Block():
                    self.last_action = node.branches[0].action.raw
                    self._step()
                    self._block(node, dot)

    def _text(self, text: str) -> None:
        if self._html:
            self._html.text(text)
        else:
            self.parts.append(text)

    def _raw(self, text: str) -> None:
        if self._html:
            self._html.raw(text)
        else:
            self.parts.append(text)

    def _write(self, value: Any) -> None:
        text = "" if value is None and self._html else self._charged(printed, value)
        self._step(len(text))
        if self._html is None:
            self.parts.append(text)
        elif isinstance(value, Html):
            self._html.html(text)
        else:
            self._html.value(text)

    def _leave(self, raw: str) -> None:
        self.notes.unsupported[raw] = None
        self._raw(raw)

    def _action(self, action: Action, dot: Any) -> None:
        try:
            if action.word == "template":
                self._call_template(action, dot)
            elif action.word in ("break", "continue"):
                self._leave_range(action)
            elif action.pipeline:
                is_escaped = self._html is not None and not action.variables
                pipeline = _without_escaper(action.pipeline) if is_escaped else action.pipeline
                self._output(action, self._pipeline(pipeline, dot))
        except EvaluationFailed:
            self._leave(action.raw)

    def _output(self, action: Action, value: Any) -> None:
        if action.variables:
            self._set(action.variables[0], value, declares=action.declares)
        elif isinstance(value, Absent):
            self.notes.unknown[value.name] = None
            self._raw(action.raw)
        else:
            self._write(value)

    def _leave_range(self, action: Action) -> None:
        if self._ranges:
            raise _Break if action.word == "break" else _Continue
        raise EvaluationFailed

    def _call_template(self, action: Action, dot: Any) -> None:
        nodes = self._templates.get(action.name)
        if nodes is None or self._calls >= _MAX_CALLS:
            raise EvaluationFailed
        value = self._pipeline(action.pipeline, dot) if action.pipeline else None
        variables, ranges = self._variables, self._ranges
        self._variables, self._ranges = [{"$": value}], 0
        self._calls += 1
        try:
            self._nodes(nodes, value)
        finally:
            self._calls -= 1
            self._variables, self._ranges = variables, ranges

    def _block(self, block: Block, dot: Any) -> None:
        if block.word == "define":
            return
        if block.word == "block":
            self._called_block(block, dot)
            return
        self._variables.append({})
        try:
            for place, branch in enumerate(block.branches):
                try:
                    is_done = self._branch(block, branch, dot)
                except EvaluationFailed:
                    self._leave_block(block, place, dot)
                    return
                if is_done:
                    return
        finally:
            self._variables.pop()

    def _called_block(self, block: Block, dot: Any) -> None:
        action = block.branches[0].action
        self._templates[action.name] = block.branches[0].nodes
        try:
            self._call_template(action, dot)
        except EvaluationFailed:
            self._leave_block(block, 0, dot)

    def _leave_block(self, block: Block, start: int, dot: Any) -> None:
        """Leave the tags of the branches from `start` on in the text, with what is between them."""
        for branch in block.branches[start:]:
            self._leave(branch.action.raw)
            self._nodes(branch.nodes, dot)
        self._leave(block.end)

    def _branch(self, block: Block, branch: Branch, dot: Any) -> bool:
        """Whether the branch is the one to write; it is written."""
        pipeline = branch.action.pipeline
        if pipeline is None:
            self._nodes(branch.nodes, dot)
            return True
        value = self._asked(self._pipeline(pipeline, dot))
        if block.word == "range" and branch.action.word == "range":
            return self._range(branch, value)
        if branch.action.variables:
            self._set(branch.action.variables[0], value, declares=branch.action.declares)
        if not is_true(value):
            return False
        self._nodes(branch.nodes, value if block.word == "with" else dot)
        return True

    def _range(self, branch: Branch, value: Any) -> bool:
        keys: Sequence[Any]
        parts: Iterable[Any]
        match value:
            case list():
                keys, parts = range(len(value)), value
            case dict():
                self._step(steps=len(value) // _ITEMS_PER_STEP)
                keys = sorted(value)
                parts = map(value.__getitem__, keys)
            case int() if not isinstance(value, bool) and value <= MAX_STEPS:
                keys = parts = range(value)
            case None:
                keys = parts = ()
            case _:
                raise EvaluationFailed
        variables = branch.action.variables
        for key, unread in zip(keys, parts, strict=True):
            self._step()
            item = unread if isinstance(value, int) else from_json(unread)
            for name, part in zip(variables, (key, item) if len(variables) > 1 else (item,), strict=False):
                self._set(name, part, declares=branch.action.declares)
            self._ranges += 1
            self._variables.append({})
            try:
                self._nodes(branch.nodes, item)
            except _Break:
                break
            except _Continue:
                continue
            finally:
                self._variables.pop()
                self._ranges -= 1
        return bool(keys)

    def _asked(self, value: Any) -> Any:
        """A value that a condition asks for; one that nobody knows is nil."""
        if isinstance(value, Absent):
            self.notes.assumed[value.name] = None
            return None
        return value

    def _set(self, name: str, value: Any, *, declares: bool) -> None:
        scopes = [self._variables[-1]] if declares else [scope for scope in self._variables if name in scope]
        if not scopes:
            raise EvaluationFailed
        scopes[-1][name] = value

    def _pipeline(self, pipeline: Pipeline, dot: Any) -> Any:
        piped: tuple[Any, ...] = ()
        for command in pipeline.commands:
            piped = (self._command(command, piped, dot),)
        return self._members(piped[0], pipeline.names)

    def _command(self, command: tuple[Operand, ...], piped: tuple[Any, ...], dot: Any) -> Any:
        self._step(steps=1 + len(command) // _ITEMS_PER_STEP)
        first, *operands = command
        if first == Function("now.Format") and len(operands) == 1:
            return self._call("date", [self._operand(operands[0], dot), self._call("now", [])])
        if isinstance(first, Function):
            if first.name in ("and", "or"):
                return self._either(first.name, operands, piped, dot)
            return self._call(first.name, [*(self._operand(operand, dot) for operand in operands), *piped])
        if operands or piped or first == Constant(None):
            if isinstance(first, Path) and first.names[-1:] == ("Format",) and len(command) == 2:
                when = self._operand(Path(first.names[:-1], first.variable), dot)
                return self._call("date", [self._operand(command[1], dot), when])
            raise EvaluationFailed
        return self._operand(first, dot)

    def _either(self, name: str, operands: list[Operand], piped: tuple[Any, ...], dot: Any) -> Any:
        """The first value that decides an "and" or "or", otherwise the last."""
        values = [*operands, *piped]
        if not values:
            raise EvaluationFailed
        value: Any = None
        for place, operand in enumerate(values):
            is_operand = isinstance(operand, Constant | Path | Function | Pipeline)
            value = self._operand(operand, dot) if is_operand else operand
            if is_true(value) == (name == "or") or place == len(values) - 1:
                break
            if name == "and":
                value = self._asked(value)
        return value

    def _operand(self, operand: Operand, dot: Any) -> Any:
        match operand:
            case Constant(value):
                return value
            case Pipeline():
                return self._pipeline(operand, dot)
            case Function(name):
                return self._call(name, [])
            case Path(names, variable):
                start = dot if variable is None else self._variable(variable)
                value = self._members(start, names)
                return Absent(".".join(names)) if isinstance(value, Absent) and start == _Object() else value

    def _variable(self, name: str) -> Any:
        for scope in reversed(self._variables):
            if name in scope:
                return scope[name]
        raise EvaluationFailed

    def _call(self, name: str, arguments: list[Any]) -> Any:
        if name in _ADDRESSES:
            value = self._values.lookup(name)
            return Absent(name) if value is MISSING else value
        if name in ("Date", "now"):
            return self._time(name, arguments)
        function = FUNCTIONS.get(name)
        if function is None:
            raise EvaluationFailed
        if name in FOR_ABSENT:
            arguments = [None if isinstance(value, Absent) else value for value in arguments]
        elif name in CONDITIONS:
            arguments = [self._asked(value) for value in arguments]
        elif absent := next((value for value in arguments if isinstance(value, Absent)), None):
            return absent
        # Functions read lists and objects item by item, but texts at once.
        items = sum(len(value) for value in arguments if isinstance(value, list | dict))
        self._step(items, steps=0)
        try:
            result = self._charged(function, *arguments)
        except (ArithmeticError, AttributeError, LookupError, TypeError, ValueError) as error:
            raise EvaluationFailed from error
        size = len(result) if isinstance(result, str | list) else 0
        self._step(size if items else size // 10)
        if size > MAX_PRINTED:
            raise EvaluationFailed
        return result

    def _charged(self, function: Callable[..., Any], *arguments: Any) -> Any:
        """A function's result. Trying to print too large a value costs as much as printing the largest."""
        try:
            return function(*arguments)
        except TooLarge:
            self._step(MAX_PRINTED, steps=0)
            raise

    def _time(self, name: str, arguments: list[Any]) -> Any:
        sent_at: datetime | None = self._values.sent_at
        if sent_at is None:
            return Absent(name)
        if name == "now":
            return sent_at
        layout = arguments[0] if arguments else ""
        if not isinstance(layout, str):
            raise EvaluationFailed
        return date_text(sent_at, layout or _DEFAULT_LAYOUT)

    def _members(self, value: Any, names: tuple[str, ...]) -> Any:
        """The value that the names lead to, member by member."""
        self._step(steps=len(names) // _ITEMS_PER_STEP)
        for place, name in enumerate(names):
            if isinstance(value, Absent):
                return Absent(".".join((value.name, *names[place:])))
            value = self._member(value, name)
        return value

    def _member(self, value: Any, name: str) -> Any:
        match value:
            case _Object():
                return self._looked_up((*value.path, name))
            case Mapping():
                item = member(value, name)
                return Absent(name) if item is MISSING else from_json(item)
            case None:
                return Absent(name)
        raise EvaluationFailed

    def _looked_up(self, path: tuple[str, ...]) -> Any:
        value: Any = self._values
        for name in path:
            value = member(value, name)
        if value is MISSING or path == ("Subscriber",):
            value = self._derived(path)
        if value is not MISSING:
            return from_json(value)
        return _Object(path) if path in _OBJECTS else Absent(".".join(path))

    def _derived(self, path: tuple[str, ...]) -> Any:
        """What is known by another name. Nothing of a campaign is looked up among the customer's values."""
        if path in _OBJECTS:
            return MISSING
        if path[0] == "Campaign":
            return self._values.mail.get("subject", MISSING) if path[1] == "Subject" else MISSING
        if path == ("Subscriber", "UUID"):
            known = map(self._values.lookup, ("UUID", "customer_id"))
            return next((value for value in known if value is not MISSING), MISSING)
        if path in (("Subscriber", "FirstName"), ("Subscriber", "LastName")):
            name = self._values.lookup("Subscriber", "Name")
            if isinstance(name, str):
                return _name_part(name, is_first=path[1] == "FirstName")
        return self._values.lookup(*path)


def _name_part(name: str, *, is_first: bool) -> str:
    """listmonk's first or last name: the first or last word of more than two bytes."""
    words = name.split(" ") if is_first else name.split(" ")[::-1]
    return next((word for word in words if len(word.encode("utf-8", "replace")) > 2), name)


def _without_escaper(pipeline: Pipeline) -> Pipeline:
    """A pipeline that is written in HTML: html/template escapes it in place of a `html` at its end."""
    *commands, last = pipeline.commands
    if last[0] != Function("html"):
        return pipeline
    return Pipeline((*commands, (Function("print"), *last[1:])), pipeline.names)
