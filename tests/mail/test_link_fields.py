"""Links with merge fields in every sender's syntax: each click finds its link, and nothing else is a field."""

import html as entities
import re
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailsight.mail.link_fields import MARK, MAX_LENGTH, SYNTAXES, Syntax, marked
from mailsight.mail.links import Link, Matcher, links, shared

SYNTAX_IDS = [f"{syntax.example} {syntax.place}" for syntax in SYNTAXES]


def position(address: str, clicked: str) -> int | None:
    """The link that is clicked in a mail with one other link before it; the address is escaped as an attribute."""
    html = f'<a href="https://other.example/">a</a><a href="{entities.escape(address)}">b</a>'
    return Matcher(links(html)).position(clicked)


@pytest.mark.parametrize("syntax", SYNTAXES, ids=SYNTAX_IDS)
@pytest.mark.parametrize(
    ("address", "clicked"),
    [
        ("https://shop.example/p?e={}", "https://shop.example/p?e=ann%40mail.example"),
        ("https://shop.example/p?e={}&b=2", "https://shop.example/p?b=2&e=ann%40mail.example&utm_source=x"),
        ("https://shop.example/p?e={}#top", "https://shop.example/p?e="),
        ("https://shop.example/u/{}/orders", "https://shop.example/u/812/orders"),
        ("https://shop.example/u/{}", "https://linkprotect.cudasvc.com/url?a=https%3a%2f%2fshop.example%2fu%2f8&c=E"),
    ],
    ids=["value", "value before another", "value before a fragment", "segment", "last segment, wrapped click"],
)  # fmt: skip
def test_a_click_finds_the_link_with_a_field(syntax: Syntax, address: str, clicked: str) -> None:
    encoded = quote(syntax.example, safe="")
    for field in (syntax.example, encoded, re.sub("%..", lambda escape: escape[0].lower(), encoded)):
        assert position(address.format(field), clicked) == 1, field


@pytest.mark.parametrize("syntax", SYNTAXES, ids=SYNTAX_IDS)
def test_every_syntax_has_its_source_with_the_date(syntax: Syntax) -> None:
    assert re.search(r", 2026-11-\d\d$", syntax.source)


FIELDS = re.split(
    r"\s{2,}",
    """
    {{x}}  {{ x }}  {{-x-}}  {{{x}}}  {{.Subscriber.UUID}}  {{ subscriber.first name }}
    {{lead.Email Address:default=x}}  {{var:firstname:"there"}}  {{ custom_attribute.${x} | default: 'y' }}
    {{ x|default:"a b" }}  {% now 'Y' %}  *|X|*  *|X:y|*  %%x%%  %%First Name%%  %X_Y%  %x%  %recipient.x%
    %basic:email%  %ADDRESS%  <%= x %>  <% User['FirstName'] %>  [[x]]  [[x mode="ucfw"]]  [x,fallback=y]
    [firstname,fallback=]  ${x}  $!{x}  #{x}  {$x}  {$fields.name|default:"x"}  {!email}  {!Contact.Email}
    { contact.firstName | there }  {subtag:email}  {x}  ###x###  ##x##  $x$  $First Name$  ~x~  ~USER.MAIL~
    [%x%]  [% member:x %]  <<x>>  !*x*!  @@x@@  -x-  --x--  @EMAIL@  ::subscriber.email::  [EMAIL]
    [MERGE_EMAIL]  [FirstName]  [First Name]  [email]  [user:firstname]  $[UD:CITY|none]$  (email)  (name)
    [NAME%%Friend]  [NAME?Friend]  [!STATE]  [MERGE_CITY/all]  [FNAME:filter:urlencode]  [currentmonth]
    |EMAIL|  ||email||  %{email}  %{email}%  $(email)  @{email}  @(user.email)  ((email))  ^email^  !email!  *email*
    __email__  {~$email~}  {-email-}  {@email}  {:email}  {#email#}  <email>  <$email$>  <#email#>  <!--email-->
    <merge email>  «Email»  ‹email›  $email  %email  :email  @email  $email;  (%first_name%)  %(email)s  <?=$email?>
    {dynamiccontent="Slot 1"}  ~~EMAIL~~  {contactfield=email|x}  {contactfield=email|true}
    $SUBSCRIBER.EMAIL$  $[LI:UNSUBSCRIBE]$  ${!Leads.Email}  %%Field::default%%  @LAST_NAME@  [[FIRSTNAME OR "there"]]
    {{CONTACT `subscriber_email`}}  #recipient:First Name#  #recipient:City|none#  ~Contact.Email|none~  --First Name--
    [mailpoet/subscriber-firstname default="x"]  <!--[mailpoet/subscriber-email]-->  [DATETIME format="Y-m-d"]
    [Country of residence,fallback=]  [Contact//First Name]  [{Contact}//{Email}]  [Contact ID]  $!lead.Email
    $esc.url($lead.Email)  $lookup(FIRST_NAME)$  $data.get('name')  {u(profile.vars.first_name)}
    {replace(email, "a", "b")}
    <span class=eloquaemail>EmailAddress</span>  <eloqua type="emailfield"/>  <email/>  <merge:email/>  <NLEMAIL>
    %FIRSTNAME|TITLECASE%  %TODAY+3%  %Subscriber:First Name%  (first name)  -first name-  [firstName, My Friend]
    {user_data~Email Address}  {~custom field~}  {::Contacts::email::}  {Name (First):1.3}  $contact_email1
    $user_address  [user->email]  <!-- tmpl_var email -->  [nome]  [campo1]  $$custom_field$$  *[x_custom]*  #[email]#
    [$FIRST_NAME_TAG|there$]  %$custom$%  [EMV FIELD]FIRSTNAME[EMV /FIELD]  <$BlogEmail$>  [contact("email")]
    [url("x")]
    &email&  &&email&&  &*TO;  &*EMAIL;  &NAME;  EMAIL_MERGE  MERGE_EMAIL  MERGE1  YOUR_EMAIL_HERE  XXEMAILXX
    [merge field=email]  {merge field=email}  <merge field="email">  {{{{email}}}}  {{{{{email}}}}}  [email;none]
    [[[email]]]  %%%email%%%  EMAIL-MERGE  MERGEEMAIL  MERGE:EMAIL
    [email|none]  [email default=none]  {email,none}  [Field: First Name]  [date,,date:MM/DD/YYYY]  ${"Email Address"}
""".strip(),
)


@pytest.mark.parametrize("field", FIELDS)
def test_fields_of_all_kinds(field: str) -> None:
    assert position(f"https://shop.example/p?e={field}", "https://shop.example/p?e=5") == 1
    assert position(f"https://shop.example/p?e={field}", "https://shop.example/q?e=5") is None


NO_FIELDS = re.split(
    r"\s{2,}",
    """
    https://x.example/a-b-c/  https://x.example/-/merge  https://x.example/a--b/  https://x.example/?q=a-b-
    https://user@x.example/  https://x.example/@ann@mail.example/  https://x.example/@ann
    https://x.example/?e=ann@x.example  https://x.example/?f[0]=a&f[1]=b
    https://x.example/?f[COLOR]=red&f[A][B]=c&f[]=d  https://x.example/?ids=[1]
    https://x.example/?ids=[1,2]  https://x.example/?size=[xl]  https://x.example/?f%5BCOLOR%5D=red
    https://x.example/a%20b%20c  https://x.example/caf%C3%A9%C3%A9  https://x.example/%E2%82%AC%20%E2%82%AC
    https://x.example/?p=50%25+off%25  https://x.example/100%25  http://[::1]/x  http://[fe80::1]/x
    http://[FE80::1]:80/x  https://x.example/a::b  https://x.example/Foo::Bar
    https://x.example/Foo::Bar::Baz  https://x.example/$5  https://x.example/~ann/
    https://x.example/a_(b)_c  https://x.example/?q=(a)  https://x.example/(sale)
    https://x.example/?j={"a":1}  https://x.example/{1,3}  https://x.example/x{  https://x.example/}}x{{
    https://x.example/#/a#b  https://x.example/*/a*  https://x.example/a|b|c  https://x.example/?x=<a>
    https://x.example/#email  https://x.example/#!email  https://x.example/*sale*  https://x.example/?q=*new*
    https://x.example/?q=|a|  https://x.example/@anna  https://x.example/_next/a
    https://x.example/?sort=-date  https://x.example/?sort=-created.date  https://x.example/?order=%2Bname
    https://x.example/@the.company  https://x.example/@name/a  https://x.example/%40company  https://x.example/~company
    https://x.example/_the.company_  https://x.example/_date  https://x.example/-mobile  https://x.example/+date
    https://x.example/?q="phone"  https://x.example/?q=%22phone%22  https://x.example/?q='phone'
    https://x.example/?q=“phone”  https://x.example/?q=+phone+  https://x.example/:key  https://x.example/?via=@a.city
    https://x.example/?e=&email=1  https://x.example/?e=&email  https://x.example/?e=&email&b=2  https://x.example/?q=a&b;c
    https://x.example/?v=VAR_A  https://x.example/TAG_SALE/  https://x.example/MERGE/  https://x.example/EMAIL
    https://x.example/?by=NAME  https://x.example/?o=DATE_ASC  https://x.example/XXL/  https://x.example/__data__/
    https://x.example/?j={"email":1}  https://x.example/?j=%7B%22email%22%3A1%7D  https://x.example/?a=$5(b)
    https://x.example/?r=[a:b]  http://[FE80:ABCD::1]/x  https://x.example/?q=((a)  https://x.example/#[email]#
    https://x.example/!/a  https://x.example/~/a~b  mailto:ann@x.example  tel:+31-20-123
""".strip(),
)


@pytest.mark.parametrize("url", NO_FIELDS)
def test_what_is_no_field(url: str) -> None:
    assert marked(url) == url


@pytest.mark.parametrize(
    ("address", "clicked", "found"),
    [
        ("https://{{shop}}.shop.example/sale", "https://utrecht.shop.example/sale", True),
        ("https://[DOMAIN]/sale/shoes", "https://shop.example/sale/shoes", True),
        ("https://shop.example/{{path}}", "https://shop.example/a/b", False),
        ("https://shop.example/p?{{parameters}}", "https://shop.example/p?a=1&b=2", True),
        ("https://shop.example/p?{{parameters}}", "https://shop.example/p", True),
        ("https://shop.example/p?{{parameters}}", "https://shop.example/pq?a=1", False),
        ("https://shop.example/p?size=5&{{parameters}}", "https://shop.example/p?a=1&size=5&z=2", True),
        ("https://shop.example/p?size=5&{{parameters}}", "https://shop.example/p?a=1&size=6", False),
        ("https://shop.example/p{{parameters}}", "https://shop.example/p?utm_source=x", True),
        ("https://shop.example/p#{{id}}", "https://shop.example/p#812", True),
        ("https://shop.example/p?utm_content={{id}}", "https://shop.example/p?utm_content=8", True),
        ("{{url}}", "https://shop.example/", False),
        ("[UNSUBSCRIBEURL]", "https://shop.example/", False),
    ],
)
def test_where_a_field_may_be(address: str, clicked: str, found: bool) -> None:
    assert (position(address, clicked) == 1) is found


def test_the_link_with_the_longest_fixed_part_wins() -> None:
    addresses = (
        "https://shop.example/u/-id-",
        "https://shop.example/u/-id-?tab=orders",
        "https://shop.example/u/ann",
        "https://{{shop}}.example/u/-id-",
    )
    mail = [Link(place, url, "") for place, url in enumerate(addresses)]
    matcher = Matcher(mail)
    clicks = ["u/8", "u/8?tab=orders", "u/ann", "u/ann?tab=orders"]
    assert [matcher.position(f"https://shop.example/{click}") for click in clicks] == [0, 1, 2, 1]
    assert matcher.position("https://utrecht.example/u/8") == 3


def test_links_that_differ_by_a_fields_name_share_their_clicks() -> None:
    addresses = (
        "https://a.example/u/{{id}}",
        "https://a.example/u/*|ID|*",
        "{{one}}",
        "{{two}}",
        "https://a.example/u/5",
    )
    mail = [Link(place, url, "") for place, url in enumerate(addresses)]
    assert shared(mail) == {0: 0, 1: 0, 2: 2, 3: 3, 4: 4}


def test_links_that_differ_by_what_looks_like_a_field_are_told_apart() -> None:
    addresses = [f"https://x.example/list?sort={order}" for order in ("-date", "-name", "name", "-rating")]
    mail = [Link(place, url, "") for place, url in enumerate(addresses)]
    assert [Matcher(mail).position(url) for url in addresses] == [0, 1, 2, 3]
    assert Matcher(mail[:1]).position(addresses[1]) is None


_FIELDS = st.sampled_from([syntax.example for syntax in SYNTAXES])
_WORDS = st.from_regex("[a-z]{3,8}", fullmatch=True)
_SAFE = st.text("abcXYZ089.~- é@+", max_size=8).map(lambda text: quote(text, safe=""))


@st.composite
def _link(draw: st.DrawFn) -> tuple[str, str, tuple[object, ...]]:
    """A link with fields, a click on it, and its fixed parts."""
    host, page = draw(_WORDS), draw(_WORDS)
    segment, value = draw(st.booleans()), draw(st.booleans())
    fields, filled = [draw(_FIELDS) for _ in range(2)], [draw(_SAFE.filter(bool)), draw(_SAFE)]
    shape = f"https://{host}.example/{page}" + "/{}/x" * segment + "?a=1&e={}" * value

    def fill(texts: list[str]) -> str:
        return shape.format(*(texts if segment else texts[1:]))

    return fill(fields), fill(filled), (host, page, segment, value)


@given(st.lists(_link(), min_size=1, max_size=6, unique_by=lambda link: link[2]))
def test_every_click_finds_its_own_link(mail: list[tuple[str, str, tuple[object, ...]]]) -> None:
    html = "".join(f'<a href="{entities.escape(address)}">x</a>' for address, _, _ in mail)
    matcher = Matcher(links(html))
    assert [matcher.position(clicked) for _, clicked, _ in mail] == list(range(len(mail)))


def test_a_host_that_cannot_be_encoded_matches_no_click() -> None:
    assert position("https://\ud800{{a}}000/sale", "https://a.example/") is None


def test_a_very_long_url_has_no_fields() -> None:
    long = "https://x.example/{{a}}" + "a" * MAX_LENGTH
    assert marked(long) == long
    assert MARK in marked(long[:MAX_LENGTH])
