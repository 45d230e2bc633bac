"""Removes white space around tags as handlebars.js does: `{{~ ~}}`, and the lines of tags that stand alone."""

from mailsight.merging.javascript import WHITESPACE

from .tree import Block, Body, Node, Partial, Strip, Tag, Text


def control(body: Body, *, is_root: bool = True) -> None:
    """Removes white space throughout a template. Follows `WhitespaceControl` of handlebars.js 4.7 step by step."""
    nodes = body.nodes
    for at, node in enumerate(nodes):
        if not isinstance(node, Block | Tag | Partial):
            continue
        strip, opens_alone, closes_alone = (
            _block(node) if isinstance(node, Block) else (node.strip, False, False)
        )
        is_after_line = _ends_line(nodes, at - 1, is_root=is_root)
        is_before_line = _starts_line(nodes, at + 1, is_root=is_root)
        if strip.after:
            _trim_start(nodes, at + 1, everything=True)
        if strip.before:
            _trim_end(nodes, at - 1, everything=True)
        if not isinstance(node, Block):
            if is_after_line and is_before_line and (isinstance(node, Partial) or node.is_comment):
                _alone(nodes, at)
            continue
        if opens_alone and is_after_line:
            _trim_start(_bodies(node)[0].nodes, 0)
            _trim_end(nodes, at - 1)
        if closes_alone and is_before_line:
            _trim_start(nodes, at + 1)
            last = _bodies(node)[-1].nodes
            _trim_end(last, len(last) - 1 if len(node.branches) == 1 else -1)


def _alone(nodes: list[Node], at: int) -> None:
    """Removes the line of a comment or partial."""
    _trim_start(nodes, at + 1)
    indent = _trim_end(nodes, at - 1)
    if isinstance(node := nodes[at], Partial):
        node.indent = indent


def _bodies(block: Block) -> list[Body]:
    bodies = [branch.body for branch in block.branches if branch.body is not None]
    return [*bodies, block.otherwise.body] if block.otherwise else bodies


def _block(block: Block) -> tuple[Strip, bool, bool]:
    """Handles what is within a block. Returns its outer flags, and whether its first and last tag may stand alone."""
    bodies = _bodies(block)
    for body in bodies:
        control(body, is_root=False)
    for index in reversed(range(len(block.branches))):
        _branch(block, bodies, index)
    second = bodies[min(1, len(bodies) - 1)].nodes
    return (
        Strip(block.branches[0].strip.before, block.close_strip.after),
        _starts_line(bodies[0].nodes, 0),
        _ends_line(second, len(second) - 1),
    )


def _branch(block: Block, bodies: list[Body], index: int) -> None:
    nodes, own = bodies[index].nodes, block.branches[index].strip
    # From the third branch on, handlebars.js takes a branch's own tag for the one that closes it.
    close = block.close_strip if index < 2 else own
    if own.after:
        _trim_start(nodes, 0, everything=True)
    if index + 1 == len(bodies):
        if close.before:
            _trim_end(nodes, len(nodes) - 1, everything=True)
        return
    following = bodies[index + 1].nodes
    if index + 1 < len(block.branches):
        between = block.branches[index + 1].strip
    else:
        between = block.otherwise.strip if block.otherwise else Strip()
    if between.before:
        _trim_end(nodes, len(nodes) - 1, everything=True)
    if between.after:
        _trim_start(following, 0, everything=True)
    if close.before:
        _trim_end(following, len(following) - 1, everything=True)
    if _ends_line(nodes, len(nodes) - 1) and _starts_line(following, 0):
        _trim_end(nodes, len(nodes) - 1)
        _trim_start(following, 0)


def _ends_line(nodes: list[Node], at: int, *, is_root: bool = False) -> bool:
    """Whether a tag after this node is the first on its line."""
    if at < 0:
        return is_root
    node = nodes[at]
    if not isinstance(node, Text):
        return False
    text = node.original.rstrip(WHITESPACE)
    return "\n" in node.original[len(text) :] or (not text and is_root and at == 0)


def _starts_line(nodes: list[Node], at: int, *, is_root: bool = False) -> bool:
    """Whether a tag before this node is the last on its line."""
    if at >= len(nodes):
        return is_root
    node = nodes[at]
    if not isinstance(node, Text):
        return False
    text = node.original.lstrip(WHITESPACE)
    spaces = node.original[: len(node.original) - len(text)]
    return "\n" in spaces or (not text and is_root and at == len(nodes) - 1)


def _trim_start(nodes: list[Node], at: int, *, everything: bool = False) -> None:
    """Removes white space from the start of a text: all of it, or that of the first line, once."""
    node = nodes[at] if at < len(nodes) else None
    if not isinstance(node, Text) or (node.is_stripped_left and not everything):
        return
    text = node.value.lstrip(WHITESPACE if everything else " \t")
    if not everything:
        text = text.removeprefix("\r").removeprefix("\n")
    node.is_stripped_left = text != node.value
    node.value = text


def _trim_end(nodes: list[Node], at: int, *, everything: bool = False) -> str:
    """Removes white space from the end of a text: all of it, or that of the last line, once. Returns it."""
    node = nodes[at] if at >= 0 else None
    if not isinstance(node, Text) or (node.is_stripped_right and not everything):
        return ""
    text = node.value.rstrip(WHITESPACE if everything else " \t")
    removed = node.value[len(text) :]
    node.is_stripped_right = bool(removed)
    node.value = text
    return removed
