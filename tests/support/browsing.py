"""Opens pages in a real browser, clicks on them, waits for them, and collects their errors."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Literal
from urllib.parse import urlsplit
from weakref import WeakKeyDictionary

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, ConsoleMessage, Dialog, Error, FrameLocator, Locator, Page, expect

from mailsight.figures import formats
from mailsight.vocabulary import Stage, Status
from tests.support import contrast
from tests.support.waiting import PATIENCE_SECONDS

SIZES = {"wide": (1440, 1000), "tall": (1440, 1400), "phone": (390, 844)}

expect.set_options(timeout=1000 * PATIENCE_SECONDS)


@contextmanager
def open_page(browser: Browser, **options: Any) -> Iterator[Page]:
    """A page in a new context with long timeouts, British by default; `options` are those of `Browser.new_context`."""
    with browser.new_context(**{"locale": "en-GB", **options}) as context:
        context.set_default_timeout(1000 * PATIENCE_SECONDS)
        yield context.new_page()


@contextmanager
def visit(
    browser: Browser,
    size: str = "wide",
    scheme: Literal["light", "dark"] = "light",
    *,
    locale: str = "en-GB",
    fresh: bool = False,
) -> Iterator[tuple[Page, list[str]]]:
    """A page, and its problems so far: script errors, console errors and unexpected dialogs.

    It looks new, but its tab has been used before if it may: a new one would compile all scripts again, which takes
    longer than most tests. Ask for a `fresh` one if the test changes what outlives the page, such as its scripts.
    """
    free = _FREE.setdefault(browser, {}).setdefault(locale, [])
    tab = free.pop() if free and not fresh else _Tab(browser, locale)
    width, height = SIZES[size]
    try:
        tab.page.set_viewport_size({"width": width, "height": height})
        tab.page.emulate_media(media="null", color_scheme=scheme, reduced_motion="null", forced_colors="null")
        yield tab.page, tab.wrong
    except BaseException:
        tab.close()
        raise
    if not fresh and tab.reset():
        free.append(tab)
    else:
        tab.close()


class _Tab:
    """A page in a context of its own, with a list of its problems."""

    def __init__(self, browser: Browser, locale: str) -> None:
        self._context = browser.new_context(locale=locale, timezone_id="Europe/Amsterdam")
        self._context.set_default_timeout(1000 * PATIENCE_SECONDS)
        self.page = self._context.new_page()
        self.wrong: list[str] = []
        self.page.on("console", self._listen)
        self.page.on("pageerror", lambda error: self.wrong.append(str(error)))
        self.page.on("dialog", self._refuse)

    def _listen(self, message: ConsoleMessage) -> None:
        if message.type == "error":
            self.wrong.append(f"{message.text} ({message.location['url']})")

    def _refuse(self, dialog: Dialog) -> None:
        self.wrong.append(dialog.message)
        dialog.dismiss()

    def reset(self) -> bool:
        """Forget the visit, if the server still answers. The place shown meanwhile keeps the process alive."""
        for other in self._context.pages:
            if other is not self.page:
                other.close()
        self.page.unroute_all()
        self.page.mouse.move(0, 0)
        address = urlsplit(self.page.url)
        if address.scheme != "http":
            return False
        try:
            self.page.goto(f"http://{address.netloc}/_stcore/health")
            self.page.evaluate("localStorage.clear(); sessionStorage.clear()")
        except Error:
            return False
        self._context.clear_cookies()
        self._context.clear_permissions()
        self.wrong = []
        return True

    def close(self) -> None:
        self._context.close()


# By locale, the tabs that no test uses.
_FREE: WeakKeyDictionary[Browser, dict[str, list[_Tab]]] = WeakKeyDictionary()


def until_quiet(page: Page) -> None:
    """Waits for ten animation frames, by which time anything that a click or a mail triggers has started."""
    page.evaluate(_FRAMES)


_FRAMES = """async () => {
    for (let frame = 0; frame < 10; frame++)
        await new Promise(done => requestAnimationFrame(() => setTimeout(done, 10)));
}"""


def settle(page: Page) -> None:
    """Waits until the script has run, nothing is loading, and ten checks in a row see the same page."""
    page.wait_for_selector('[data-testid="stApp"][data-test-script-state="notRunning"]')
    expect(page.locator("h1").first).to_be_visible()
    expect(page.get_by_test_id("stSkeleton")).to_have_count(0)
    expect(page.get_by_test_id("stStatusWidget")).to_have_count(0)
    until_still(page)


def until_still(page: Page, checks: int = 10) -> None:
    """Waits until this many checks in a row see the same page."""
    page.evaluate(_UNCHANGED, checks)


# A number of checks rather than a time, so that it waits longer on a slow machine.
_UNCHANGED = """checks => new Promise(resolve => {
    const isMoving = animation => animation.playState === 'running' && animation.effect.getTiming().iterations === 1;
    const size = element => [element.clientWidth, element.getBoundingClientRect().height];
    const state = () => [
        document.querySelectorAll('*').length,
        document.documentElement.innerText.length,
        ...[...document.querySelectorAll('iframe, .js-plotly-plot')].flatMap(size),
    ].join();
    let before = '', same = 0;
    const check = () => {
        const now = state();
        same = now === before && !document.getAnimations().some(isMoving) ? same + 1 : 0;
        before = now;
        same < checks ? setTimeout(() => requestAnimationFrame(check), 50) : resolve();
    };
    check();
})"""


def barriers(page: Page, context: dict[str, Any] | None = None) -> list[str]:
    """The accessibility problems that axe finds on the page, or in the part of it that `context` selects.

    Of the whole page, the words of charts, which axe doesn't see, and the grid, which is in a frame, are parts.
    """
    page.mouse.move(0, 0)  # an element under the pointer has Streamlit's own colours
    settle(page)
    violations = Axe().run(page, context=context).response["violations"]
    if context is None:
        for frame in page.frames[1:]:
            if frame.locator(".ag-root-wrapper").count():
                in_grid = Axe().run(frame, context={"include": [[".ag-root-wrapper"]]})
                violations += in_grid.response["violations"]
    found = [
        f"{violation['id']}: {violation['help']}: {violation['nodes'][0]['html'][:200]}"
        for violation in violations
    ]
    return found + (contrast.faint_words(page) if context is None else [])


def grid(page: Page) -> FrameLocator:
    """The customers' grid."""
    return page.frame_locator('iframe[title="Customers"]')


def expect_customers(page: Page, number: int) -> None:
    """Waits until the grid's footer shows this number of customers."""
    expect(grid(page).locator(".foot span")).to_have_text(formats.things(number, "customer"))


def close_dialog(page: Page) -> None:
    page.get_by_role("dialog").get_by_role("button", name="Close").click()
    expect(page.get_by_role("dialog")).to_have_count(0)


def choose(place: Page | Locator, menu: str, entry: str) -> None:
    """Chooses an entry of a menu. Open menus are at the end of the page."""
    place.get_by_role("button", name=menu, exact=True).click()
    page = place if isinstance(place, Page) else place.page
    page.get_by_text(f"{entry},").last.click()


def click_funnel(page: Page, part: Stage | Status) -> None:
    """Clicks where a small part has no bar: at the left end of a stage's row, or beside the stage that a state ends."""
    stage = next(stage for stage in Stage if part is stage or part is stage.stops_as)
    chart = page.locator(".js-plotly-plot").first
    chart.scroll_into_view_if_needed()
    place = page.evaluate(
        """([label, isStage]) => {
            const tick = [...document.querySelectorAll('.js-plotly-plot .ytick text')]
                .find(tick => tick.textContent.trim().startsWith(label)).getBoundingClientRect();
            const plot = document.querySelector('.js-plotly-plot .nsewdrag').getBoundingClientRect();
            return [isStage ? plot.left + 12 : plot.right - 12, tick.top + tick.height / 2];
        }""",
        [stage.label, isinstance(part, Stage)],
    )
    page.mouse.click(*place)
