"""Numbers in templates, written as Java's NumberFormat and DecimalFormat write them."""

import re
from decimal import (
    ROUND_CEILING,
    ROUND_DOWN,
    ROUND_FLOOR,
    ROUND_HALF_DOWN,
    ROUND_HALF_EVEN,
    ROUND_HALF_UP,
    ROUND_UP,
    Decimal,
    InvalidOperation,
)

from babel import Locale, UnknownLocaleError
from babel.numbers import format_currency, get_decimal_symbol, get_group_symbol, get_territory_currencies

from mailsight.merging import javascript
from mailsight.merging.comparing import number
from mailsight.merging.failures import EvaluationFailed
from mailsight.merging.values import Json

_STYLES = {"integer": "#,##0", "percent": "#,##0%", "currency": "$#,##0.00"}
_PATTERN = re.compile(r"([^#0,.']*+)([#0,]++)(?:\.([#0]*+))?(%?)([^#0,.']*+)")
_ROUNDING = {
    "up": ROUND_UP,
    "down": ROUND_DOWN,
    "ceiling": ROUND_CEILING,
    "floor": ROUND_FLOOR,
    "half_up": ROUND_HALF_UP,
    "half_down": ROUND_HALF_DOWN,
    "half_even": ROUND_HALF_EVEN,
}
_MAX_DIGITS = 100


def number_format(
    value: Json,
    pattern: Json = None,
    locale_name: Json = None,
    /,
    *,
    format: Json = None,  # noqa: A002
    groupingUsed: Json = True,  # noqa: N803
    maximumFractionDigits: Json = None,  # noqa: N803
    minimumFractionDigits: Json = None,  # noqa: N803
    roundingMode: Json = "half_even",  # noqa: N803
) -> str:
    """Iterable's `{{numberFormat price "#,##0.00"}}`, as Java's NumberFormat and DecimalFormat have it."""
    name = javascript.text(format or pattern or "#,##0.###")
    amount, parts = number(value), _PATTERN.fullmatch(_STYLES.get(name, name))
    locale = locale_named(locale_name)
    if amount is None or parts is None or abs(amount) > 1e18 or len(name) > _MAX_DIGITS:
        raise EvaluationFailed
    before, whole, fraction, percent, after = parts.groups(default="")
    most, least = len(fraction), len(fraction.rstrip("#"))
    if maximumFractionDigits is not None:
        most = _digits(maximumFractionDigits)
        least = min(least, most)
    if minimumFractionDigits is not None:
        least = _digits(minimumFractionDigits)
        most = max(least, most)
    try:
        decimal = Decimal(str(amount)) * (100 if percent else 1)
        rounding = _ROUNDING[javascript.text(roundingMode).strip().lower()]
        decimal = decimal.quantize(Decimal(1).scaleb(-most), rounding)
    except (InvalidOperation, KeyError):
        raise EvaluationFailed from None
    if locale and name == "currency":
        return _in_currency(decimal, locale)
    if locale and name == "percent":
        raise EvaluationFailed  # the place of the sign differs
    digits, _, rest = f"{abs(decimal):f}".partition(".")
    digits = digits.lstrip("0").zfill(whole.count("0"))
    size = len(whole.rpartition(",")[2]) if "," in whole and javascript.is_true(groupingUsed) else 0
    group, point = (get_group_symbol(locale), get_decimal_symbol(locale)) if locale else (",", ".")
    if size:
        first = len(digits) % size
        groups = [digits[:first], *(digits[at : at + size] for at in range(first, len(digits), size))]
        digits = group.join(filter(None, groups))
    rest = rest[:least] + rest[least:].rstrip("0")
    sign = "-" if decimal < 0 else ""
    return f"{sign}{before}{digits}{point if rest else ''}{rest}{percent}{after}"


def _digits(value: Json) -> int:
    count = number(value)
    if count is None or not 0 <= count <= _MAX_DIGITS or count % 1:
        raise EvaluationFailed
    return int(count)


def _in_currency(amount: Decimal, locale: Locale) -> str:
    """An amount in the currency of the locale's country."""
    currencies = get_territory_currencies(locale.territory or "")
    if not currencies:
        raise EvaluationFailed
    return format_currency(amount, currencies[0], locale=locale)


def locale_named(name: Json) -> Locale | None:
    """The locale of a name such as Iterable's "de_DE"; None for American English. Raises `EvaluationFailed`."""
    if name is None or name == "en_US":
        return None
    try:
        return Locale.parse(javascript.text(name))
    except (ValueError, UnknownLocaleError):
        raise EvaluationFailed from None
