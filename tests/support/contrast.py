"""Measures the contrast of the words in charts, which axe doesn't see (WCAG 2, success criterion 1.4.3)."""

from playwright.sync_api import Page

LEAST = 4.5


def faint_words(page: Page) -> list[str]:
    """The words in the page's charts whose contrast with what is behind them is too low, each with its contrast.

    Behind a word in a bar is the bar, behind the others the page.
    """
    return [
        f"{word}: contrast of {contrast:.2f}"
        for word, contrast in page.evaluate(_CONTRASTS)
        if contrast < LEAST
    ]


_CONTRASTS = """() => {
    const channels = colour => {
        const numbers = colour.match(/[\\d.]+/g).map(Number);
        const unit = colour.startsWith('color(srgb') ? 255 : 1;
        return { rgb: numbers.slice(0, 3).map(number => number * unit), alpha: numbers[3] ?? 1 };
    };
    const over = (front, back, opacity) =>
        front.rgb.map((channel, at) => channel * front.alpha * opacity + back[at] * (1 - front.alpha * opacity));
    const luminance = rgb => {
        const [red, green, blue] = rgb.map(channel => channel / 255)
            .map(share => share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4);
        return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
    };
    const opacity = element => {
        let product = 1;
        for (let node = element; node; node = node.parentElement) product *= Number(getComputedStyle(node).opacity);
        return product * Number(getComputedStyle(element).fillOpacity);
    };
    const paper = channels(getComputedStyle(document.querySelector('.stApp')).backgroundColor).rgb;
    const behind = text => {
        const bar = text.matches('.bartext-inside') ? text.closest('.point').querySelector('path') : null;
        return bar ? over(channels(getComputedStyle(bar).fill), paper, opacity(bar)) : paper;
    };
    const contrast = text => {
        const back = behind(text);
        const levels = [over(channels(getComputedStyle(text).fill), back, opacity(text)), back].map(luminance);
        return (Math.max(...levels) + 0.05) / (Math.min(...levels) + 0.05);
    };
    return [...document.querySelectorAll('.js-plotly-plot text')]
        .filter(text => text.textContent.trim() && text.getBoundingClientRect().height && text.checkVisibility())
        .map(text => [text.textContent, contrast(text)]);
}"""
