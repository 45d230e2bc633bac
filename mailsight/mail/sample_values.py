"""Sample values for merge fields, where an e-mail or a subject is shown without a customer."""

import re
from collections.abc import Mapping
from types import MappingProxyType

from .documents import parse
from .merge_fields import FIELD, NAME, fill
from .safety import link_nodes
from .values import words

# Fields that are written otherwise than `fill` knows them. Their filters and default values don't matter here.
_OTHERS = re.compile(
    rf"\{{\{{\s{{0,9}}[\w.]{{0,40}}\$\{{({NAME})\}}[^{{}}]{{0,200}}\}}\}}"  # {{${first_name} | default: 'x'}}: Braze
    rf"|\{{\{{\s{{0,9}}\.?({NAME})\s{{0,9}}\|[^{{}}]{{0,200}}\}}\}}"  # {{ name | default: 'x' }}: Liquid, Django
    rf"|\{{\{{var:({NAME})[^{{}}]{{0,200}}\}}\}}"  # {{var:name:"x"}}: Mailjet
    rf"|\*\|(?:TITLE|UPPER|LOWER):({NAME})\|\*"  # Mailchimp
    rf"|%%({NAME})%%"  # Salesforce
    rf"|\{{contactfield=({NAME})(?:\|[^{{}}]{{0,100}})?\}}"  # Mautic
    rf"|\{{\$({NAME})\}}"  # MailerLite
    rf"|\[({NAME}),\s?fallback=[^\[\]]{{0,100}}\]"  # Campaign Monitor
)
_CAPITALS = re.compile(r"\[([A-Z][A-Z_]{1,30})\]")  # phpList. Only known names, since [SALE] may be text.
_PARTS = re.compile(r"[\W_]+|(?<=[a-z\d])(?=[A-Z])")
# Not fields, though they look like some.
_KEYWORDS = words("else elif end endif endfor endunless this")

_PERSON = {
    "Alex": "fname firstname givenname forename nickname firstnames",
    "Smith": "lname lastname surname familyname",
    "Alex Smith": "name fullname customername contactname recipientname subscribername username displayname",
    "alex.smith@example.com": "email emailaddress mail emailaddr mailaddress recipient recipientemail",
    "+44 20 7946 0123": "phone phonenumber mobile mobilephone tel telephone",
    "1 Example Street": "address street streetaddress address1 addressline1",
    "1 June": "birthday birthdate dateofbirth dob",
    "12345": "id uid uuid customerid userid contactid subscriberid recipientid memberid customernumber euid",
}
# Used only if there is no real value.
_USUAL = {
    "Example Ltd": "company companyname organization organisation accountname",
    "London": "city town",
    "EC1A 1BB": "zip zipcode postcode postalcode",
    "United Kingdom": "country countryname",
    "English": "language",
}
_MADE_UP = {name: value for value, names in _PERSON.items() for name in names.split()}
_LIKELY = {name: value for value, names in _USUAL.items() for name in names.split()}
_LINK = re.compile(r"(?:unsub|preferences|webversion|viewinbrowser|archive$)|(?:url|link|href)$")

NO_VALUES: Mapping[str, str] = MappingProxyType({})


def sampled(
    template: str, values: Mapping[str, str] = NO_VALUES, *, escape: bool = True, links: bool = True
) -> str:
    """Fill every merge field with a sample value. With `escape`, the template is HTML, otherwise plain text.

    What identifies a person is made up. Any other field has its value in `values`, or else a usual one. Where there is
    neither, its name stands in brackets: "[Loyalty points]". Without `links`, fields in an href are left unchanged.
    """
    template = _CAPITALS.sub(_if_known, _OTHERS.sub(_plain_field, template))
    names = {next(filter(None, field.groups())) for field in FIELD.finditer(template)}
    known = {name.casefold(): value for name, value in values.items()}
    return fill(
        template,
        {name: _sample(name, known) for name in names if name.casefold() not in _KEYWORDS},
        escape=escape,
        links=links,
    )


def sampled_mail(html: str, values: Mapping[str, str] = NO_VALUES) -> str:
    """An e-mail with sample values in its texts, and the same links at the same positions.

    Unchanged if that is impossible, because a field contains links.
    """
    shown = sampled(html, values, links=False)
    return shown if shown == html or _links(shown) == _links(html) else html


def _links(html: str) -> int:
    return len(link_nodes(parse(html)))


def sampled_subject(subject: str | None) -> str:
    """A subject with sample values, for lists; empty without a subject."""
    return sampled(subject, escape=False) if subject else ""


def _plain_field(field: re.Match[str]) -> str:
    return f"{{{{{next(filter(None, field.groups()))}}}}}"


def _if_known(field: re.Match[str]) -> str:
    name = _key(field[1])
    return _plain_field(field) if name in _MADE_UP or name in _LIKELY else field.group()


def _sample(name: str, values: Mapping[str, str]) -> str:
    last = name.rpartition(".")[2]
    key = _key(last)
    if key in _MADE_UP:
        return _MADE_UP[key]
    real = values.get(name.casefold()) or values.get(last.casefold())
    if real:
        return real
    if _LINK.search(key):
        return f"https://example.com/{key}"
    return _LIKELY.get(key) or f"[{' '.join(_PARTS.split(last)).strip().capitalize()}]"


def _key(name: str) -> str:
    return re.sub(r"[\W_]", "", name).casefold()
