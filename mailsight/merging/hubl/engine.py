"""Runs HubL: the statements of Jinja's tree, with bounds. Whatever fails is left in the text."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NoReturn

from jinja2 import nodes

from mailsight.merging.pieces import Piece, Structure, listed
from mailsight.merging.values import Json, Values

from .expressions import FAILURES, Expressions, Macro, Namespace, NotKnownError, Unknown
from .filters import text


class _BreakError(Exception):
    """A loop ends."""


class _ContinueError(Exception):
    """A turn of a loop ends."""


class Run(Expressions):
    """Runs the tree of a template, whose line numbers are the positions of its pieces."""

    def __init__(
        self,
        template: str,
        pieces: Sequence[Piece],
        layout: Structure,
        texts: Sequence[str | None],
        values: Values,
    ) -> None:
        super().__init__(values)
        self._template = template
        self._pieces = pieces
        self._layout = layout
        self._texts = texts  # what is written for each piece that is not run
        self._written: list[str] = []
        self._loops = 0  # around the statement that runs

    def run(self, body: Iterable[nodes.Node]) -> str:
        """The text of the template."""
        for node in body:
            written = len(self._written)
            try:
                self._statement(node)
            except MemoryError:
                # It takes too much: what was not written yet is left as it is.
                del self._written[written:]
                start = self._pieces[_line(node) - 1].start
                self.notes.unsupported[listed(self._template[start:])] = None
                return "".join(self._written) + self._template[start:]
        return "".join(self._written)

    def _write(self, piece: str) -> None:
        self._budget.write(len(piece))
        self._written.append(piece)

    def _statement(self, node: nodes.Node) -> None:
        """Run a statement. One that fails is left in the text with its block."""
        if isinstance(node, nodes.Output):
            for part in node.nodes:
                if not isinstance(part, nodes.TemplateData):
                    self._part(part)
            return
        self._budget.spend()
        written, scopes = len(self._written), len(self._scopes)
        piece = self._pieces[node.lineno - 1]
        try:
            getattr(self, f"_run_{type(node).__name__.lower()}")(node)
        except FAILURES:
            del self._written[written:]
            del self._scopes[scopes:]
            source = self._template[piece.start : self._layout.ends.get(piece.start, piece.end)]
            self.notes.unsupported[listed(source)] = None
            self._write(source)

    def _part(self, node: nodes.Expr) -> None:
        """Write a field, or a text and those that follow it."""
        index = node.lineno - 1
        if self._texts[index] is None:
            self._write(self._field(node, self._pieces[index].text))
            return
        for at in range(index, len(self._pieces)):
            text = self._texts[at]
            if text is None:
                return
            if at in self._layout.unsound:
                self.notes.unsupported[listed(text)] = None
            self._write(text)

    def _field(self, node: nodes.Expr, source: str) -> str:
        self._budget.spend()
        try:
            value = self._value(node)
            if not isinstance(value, Unknown):
                return text(value)
            self.notes.unknown[value.name] = None
        except NotKnownError as error:  # within a list
            self.notes.unknown[str(error.args[0])] = None
        except FAILURES:
            self.notes.unsupported[listed(source)] = None
        return source

    def _block(self, body: Iterable[nodes.Node]) -> None:
        for node in body:
            self._statement(node)

    def _captured(self, body: Iterable[nodes.Node]) -> str:
        start = len(self._written)
        self._block(body)
        whole = "".join(self._written[start:])
        del self._written[start:]
        return whole

    def _run_if(self, node: nodes.If) -> None:
        for branch in (node, *node.elif_):
            if self._condition(branch.test):
                self._block(branch.body)
                return
        self._block(node.else_)

    def _run_for(self, node: nodes.For) -> None:
        value = self._assumed(self._value(node.iter))
        items = list(value) if isinstance(value, Sequence | Mapping) else []
        self._budget.spend(len(items))
        loop: dict[str, Any] = {}
        self._scopes.append({"loop": loop})
        self._changing[id(loop)] = {}
        if node.test is not None:
            items = [item for item in items if self._is_chosen(node, item)]
        depth = len(self._scopes)
        for index, item in enumerate(items):
            loop.update(_loop(items, index))
            self._assign(node.target, item)
            self._loops += 1
            try:
                self._block(node.body)
            except _ContinueError:
                pass
            except _BreakError:
                break
            finally:
                self._loops -= 1
            self._scopes[depth - 1 :] = [{"loop": loop}]  # what is set in a loop ends with its turn
        del self._scopes[depth - 1 :]
        if not items:
            self._block(node.else_)

    def _is_chosen(self, node: nodes.For, item: Json) -> bool:
        self._assign(node.target, item)
        return node.test is not None and self._condition(node.test)

    def _run_assign(self, node: nodes.Assign) -> None:
        self._assign(node.target, self._value(node.node))

    def _run_assignblock(self, node: nodes.AssignBlock) -> None:
        value: Any = self._captured(node.body)
        if node.filter is not None:
            value = self._chained(node.filter, value)
        self._assign(node.target, value)

    def _run_filterblock(self, node: nodes.FilterBlock) -> None:
        self._write(text(self._chained(node.filter, self._captured(node.body))))

    def _run_break(self, _node: nodes.Break) -> None:
        self._leave_turn(_BreakError)

    def _run_continue(self, _node: nodes.Continue) -> None:
        self._leave_turn(_ContinueError)

    def _leave_turn(self, error: type[Exception]) -> NoReturn:
        raise error if self._loops else RuntimeError("no loop to leave")

    def _run_with(self, node: nodes.With) -> None:
        values = [self._value(value) for value in node.values]
        self._scopes.append({})
        for target, value in zip(node.targets, values, strict=True):
            self._assign(target, value)
        self._block(node.body)
        self._scopes.pop()

    def _run_callblock(self, node: nodes.CallBlock) -> None:
        macro = self._own(node.call.node.name) if isinstance(node.call.node, nodes.Name) else None
        if not isinstance(macro, Macro):
            raise TypeError("no macro to call")
        body = Macro(nodes.Macro("caller", node.args, node.defaults, node.body), tuple(self._scopes))
        arguments, named = self._arguments(node.call)
        self._write(self._called(macro, arguments, named | {"caller": body}))

    def _run_block(self, node: nodes.Block) -> None:
        self._block(node.body)

    def _run_exprstmt(self, node: nodes.ExprStmt) -> None:
        self._value(node.node)

    def _run_macro(self, node: nodes.Macro) -> None:
        self._scopes[-1][node.name] = Macro(node)

    def _assign(self, target: nodes.Node, value: Any) -> None:
        if isinstance(target, nodes.Name):
            self._scopes[-1][target.name] = value
        elif isinstance(target, nodes.NSRef):
            namespace = self._own(target.name)
            if not isinstance(namespace, Namespace):
                raise TypeError(target.name)
            namespace[target.attr] = value
        elif isinstance(target, nodes.Tuple):
            for part, item in zip(target.items, value, strict=True):
                self._assign(part, item)
        else:
            raise TypeError(type(target).__name__)


def _line(node: nodes.Node) -> int:
    """Where a statement starts: not with the line ends between pieces, which are on the line before."""
    parts = node.nodes if isinstance(node, nodes.Output) else ()
    return next((part.lineno for part in parts if not isinstance(part, nodes.TemplateData)), node.lineno)


def _loop(items: Sequence[Any], index: int) -> dict[str, Any]:
    length = len(items)
    return {
        "index": index + 1,
        "index0": index,
        "revindex": length - index,
        "revindex0": length - index - 1,
        "first": index == 0,
        "last": index == length - 1,
        "length": length,
        "previtem": items[index - 1] if index else None,
        "nextitem": items[index + 1] if index + 1 < length else None,
    }
