"""Handlebars, with the helpers that SendGrid, Iterable, Mailgun, Amazon SES, Mandrill and Mailtrap add to it.

Its own program, handlebars.js, sets the rules. No Python package follows them: pybars3, last released in 2019, turns
templates into Python code and lacks white space control and block parameters; chevron is Mustache only.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import ClassVar

from mailsight.merging import javascript
from mailsight.merging.failures import EvaluationFailed
from mailsight.merging.limits import TooCostly
from mailsight.merging.output import Output
from mailsight.merging.rendering import Rendered
from mailsight.merging.values import MISSING, Json, Missing, Values

from . import lists
from .expressions import Data, Evaluator, Markup, Scope
from .helpers import CHANGES, CONDITIONS, is_empty
from .parser import Parser
from .spaces import control
from .tags import MAX_DEPTH
from .tree import Block, Body, Branch, Call, Node, Partial, Raw, Tag, Text

_ESCAPES = str.maketrans(
    {"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#x27;", "`": "&#x60;", "=": "&#x3D;"}
)
# Iterable fills these with what a data feed answered, which nobody stores.
_FEED_TAG = re.compile(r"\[\[[^\[\]]{1,200}+\]\]")
# Mailgun fills these after the template, in all parts of a mail.
_RECIPIENT = re.compile(r"%recipient\.([\w.]{1,100}+)%")


def render(template: str, values: Values, *, is_html: bool) -> Rendered:
    """Renders a template, as `rendering.Renderer` says."""
    return _Template(template, values, is_html=is_html).rendered()


class _Template:
    def __init__(self, template: str, values: Values, *, is_html: bool) -> None:
        self._source = template
        self._values = values
        self._is_html = is_html
        self._out = Output(values.budget)
        self._expressions = Evaluator(values, self._out)
        self._depth = 0

    def rendered(self) -> Rendered:
        body = Parser(self._source).parse()
        control(body)
        scope = Scope(self._values, Data({"root": self._values})).defining(body.partials, None)
        for node in body.nodes:
            try:
                self._node(node, scope)
            except TooCostly:
                self._out.unsupported(_opening(node))
                self._out.rest(self._source[node.end :])
                break
        for tag in _FEED_TAG.finditer(self._source):
            self._out.unsupported(tag.group())
        return self._out.rendered()

    def _body(self, body: Body | None, scope: Scope, around: Scope | None) -> None:
        """Renders a body in its scope. `around` is the scope that its block is in."""
        if body is None:
            return
        self._depth += 1
        if self._depth > MAX_DEPTH:
            raise TooCostly
        scope = scope.defining(body.partials, around)
        for node in body.nodes:
            self._node(node, scope)
        self._depth -= 1

    def _same(self, body: Body | None, scope: Scope) -> None:
        """Renders what a helper shows in the scope of its block. handlebars.js takes an empty object for null there."""
        self._body(body, replace(scope, this={}) if scope.this is None else scope, scope)

    def _node(self, node: Node, scope: Scope) -> None:
        self._out.step()
        match node:
            case Text():
                self._out.write(self._with_recipient(node.value))
            case Raw():
                self._out.write(node.text)
            case Tag(call=Call() as call):
                self._field(node, call, scope)
            case Tag(is_comment=False):
                self._literally(node.source)
            case Block(kind="partial_block"):
                self._partial_block(node, scope)
            case Block(kind="block" | "inverted"):
                self._block(node, scope)
            case Partial():
                self._partial(node, scope)

    def _literally(self, source: str) -> None:
        self._out.write(source)
        self._out.unsupported(source)

    def _with_recipient(self, text: str) -> str:
        return _RECIPIENT.sub(self._recipient, text) if "%recipient." in text else text

    def _recipient(self, token: re.Match[str]) -> str:
        value = self._values.lookup("recipient", *token[1].split("."))
        if value is MISSING:
            self._out.unknown(f"recipient.{token[1]}")
            return token.group()
        return self._written(value)

    def _written(self, value: Json, *, is_raw: bool = False) -> str:
        text = javascript.text(value)
        is_escaped = self._is_html and not is_raw and not isinstance(value, Markup)
        return text.translate(_ESCAPES) if is_escaped else text

    def _field(self, tag: Tag, call: Call, scope: Scope) -> None:
        self._expressions.missing.clear()
        try:
            value = self._expressions.call(call, scope)
        except EvaluationFailed:
            self._literally(tag.source)
            return
        if value is MISSING:
            self._out.write(tag.source)
            for name in self._expressions.missing:
                self._out.unknown(name)
        else:
            self._out.write(self._written(value, is_raw=tag.is_raw))

    def _block(self, block: Block, scope: Scope) -> None:
        for index, branch in enumerate(block.branches):
            self._expressions.missing.clear()
            try:
                is_shown = self._branch(branch, scope)
            except EvaluationFailed:
                self._show_all(block, index, scope)
                return
            if is_shown:
                return
        if block.otherwise and block.branches[-1].call.arguments:
            self._same(block.otherwise.body, scope)
        elif block.otherwise:
            self._body(block.otherwise.body, scope, scope)

    def _branch(self, branch: Branch, scope: Scope) -> bool:
        """Shows a branch if it applies. Returns whether it does."""
        call = branch.call
        name = scope.helper(call.path)
        if name in self._BLOCKS:
            return self._BLOCKS[name](self, branch, scope)
        if name in CONDITIONS and call.arguments:
            return self._show_if(
                javascript.is_true(self._expressions.condition(name, call, scope)), branch, scope
            )
        if call.arguments or call.options:
            raise EvaluationFailed
        return self._section(self._expressions.path(call.path, scope), branch, scope)

    def _section(self, value: Json | Missing, branch: Branch, scope: Scope) -> bool:
        self._expressions.assume()
        if javascript.is_list(value):
            return self._items(value, branch, scope)
        if value is MISSING or value is None or value is False:
            return False
        self._body(branch.body, scope if value is True else scope.within(value), scope)
        return True

    def _argument(self, branch: Branch, scope: Scope) -> Json:
        """The only argument of a block; None if its value is unknown."""
        [value] = self._arguments(branch, scope, 1)
        return value

    def _arguments(self, branch: Branch, scope: Scope, count: int) -> list[Json]:
        """The arguments of a block that takes so many; None for those whose value is unknown."""
        if len(branch.call.arguments) != count:
            raise EvaluationFailed
        values = [self._expressions.value(argument, scope) for argument in branch.call.arguments]
        self._expressions.assume()
        return [None if value is MISSING else value for value in values]

    def _if(self, branch: Branch, scope: Scope) -> bool:
        return self._show_if(self._holds(branch, scope), branch, scope)

    def _unless(self, branch: Branch, scope: Scope) -> bool:
        return self._show_if(not self._holds(branch, scope), branch, scope)

    def _show_if(self, is_shown: bool, branch: Branch, scope: Scope) -> bool:
        if is_shown:
            self._same(branch.body, scope)
        return is_shown

    def _holds(self, branch: Branch, scope: Scope) -> bool:
        value = self._argument(branch, scope)
        option = branch.call.options.get("includeZero")
        if option is not None and javascript.is_true(self._expressions.value(option, scope)):
            return not is_empty(value)
        return javascript.is_filled(value)

    def _with(self, branch: Branch, scope: Scope) -> bool:
        value = self._argument(branch, scope)
        if is_empty(value):
            return False
        names = zip(branch.call.block_names, (value,), strict=False)
        self._body(branch.body, scope.within(value, names), scope)
        return True

    def _each(self, branch: Branch, scope: Scope) -> bool:
        return self._items(self._argument(branch, scope), branch, scope)

    def _items(self, value: Json, branch: Branch, scope: Scope) -> bool:
        """Shows a branch for each item of a list or object. Returns whether there are any."""
        if isinstance(value, Mapping):
            items: list[tuple[Json, Json]] = [(key, value[key]) for key in javascript.keys(value)]
        else:
            items = list(enumerate(value)) if javascript.is_list(value) else []
        for index, (key, item) in enumerate(items):
            names = zip(branch.call.block_names, (item, key), strict=False)
            data = {"key": key, "index": index, "first": index == 0, "last": index == len(items) - 1}
            self._out.step()
            self._body(branch.body, scope.within(item, names, data), scope)
        return bool(items)

    def _assign(self, branch: Branch, scope: Scope) -> bool:
        """Keeps what a block shows under a name: Iterable's `{{#assign "name"}}`."""
        name = self._argument(branch, scope)
        start = self._out.mark()
        self._same(branch.body, scope)
        self._expressions.assigned[javascript.text(name)] = Markup(self._out.cut(start))
        return True

    def _sorted_by(self, branch: Branch, scope: Scope) -> bool:
        """Iterable's `{{#sortBy items field="price" order="desc" as |sorted|}}`."""
        items, options = self._listed(branch, scope, "order")
        order = options.get("order", "asc")
        return self._named(
            branch, scope, lists.sorted_by(items, options["field"], order, self._values.member)
        )

    def _grouped_by(self, branch: Branch, scope: Scope) -> bool:
        """Iterable's `{{#groupBy items field="kind" as |groups|}}`."""
        items, options = self._listed(branch, scope)
        return self._named(branch, scope, lists.grouped_by(items, options["field"], self._values.member))

    def _listed(self, branch: Branch, scope: Scope, *optional: str) -> tuple[Json, dict[str, str]]:
        """The list of a block, and its options: a field, and those that it may have beside it."""
        call = branch.call
        if not call.block_names or call.options.keys() - {"field", *optional} or "field" not in call.options:
            raise EvaluationFailed
        options = {
            name: javascript.text(self._expressions.value(option, scope))
            for name, option in call.options.items()
        }
        return self._counted(self._argument(branch, scope)), options

    def _counted(self, value: Json) -> Json:
        """A list whose items count as steps; an empty one for no value."""
        items = value or []
        self._out.step(len(items) if javascript.is_list(items) else 0)
        return items

    def _named(self, branch: Branch, scope: Scope, value: Json) -> bool:
        """Shows a branch in which a value has the branch's name."""
        names = zip(branch.call.block_names, (value,), strict=False)
        self._body(branch.body, scope.within(scope.this, names), scope)
        return True

    def _extreme(self, branch: Branch, scope: Scope) -> bool:
        """Iterable's `{{#minInList items "price"}}` shows a branch within the item with the smallest price."""
        items, field = self._arguments(branch, scope, 2)
        is_largest = branch.call.path.simple == "maxInList"
        item = lists.extreme_of(
            self._counted(items), javascript.text(field), self._values.member, is_largest=is_largest
        )
        if item is None:
            return False
        self._body(branch.body, scope.within(item), scope)
        return True

    def _looked_up(self, branch: Branch, scope: Scope) -> bool:
        """Iterable's `{{#lookup texts language as |text|}}` gives a name to a member of an object."""
        value, name = self._arguments(branch, scope, 2)
        if not branch.call.block_names or not isinstance(value, Mapping):
            raise EvaluationFailed
        member = self._values.member(value, javascript.text(name))
        return member is not MISSING and self._named(branch, scope, member)

    def _change(self, branch: Branch, scope: Scope) -> bool:
        """Changes what a branch writes, such as to Base64."""
        if branch.call.arguments or branch.call.options:
            raise EvaluationFailed
        start = self._out.mark()
        self._same(branch.body, scope)
        self._out.write(CHANGES[branch.call.path.simple](self._out.cut(start)))
        return True

    def _show_all(self, block: Block, index: int, scope: Scope) -> None:
        """Shows all that a block might, from a branch on, with the tags that could not be understood."""
        parts = [(branch.source, branch.body) for branch in block.branches[index:]]
        if block.otherwise:
            parts.append((block.otherwise.source, block.otherwise.body))
        if block.kind == "inverted":
            bodies = [body for _, body in reversed(parts)]
            parts = [
                (source, body) for (source, _), body in zip(parts, bodies, strict=True) if body is not None
            ]
        self._out.unsupported(parts[0][0])
        for source, body in parts:
            self._out.write(source)
            self._body(body, scope, scope)
        self._out.write(block.close_source)

    # Partials

    def _partial(self, partial: Partial, scope: Scope) -> None:
        name = partial.call.callee.original
        if name not in scope.partials:
            self._literally(partial.source)
            return
        start = self._out.mark()
        self._invoke(name, partial.call, scope)
        if partial.indent:
            lines = self._out.cut(start).split("\n")
            last = lines.pop()
            text = "".join(f"{partial.indent}{line}\n" for line in lines)
            self._out.write(text + (f"{partial.indent}{last}" if last else ""))

    def _partial_block(self, block: Block, scope: Scope) -> None:
        [branch] = block.branches
        inner = replace(scope, data=Data(scope.data.values, scope.data))
        if branch.body is not None:
            name = branch.call.callee.original
            partials = {**scope.partials, _PARTIAL_BLOCK: (branch.body, scope)}
            inner = replace(inner, partials=partials)
            self._invoke(name if name in scope.partials else _PARTIAL_BLOCK, branch.call, inner)

    def _invoke(self, name: str, call: Call, scope: Scope) -> None:
        body, defined = scope.partials[name]
        self._expressions.missing.clear()
        try:
            this = self._expressions.value(call.arguments[0], scope) if call.arguments else scope.this
            options = {key: self._expressions.value(option, scope) for key, option in call.options.items()}
        except EvaluationFailed:
            self._literally(f"{{{{> {name}}}}}")
            return
        self._expressions.assume()
        this = None if this is MISSING else this
        if options:
            known = {key: value for key, value in options.items() if value is not MISSING}
            this = {**(this if isinstance(this, Mapping) else {}), **known}
        own = defined.within(this) if defined else Scope(this, scope.data)
        if name == _PARTIAL_BLOCK:
            own = replace(own, data=Data(scope.data.values, scope.data))
        else:
            own = replace(own, data=scope.data, partials=scope.partials)
        self._body(body, own, defined)

    _BLOCKS: ClassVar[Mapping[str | None, Callable[["_Template", Branch, Scope], bool]]] = {
        "if": _if,
        "unless": _unless,
        "with": _with,
        "each": _each,
        "assign": _assign,
        "sortBy": _sorted_by,
        "groupBy": _grouped_by,
        **dict.fromkeys(("minInList", "maxInList"), _extreme),
        "lookup": _looked_up,
        **dict.fromkeys(CHANGES, _change),
    }


_PARTIAL_BLOCK = "@partial-block"


def _opening(node: Node) -> str:
    """The source of a node, or of its first tag."""
    match node:
        case Block():
            return node.branches[0].source
        case Text():
            return node.original
    return node.source
