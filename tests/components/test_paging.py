import pytest
from streamlit.testing.v1 import AppTest


def rows() -> None:
    import streamlit as st

    from mailsight.components.paging import Paging

    total, paging = st.session_state["total"], Paging("rows:page", rows_per_page=10)
    st.text(f"{paging.first(total)} {paging.first()}")
    with paging.footer(f"{total} rows", total):
        st.button("Export")


@pytest.mark.parametrize(
    ("total", "page", "first", "unchecked", "pages"),
    [
        (0, None, 0, 0, 0),
        (10, None, 0, 0, 0),
        (11, None, 0, 0, 2),
        (25, 2, 10, 10, 3),
        (25, 3, 20, 20, 3),
        (25, 9, 20, 80, 3),  # rows have gone since
        (0, 9, 0, 80, 0),
    ],
)
def test_a_table_is_shown_a_page_at_a_time(
    total: int, page: int | None, first: int, unchecked: int, pages: int
) -> None:
    at = AppTest.from_function(rows)
    at.session_state["total"] = total
    if page is not None:
        at.session_state["rows:page"] = page
    at.run()
    assert not at.exception
    assert at.text[0].value == f"{first} {unchecked}"
    assert [caption.value for caption in at.caption] == [f"{total} rows"]
    assert [button.label for button in at.button] == ["Export"]
    assert [switch.proto.num_pages for switch in at.get("pagination")] == [pages] * bool(pages)
