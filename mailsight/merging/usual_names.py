"""What merge fields are usually called, whoever sends the e-mail, with a sample value of each."""

import re

from .values import key

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
_USUAL = {
    "Example Ltd": "company companyname organization organisation accountname",
    "London": "city town",
    "EC1A 1BB": "zip zipcode postcode postalcode",
    "United Kingdom": "country countryname",
    "English": "language",
}
#: What identifies a person, by the keys of names.
MADE_UP = {name: value for value, names in _PERSON.items() for name in names.split()}
#: Other values that many customers have.
LIKELY = {name: value for value, names in _USUAL.items() for name in names.split()}

_LINK = re.compile(r"(?:unsub|preferences|webversion|viewinbrowser|archive$)|(?:url|link|href)$")


def is_usual(name: str) -> bool:
    """Whether a field may have this name, in contrast to any word."""
    name = key(name)
    return name in MADE_UP or name in LIKELY or is_link(name)


def is_link(name: str) -> bool:
    """Whether a field of this name holds the address of a page, such as the one to unsubscribe."""
    return _LINK.search(key(name)) is not None
