"""User agents: a person's program, a picture proxy, or a machine."""

import re
from collections.abc import Sequence
from typing import Literal

from crawleruseragents import is_crawler

Kind = Literal["person", "proxied", "bare", "gmail_prefetch", "scanner_agent"]

# Apple's privacy proxy, when it loads pictures; nothing that a person clicks with.
BARE = "Mozilla/5.0"


def kind(agent: str, *, machines: Sequence[str] = (), people: Sequence[str] = ()) -> Kind:
    """What a user agent is; "person" where nothing speaks against it.

    "proxied" are picture proxies that fetch when a person opens. `machines` and `people` are parts of agents, in any
    case, that are known to be such; of the two, `people` decides.
    """
    agent = agent.strip()
    lower = agent.lower()
    if any(part.lower() in lower for part in people):
        return "person"
    if any(part.lower() in lower for part in machines):
        return "scanner_agent"
    if agent == BARE:
        return "bare"
    if "Chrome/42.0.2311.135" in agent and "Edge/12.246" in agent:
        return "gmail_prefetch"
    if _PROXY.search(agent):
        return "proxied"
    if is_crawler(agent):
        return "scanner_agent"
    return "person"


_PROXY = re.compile(r"GoogleImageProxy|YahooMailProxy")
