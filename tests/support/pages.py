"""Runs pages in Streamlit's test harness, without a browser."""

from streamlit.testing.v1 import AppTest

from mailsight.settings import PROJECT
from tests.support.waiting import PATIENCE_SECONDS


def shell() -> AppTest:
    """The dashboard, before its first run."""
    return AppTest.from_file(str(PROJECT / "mailsight" / "shell.py"), default_timeout=PATIENCE_SECONDS)


def show(page: str = "campaigns", /, **parameters: str | list[str]) -> AppTest:
    """A page after its first run with these query parameters."""
    at = shell()
    at.switch_page(f"../pages/{page}.py")
    for name, value in parameters.items():
        at.query_params[name] = value
    return at.run()


def words(at: AppTest) -> str:
    """The texts of the page, except those in tables."""
    assert not at.exception
    kinds = (at.title, at.header, at.subheader, at.markdown, at.caption, at.info, at.metric, at.html)
    return "\n".join(str(getattr(element, "value", element)) for kind in kinds for element in kind)
