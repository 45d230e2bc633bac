"""The browser's layout mode by doctype."""

import pytest
from playwright.sync_api import Browser

from mailsight.mail.modes import mode

W3 = "-//W3C//DTD"
DOCTYPES = {
    "": "quirks",
    "<!DOCTYPE>": "quirks",
    "<!doctype svg>": "quirks",
    "<!-- saved --> <!DOCTYPE html>": "standards",
    '<!DOCTYPE html SYSTEM "about:legacy-compat">': "standards",
    f'<!DOCTYPE html PUBLIC "{W3} HTML 4.01//EN" "http://www.w3.org/TR/html4/strict.dtd">': "standards",
    f'<!DOCTYPE html PUBLIC "{W3} HTML 4.0//EN">': "standards",
    f'<!DOCTYPE HTML PUBLIC "{W3} HTML 4.01 Transitional//EN">': "quirks",
    f'<!DOCTYPE HTML PUBLIC "{W3} HTML 4.01 Transitional//EN" "loose.dtd">': "almost standards",
    f'<!DOCTYPE HTML PUBLIC "{W3} HTML 4.0 Transitional//EN">': "quirks",
    f'<!DOCTYPE HTML PUBLIC "{W3} HTML 3.2//EN">': "quirks",
    f"<!DOCTYPE html PUBLIC '{W3} XHTML 1.0 Transitional//EN' 'x.dtd'>": "almost standards",
    f'<!DOCTYPE html PUBLIC "{W3} XHTML 1.0 Strict//EN" "x.dtd">': "standards",
    f'<!DOCTYPE html PUBLIC "{W3} XHTML 1.1//EN" "x.dtd">': "standards",
    '<!DOCTYPE html PUBLIC "-//IETF//DTD HTML 2.0//EN">': "quirks",
    "text first <!DOCTYPE html>": "quirks",
}  # fmt: skip


@pytest.mark.parametrize("doctype", DOCTYPES)
def test_the_doctype_chooses_the_mode(doctype: str) -> None:
    assert mode(f"{doctype}<p>x") == DOCTYPES[doctype]


@pytest.mark.browser
def test_a_browser_has_quirks_where_we_expect_them(browser: Browser) -> None:
    page = browser.new_page()
    for doctype, expected in DOCTYPES.items():
        page.set_content(f"{doctype}<p>x")
        assert (page.evaluate("document.compatMode") == "BackCompat") == (expected == "quirks"), doctype
    page.close()
