"""Copies of one e-mail that many customers received: which of its variants each is."""

import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from selectolax.lexbor import LexborNode

from .documents import parse
from .safety import link_nodes
from .values import words

_UNSEEN = words("head script style title")
_STRUCTURE = "a, area, img, table, tr, td, p, div, h1, h2, h3, h4, h5, h6, ul, ol, li, hr"
_NUMBERS = re.compile(r"\d+")


@dataclass(frozen=True, slots=True)
class Copied:
    """A copy: the variant all of whose texts it has, in order (None: no variant's), and the texts of its links.

    `digest` is the same for copies with the same structure: their blocks, pictures and the texts of their links.
    """

    variant: str | None
    digest: str
    labels: tuple[str, ...]


#: A variant, and its texts without their spaces.
VariantTexts = tuple[str, Sequence[str]]


def longest_first(variants: Mapping[str, Sequence[str]]) -> list[VariantTexts]:
    """The texts of each variant as `compared` needs them: if a copy has those of several, the longest count."""
    bare = {variant: ["".join(text.split()) for text in texts] for variant, texts in variants.items()}
    return sorted(bare.items(), key=lambda item: -sum(map(len, item[1])))


def compared(html: str, variants: Sequence[VariantTexts]) -> Copied:
    """Compare a copy with the texts of each variant. Meant for a worker process."""
    document = parse(html)
    parts = [
        f"{node.tag} {_NUMBERS.sub('#', _words(node)) if node.tag in ('a', 'area', 'img') else ''}"
        for node in document.css(_STRUCTURE)
    ]
    labels = tuple(label for node in link_nodes(document) if (label := _words(node)))
    texts = [
        node.text_content or ""
        for node in (document.root.traverse(include_text=True) if document.root else ())
        if node.is_text_node and (node.parent is None or node.parent.tag not in _UNSEEN)
    ]
    text = "".join("".join(texts).split())
    variant = next((name for name, blocks in variants if _contains(text, blocks)), None)
    digest = hashlib.sha256("\n".join(parts).encode(errors="replace")).hexdigest()[:12]
    return Copied(variant, digest, labels)


def _words(node: LexborNode) -> str:
    return " ".join((node.text() or node.attributes.get("alt") or "").split())


def _contains(text: str, blocks: Sequence[str]) -> bool:
    """Whether a text has all of these in this order."""
    at = 0
    for block in blocks:
        at = text.find(block, at)
        if at < 0:
            return False
        at += len(block)
    return bool(blocks)
