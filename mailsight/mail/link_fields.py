"""Merge fields within the URLs of links: a table of how senders write them.

A field is found by its marks alone: what it is called and what it is filled with doesn't matter. Marks that URLs may
hold anyway (hyphens, colons, at signs) count only where they enclose a whole value of the query or a whole segment of
the path, because a clicked URL taken for another link is worse than one without a link.
"""

import re
from dataclasses import dataclass
from typing import Literal
from urllib.parse import quote

#: What a field becomes while URLs are compared: a word that no rule changes.
MARK = "0mergefield0"
MAX_LENGTH = 2_000

# The limits keep an opening mark without a closing one from costing more than a look at what follows.
_ANYTHING = r".{0,200}?"
_SPACE = r"(?: |%20|\+)"
_NAME = rf"[^\W\d_](?:[\w.:-]|{_SPACE}){{0,100}}?"
# {name}, {$name}, {!name}, {a=b}, {a="b"}, {a:b|default}: no JSON, no regular expression's {2,3}
_QUOTE = r"(?:\"|%22)?"
_BRACED = (
    rf"{_SPACE}?[$!]?{_NAME}(?:(?:=|%3D){_QUOTE}[\w .%-]{{1,100}}?{_QUOTE})?(?:(?:\||%7C)[^{{}}]{{0,100}}?)?"
)
_NAME_OR_ELSE = rf"{_NAME}(?:(?:\||%7C)[^/?&#]{{0,100}}?)?"
# phpList's and Campaign Monitor's, not a parameter's [0] or [size]
_CAPITALS = (
    r"!?(?-i:[A-Z][A-Z0-9_.-]{1,100})(?:(?:[,|/? +]|%20|%2C|%7C|%2F|%3F|%%|%25%25|:filter:)[^\[\]]{0,100}?)?"
)
_CAPITALIZED = r"(?-i:(?=[^\[\]]{1,60}[A-Z_ ]|[A-Z])[A-Za-z](?:[\w. -]|%20|\+){1,100})"
_PREFIXED = (
    r"(?:subscriber|newsletter|user|member|date|link|data|contact_attribute)(?::|%3A)[^\[\]/?&#]{1,100}?"
)
_FALLBACK = (
    rf"[^\W\d](?:[\w.:-]|{_SPACE}){{0,100}}(?:(?:,|%2C)fallback(?:=|%3D)|%%|%25%25)[^\[\]/?&#]{{0,100}}?"
)
_ATTRIBUTES = rf"{_SPACE}[\w-]{{1,40}}(?:=|%3D)[^\[\]<>]{{1,150}}?"
_TABLE_AND_COLUMN = rf"[^\W\d_](?:[\w.:/@]|%3A|%2F|%40|{_SPACE}){{0,100}}?(?:;|%3B)[^{{}}]{{0,100}}?"
_WORD = (
    rf"(?:e?-?mail(?:_?addr(?:ess)?)?|(?:first|last|full|sur|user|nick|list)?(?:_|{_SPACE})?name|[fl]name|u?u?id"
    r"|(?:user|list|member|contact|customer|subscriber|recipient|message|campaign)_?(?:u?u?id|key|hash)|token|hash|key"
    r"|city|country|zip|phone|mobile|company|birthday|language|unsubscribe\w{0,20}|date|current(?:day|month|year)\w{0,6}"
    r"|address|(?:field|campo|champ|feld)\d|(?:cog)?nome|(?:vor|nach)name|pr[eé]nom|nom(?:bre)?|apellidos?|imie)"
)
_WORDS = rf"(?:[a-z]{{0,20}}[_.:-]){{0,2}}{_WORD}\d{{0,2}}"

# Signs around a field in a syntax that isn't documented. Other values start and end with them too, so the name must be
# one that fields usually have. Quotes and + are left out: they enclose search terms and stand for spaces. At the start,
# # would be a place on the page, and _ belongs to the name of an account or a folder.
_SIGN = (
    r"(?:[^\w\s/?&.,;%+\"'“”„‘’‚]|_|%(?![0-9A-F]{2})|%(?:2[13-589A]|3[A-E]|40|5[B-F]|60|7[B-E])"
    r"|%C2%AB|%C2%BB|%E2%80%B9|%E2%80%BA)"
)
_ENCLOSED = (
    rf"(?!#|_[^\W_]){_SIGN}{{1,4}}{_SPACE}?(?:(?:merge|field|var|echo){_SPACE})?\$?{_WORDS}"
    rf"(?:{_SPACE}addr(?:ess)?)?{_SPACE}?{_SIGN}{{1,4}};?"
)
# Two signs or more on each side need no usual name: #[x]#, *[x]*, $$x$$, <$x$>
_ENCLOSED_TWICE = (
    rf"(?!(?<=/)#|[}})\]>]|%(?:29|3E|5D|7D))(?:(?![_-]){_SIGN}){{2,4}}{_NAME}(?:(?![_-]){_SIGN}){{2,4}}"
)
# A sign only before the name. Other signs make no field: ?sort=-date, /~company, /@the.company
_VARIABLE = (
    rf"(?:(?:(?:\$|%24)(?:!|%21)?|%25|%(?![0-9A-F]{{2}})){_WORDS}|(?<==)(?:[:@]|%3A|%40){_WORD}"
    rf"|(?:\$|%24)(?:!|%21)?[a-z][\w.]{{0,60}}(?:\(|%28)[^&#]{{0,150}}?(?:\)|%29)(?:\$|%24)?);?"
)
# & separates parameters, so a field in it is a value that would be empty.
_AMPERSANDS = (
    rf"(?:(?:&|%26){{1,2}}{_WORDS}(?:(?:&|%26){{1,2}}|;|%3B)|(?:&|%26)(?:\*|%2A)[a-z]\w{{1,40}}(?:;|%3B))"
)
# Any text with a usual name, after or before what isn't a letter: [contact("email")], [Contact//First Name]
_START, _END = r"(?:(?<![^\W\d_])|(?<=%[\dA-F]{2}))", r"(?![^\W\d_])"
_WITH_WORD = rf"[^\[\]&#]{{0,60}}?{_START}{_WORD}{_END}[^\[\]&#]{{0,100}}?"
# Two letters, and neither JSON nor numbers
_IN_BRACES = r"(?![\d\"'\[]|%22|%27|%5B)[^{}&#?]{0,60}?[^\W\d_]{2}[^{}&#?]{0,100}?"
# No sign at all, but in capitals: a usual name with MERGE or another word for a field.
_FOR_A_FIELD = "MERGE|FIELD|TAG|VAR|TOKEN|PLACEHOLDER|HERE|INSERT|YOUR|REPLACE"
_IN_CAPITALS = (
    r"(?=(?-i:[A-Z0-9_:.-]{5,60})(?:[/&?#;]|\Z))(?:MERGE(?:_\w+|\d{1,3}|FIELD\d{0,3})|\w+_MERGE"
    rf"|MERGE[:.-]?{_WORD}|{_WORD}[:.-]?MERGE|(?:(?:{_FOR_A_FIELD})_){{1,2}}{_WORD}"
    rf"|(?:YOUR_)?{_WORD}(?:_(?:{_FOR_A_FIELD})){{1,2}}|X{{2,3}}{_WORD}X{{2,3}})"
)


Place = Literal["anywhere", "whole"]


@dataclass(frozen=True, slots=True)
class Syntax:
    """How some senders write a field: `opening`, a name (an expression) and `closing`.

    `place`: "whole" if the marks count only around a whole value or segment. `example` is a field as its sender writes
    it. `source` says where, with the date.
    """

    senders: str
    opening: str
    name: str
    closing: str
    place: Place
    example: str
    source: str


_TEMPLATES = "templates and bug reports of people who use it, 2026-11-26"
_IN_REPOSITORIES = "templates in public repositories, 2026-11-27"

# Longer marks come before those that they begin with.
SYNTAXES = (
    Syntax("Handlebars, Mustache, Resend", "{{{", _ANYTHING, "}}}", "anywhere", "{{{EMAIL|none}}}",
           _TEMPLATES),
    Syntax("Liquid, Jinja, Django, Handlebars, Go: Braze, HubSpot, Marketo, Mailjet, SendGrid, listmonk", "{{",
           _ANYTHING, "}}", "anywhere", "{{ person.email|urlencode }}",
           "https://experienceleague.adobe.com/docs/marketo, 'Tokens Overview', 2026-11-26"),
    Syntax("Liquid, Jinja, Django: Klaviyo, HubSpot, Shopify", "{%", _ANYTHING, "%}", "anywhere", "{% cycle 'a' %}",
           "https://docs.dittofeed.com/resources/templates/liquid-presets, 2026-11-26"),
    Syntax("Mailchimp, Mandrill", "*|", _ANYTHING, "|*", "anywhere", "*|EMAIL|*",
           "https://www.dailystory.com/glossary/merge-field/, 2026-11-26"),
    Syntax("ERB and JSP: Mapp, Adobe Campaign, Mandrill", "<%", _ANYTHING, "%>", "anywhere", "<%= recipient.email %>",
           "https://docs.mapp.com/docs/personalization-tags-for-placeholders, 2026-11-26"),
    Syntax("Emma, Inxmail", "[%", _ANYTHING, "%]", "anywhere", "[% member:email %]",
           "https://support.e2ma.net, 'Dynamic content from custom API events', 2026-11-26"),
    Syntax("Mailjet, GetResponse, Constant Contact", "[[", _ANYTHING, "]]", "anywhere", '[[data:email:""]]',
           "https://developer.constantcontact.com/api_guide/design_code_emails.html, 2026-11-26"),
    Syntax("Emailvision", "[EMV ", r".{1,100}?(?:\[|%5B)EMV(?: |%20)(?:/|%2F)\w{1,20}", "]", "anywhere",
           "[EMV FIELD]EMAIL[EMV /FIELD]", _IN_REPOSITORIES),
    Syntax("Adestra", "[*", _ANYTHING, "*]", "anywhere", "[* link.unsub_url *]",
           "https://help.uplandsoftware.com/adestra/Content/link.html, 2026-11-26"),
    Syntax("Zoho Campaigns", "$[", _ANYTHING, "]$", "anywhere", "$[FNAME|there]$",
           _TEMPLATES),
    Syntax("Contactlab", "${", _NAME, "}$", "anywhere", "${email}$",
           "https://explore.contactlab.com/customize-messages/?lang=en, 2026-11-26"),
    Syntax("Velocity, FreeMarker: Actito, Mailmodo, Responsys, Marketo", "${", _ANYTHING, "}", "anywhere", "${email}",
           "https://cdn.actito.be, 'Personalizing an E-mail campaign', 2026-11-26"),
    Syntax("Velocity's quiet form", "$!{", _ANYTHING, "}", "anywhere", "$!{lead.Email}",
           "https://experienceleague.adobe.com/en/docs/marketo-developer/marketo/email-scripting, 2026-11-26"),
    Syntax("Ruby, Campaigner", "#{", _ANYTHING, "}", "anywhere", "#{email}", _TEMPLATES),
    Syntax("TYPO3", "###", _ANYTHING, "###", "anywhere", "###email###", "Ecodev/newsletter#59, 2026-11-26"),
    Syntax("TYPO3, Listrak, OpenEMM", "##", r".{1,200}?", "##", "anywhere", "##USER_email##",
           "OpenEMM 2015 User Manual, 'Building AGNITAS tags into trackable links', 2026-11-26"),
    Syntax("Salesforce Marketing Cloud (AMPscript)", "%%=", _ANYTHING, "=%%", "anywhere", "%%=Lookup(@a)=%%",
           "https://developer.salesforce.com/docs/marketing/marketing-cloud-ampscript/references, 2026-11-26"),
    Syntax("Salesforce, Interspire, Pardot, Lyris, Delivra", "%%", r".{1,200}?", "%%", "anywhere", "%%emailaddr%%",
           "https://github.com/alpha1/delivra-unofficial-handbook/wiki/Merge-Tags, 2026-11-26"),
    Syntax("ActiveCampaign, Mailgun, Interspire", "%", r"[^\W\d][\w.:-]{0,100}", "%", "anywhere", "%recipient.id%",
           "https://activecampaign.design/docs/patterns/personalization, 2026-11-26"),
    Syntax("Mailing programs for Windows", "!*", _NAME, "*!", "anywhere", "!*email*!", _TEMPLATES),
    Syntax("Word's mail merge and its kin", "<<", _NAME, ">>", "anywhere", "<<Email Address>>",
           "http://wiki.adrenlinerush.net/wiki/oimm/TagsVariables, 2026-11-26"),
    Syntax("E-marketeer, Oracle Eloqua", "~~", r"[^\W\d].{0,200}?", "~~", "anywhere", "~~EMAIL~~",
           "http://www.e-marketeer.co.uk/help/03.htm, 2026-11-26"),
    Syntax("Interspire, older mailing lists", "@@", _NAME, "@@", "anywhere", "@@email@@", _TEMPLATES),
    Syntax("Mautic, MailerLite, AWeber, AcyMailing, Copernica, Sailthru", "{", _BRACED, "}", "anywhere",
           "{contactfield=email|none}", "mautic/mautic#2506, 2026-11-26"),
    Syntax("Microsoft Dynamics 365", "{!", _TABLE_AND_COLUMN, "}", "anywhere",
           "{!User:Address;}", "blog.kelvinbytes.com, 'D365 Email Templates Dynamic Text', 2026-11-26"),
    Syntax("phpList, Mailtrain, MailWizz", "[", _CAPITALS, "]", "anywhere", "[MERGE_EMAIL]",
           "Mailtrain-org/mailtrain#510, 2026-11-26"),
    Syntax("MailPoet, Benchmark Email", "[", _PREFIXED, "]", "anywhere", "[subscriber:email | default:none]",
           _TEMPLATES),
    Syntax("Campaign Monitor, Sendy, phpList", "[", _FALLBACK, "]", "anywhere", "[firstname,fallback=there]",
           "https://help.oneclickpolitics.com/hc/en-us/articles/228081588, 2026-11-26"),
    Syntax("MailPoet and other plugins for WordPress", "[", rf"[a-z][\w/-]{{0,40}}{_ATTRIBUTES}", "]", "anywhere",
           "[merge field=email]", _IN_REPOSITORIES),
    Syntax("Unknown senders", "[", r"[a-z]\w{0,30}(?:\(|%28)[^&#]{1,100}?(?:\)|%29)", "]", "anywhere",
           '[url("x")]', _TEMPLATES),
    Syntax("Ontraport, Earnware", "[", _WITH_WORD, "]", "whole", "[Contact//First Name]",
           "https://support.earnware.com/earnware/standard-merge-codes-and-custom-fields, 2026-11-27"),
    Syntax("Campaign Monitor, MailUp, iContact, ActiveTrail", "[", _WORDS, "]", "whole", "[email]",
           "https://www.emailonacid.com/help-article/what-is-a-merge-tag-d1/, 2026-11-26"),
    Syntax("Argenta, Brick Street Connect", "[", _CAPITALIZED, "]", "whole", "[First Name]",
           "https://docs.brickstreetsoftware.com/display/BSC11/Mail_Merge_Tags.html, 2026-11-26"),
    Syntax("Mailcoach", "::", r"(?:subscriber|list|campaign|send)\.[\w.]{1,100}", "::", "anywhere",
           "::subscriber.email::", "https://mailcoach.app/docs/self-hosted/v4/campaigns, 2026-11-26"),
    Syntax("Mailcoach", "::", _NAME, "::", "whole", "::webviewUrl::",
           "https://mailcoach.app/docs/self-hosted/v4/campaigns, 2026-11-26"),
    Syntax("Etelligent, Autopilot", "--", _NAME, "--", "whole", "--name--",
           "http://wiki.colony101.co.uk/etelligent/index.php/Merge_Fields, 2026-11-26"),
    Syntax("SendGrid's substitution tags", "-", r"[^\W\d_][\w.]{0,100}", "-", "whole", "-customerID-",
           "https://twilio.com/docs/sendgrid/for-developers/sending-email/substitution-tags, 2026-11-26"),
    Syntax("HCL Unica Deliver", "#pf:", _NAME, "#", "anywhere", "#pf:CustomerID#",
           "https://help.hcl-software.com/unica/Deliver/en/12.1.3/, 'Personalization fields to links', 2026-11-26"),
    Syntax("Flexmail, Moosend, NuevoMailer", "#", _NAME_OR_ELSE, "#", "whole", "#firstname#",
           "https://en.support.flexmail.eu/article/383-personalise-with-placeholders, 2026-11-26"),
    Syntax("Dotdigital", "@", _NAME_OR_ELSE, "@", "whole", "@email@", _TEMPLATES),
    Syntax("SALESmanago, Responsys, Emarsys, Constant Contact, Splio", "$", _NAME_OR_ELSE, "$", "whole", "$email$",
           "http://support.salesmanago.pl/adding-the-opt-out-option/, 2026-11-26"),
    Syntax("Selligent, Keap", "~", _NAME_OR_ELSE, "~", "whole", "~MAIL~", _TEMPLATES),
    Syntax("Mad Mimi", "(", _WORDS, ")", "whole", "(email)", _TEMPLATES),
    Syntax("Python", "%(", _NAME, ")s", "anywhere", "%(email)s",
           "https://docs.python.org/3/library/stdtypes.html#printf-style-string-formatting, 2026-11-27"),
    Syntax("PHP", "<?", _ANYTHING, "?>", "anywhere", "<?= $email ?>",
           "https://www.php.net/manual/en/language.basic-syntax.phptags.php, 2026-11-27"),
    Syntax("Word's mail merge", "«", _NAME, "»", "anywhere", "«Email_Address»",
           "https://support.microsoft.com/office/insert-mail-merge-fields-9a1ab5e3-2d7a-420d-8d7e-7cc26f26acff, "
           "2026-11-27"),
    Syntax("Engaging Networks", "{", _IN_BRACES, "}", "whole", "{user_data~Email Address}", _IN_REPOSITORIES),
    Syntax("ActiveCampaign, Octeth", "", r"(?:%|%25)[^\W\d](?:[\w.:|+ -]|%20|%7C|%3A|%2B){0,100}(?:%|%25)", "", "whole",
           "%FIRSTNAME|TITLECASE%", _IN_REPOSITORIES),
    Syntax("Dada Mail, MailPoet", "<!--", _ANYTHING, "-->", "anywhere", "<!-- tmpl_var subscriber.email -->",
           _IN_REPOSITORIES),
    Syntax("Oracle Eloqua", "<", rf"span{_SPACE}.{{1,200}}?(?:/|%2F)span", ">", "anywhere",
           '<span class="eloquaemail">EmailAddress</span>', _IN_REPOSITORIES),
    Syntax("Unknown senders", "<", rf"[a-z][\w:-]{{0,40}}{_ATTRIBUTES}", ">", "anywhere",
           '<merge field="email">', _TEMPLATES),
    Syntax("Unknown senders", "<", rf"(?:(?-i:[A-Z][A-Z0-9_]{{2,40}})|(?:[a-z]+:)?{_WORDS}{_SPACE}?(?:/|%2F))", ">",
           "whole", "<CITY>", _TEMPLATES),
    Syntax("Unknown senders", "", _ENCLOSED_TWICE, "", "whole", "*[city]*", _TEMPLATES),
    Syntax("Unknown senders", "", _ENCLOSED, "", "whole", "|EMAIL|", _TEMPLATES),
    Syntax("Unknown senders", "", _VARIABLE, "", "whole", "$email", _TEMPLATES),
    Syntax("Unknown senders", "", _AMPERSANDS, "", "whole", "&*EMAIL;", _TEMPLATES),
    Syntax("Unknown senders", "", _IN_CAPITALS, "", "whole", "EMAIL_MERGE", _TEMPLATES),
)  # fmt: skip


def _marks(text: str) -> str:
    """An expression for marks as they are or percent-encoded."""
    return "".join(
        re.escape(character)
        if character in "-~"
        else rf"(?:{quote(character, safe='')}|{re.escape(character)})"
        for character in text
    )


def _expression(syntax: Syntax) -> str:
    if syntax.opening == "%":
        # Either mark may be the start of an escape such as %C3, but not both.
        name = syntax.name
        return rf"%(?![0-9A-F]{{2}}){name}%|%{name}%(?![0-9A-F]{{2}})|%25{name}%25"
    field = f"{_marks(syntax.opening)}{syntax.name}{_marks(syntax.closing)}"
    # More marks than the sender needs
    if syntax.closing.endswith("}}"):
        field += r"(?:\}|%7D){0,2}"
    elif syntax.closing == "]]":
        field += r"(?:\]|%5D){0,2}"
    elif syntax.closing == "%%":
        field += r"(?:%25|%(?![0-9A-F]{2})){0,2}"
    elif syntax.opening == "[":
        field += r"(?![=\[]|%3D|%5B)"  # f[COLOR]=red is the name of a parameter
    return field if syntax.place == "anywhere" else rf"(?<=[=/])(?<!//){field}(?=[/&?#;]|\Z)"


_FIELD = re.compile("|".join(map(_expression, SYNTAXES)), re.IGNORECASE | re.DOTALL)


def marked(url: str) -> str:
    """The URL with `MARK` in place of each field. A URL of more than `MAX_LENGTH` characters is returned unchanged."""
    return _FIELD.sub(MARK, url) if len(url) <= MAX_LENGTH else url
