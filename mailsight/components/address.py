"""The address of a page is its state: reading it, changing it, and copying it.

`web/parameters.py` says what each page keeps there. Widgets show what the address says and write their changes back to
it, so reload, Back and a link sent to a colleague show the same.
"""

from collections.abc import Callable
from typing import Any, TypeVar
from urllib.parse import urlencode

import streamlit as st

from mailsight.web import parameters, sessions
from mailsight.web.parameters import Dialog, Parameter

from .mail_frame import frontend

T = TypeVar("T")
Change = tuple[Parameter[Any], Any]

# Keys of the session: the page that is shown, the address at which each page was left, and the number of runs.
_PAGE, _LEFT, _RUNS = "address:page", "address:left", "address:runs"
_HISTORY = "address_steps"

_copy_link = st.components.v2.component(
    "mailsight_copy_link",
    html='<div class="copy"></div>',
    css=frontend("copy_link.css"),
    js=frontend("copy_link.js"),
)
_history = st.components.v2.component("mailsight_history", js=frontend("links.js", "history.js"))


def copy_link() -> None:
    """A button that copies this page's address."""
    _copy_link(key="copy_link", data={})


def open_page(page: str, on_interrupted: Callable[[object], None] = lambda exports: None) -> None:
    """Start a run of this page, so that its addresses are remembered, and one step is one entry of the history.

    `on_interrupted`: called with the exports that the browser was waiting for, once its page has lost their server.
    """
    st.session_state[_PAGE] = page if page in parameters.PAGES else ""
    _remember()
    query = urlencode([(name, text) for name in st.query_params for text in st.query_params.get_all(name)])
    # The number makes the script hear of every run, even of one at the same address.
    st.session_state[_RUNS] = number = st.session_state.get(_RUNS, 0) + 1
    with st.container(key="address"):
        _history(
            key=_HISTORY,
            data={"page": page, "query": query, "run": number, "session": sessions.current_page()},
            on_interrupted_change=lambda: on_interrupted(st.session_state[_HISTORY].interrupted),
        )


def value(parameter: Parameter[T]) -> T:
    """The parameter's value in this page's address."""
    return parameter.value(_texts(parameter))


def change(*changes: Change) -> None:
    """Change the address in one step. What this page doesn't keep in its address is removed from it."""
    changed = dict(changes)
    query = {}
    for parameter in parameters.PAGES[_page()]:
        texts = parameter.texts(changed.get(parameter, value(parameter)))
        if texts:
            query[parameter.name] = texts
    if query != {name: st.query_params.get_all(name) for name in st.query_params}:
        st.query_params.from_dict(query)
        _remember()


def follow(
    parameter: Parameter[T],
    key: str,
    *also: Change,
    shown: Callable[[T], Any] = lambda value: value,
    chosen: Callable[[Any], Any] = lambda value: value,
    is_kept: Callable[[Any], bool] = lambda value: True,
) -> Callable[[], None]:
    """Make the widget with this key show the parameter, and return its `on_change`, which writes to the address.

    `shown` turns a parameter's value into the widget's, `chosen` the widget's into the parameter's. `also`: what else
    changes with it, such as the page of a table. `is_kept`: whether the address may have a value; others stay in the
    widget.
    """

    def fits(value: Any) -> bool:
        return parameter.value(parameter.texts(value)) == value and is_kept(value)

    in_address = value(parameter)
    widget_value = shown(in_address)
    # A switch is None if another widget is used before the page has set it.
    # A value that is the same is left alone: setting a search box again would undo what was typed meanwhile. So is one
    # that the address can't have, because it may name somebody.
    if st.session_state.get(key) is None or (
        st.session_state[key] != widget_value
        and (in_address != parameter.default or fits(chosen(st.session_state[key])))
    ):
        st.session_state[key] = widget_value

    def write() -> None:
        if st.session_state[key] is not None:
            value = chosen(st.session_state[key])
            change((parameter, value if fits(value) else parameter.default), *also)

    return write


def opener(parameter: Parameter[Dialog | None], kind: str, item: str = "") -> Callable[[], None]:
    """The `on_click` of a button that opens a dialog."""
    return lambda: change((parameter, Dialog(kind, item)))


def close_dialog() -> None:
    """Remove the open dialog, and what it shows, from the address."""
    page = parameters.PAGES[_page()]
    names = [parameter.name for parameter in page]
    if "dialog" in names:
        change(*((parameter, parameter.default) for parameter in page[names.index("dialog") :]))


def left(page: str, item_id: str = "") -> dict[str, list[str]]:
    """The query in which this session left a page, without its dialog; for links that lead back to it."""
    query: dict[str, list[str]] = st.session_state.get(_LEFT, {}).get((page, item_id), {})
    return dict(query)


def _remember() -> None:
    page = parameters.PAGES[_page()]
    names = [parameter.name for parameter in page]
    query = {}
    for parameter in page[: names.index("dialog") if "dialog" in names else None]:
        if texts := parameter.texts(value(parameter)):
            query[parameter.name] = texts
    item_id = query.get("id", [""])[0]
    st.session_state.setdefault(_LEFT, {})[_page(), item_id] = query


def _page() -> str:
    return str(st.session_state.get(_PAGE, ""))


def _texts(parameter: Parameter[Any]) -> list[str]:
    old = parameter.name == "id" and _page() in parameters.OLD_IDS and st.query_params.get_all(_page())
    return old or st.query_params.get_all(parameter.name)
