"""The mail programs that people use, and the image proxies of mailbox providers, by user agent."""

from collections.abc import Mapping, Sequence

from mailsight.mail.expressions import Expression

from .patterns import any_of


def image_proxy(agent: str) -> str | None:
    """The mail program whose image proxy this is, or None if it is an unknown one."""
    return _name(agent, _NAMED_PROXIES)


def mail_program(agent: str) -> str | None:
    """The name of the mail program, or None if there is no name for it here."""
    return _name(agent, _NAMED_PROGRAMS)


def is_image_proxy(agent: str) -> bool:
    """Whether this is an image proxy, known by name or not."""
    return bool(_PROXY.search(agent))


def is_mail_program(agent: str) -> bool:
    """Whether this is a program in which people read mail, known by name or not."""
    return bool(_PROGRAM.search(agent))


def _name(agent: str, named: Sequence[tuple[Expression, str]]) -> str | None:
    return next((name for words, name in named if words.search(agent)), None)


# Image proxies, which load pictures when a person opens the mail, and the mail program each belongs to, if known.
_PROXIES: Mapping[str, str | None] = {
    r"GoogleImageProxy|\(via [^)]*ggpht[^)]*\bproxy\)": "Gmail",
    r"YahooMailProxy|YahooCacheSystem": "Yahoo Mail",
    r"SeznamEmailProxy": "Seznam",
    r"FastmailUA": "Fastmail",
    r"Shortwave Image Fetcher": "Shortwave",
    r"(?:e?mail|image)[ _-]?(?:image[ _-]?)?proxy": None,
    r"\(via [^)]*\bproxy\)": None,
}

# Programs in which people read mail, and what each is called. None of them is a machine, although their user agents
# contain words like okhttp, http, library and client. A program without a name is shown as the browser in its user
# agent. The first match gives the name.
_PROGRAMS: Mapping[str, str | None] = {
    r"outlook-(?:ios|android)|outlook/.*(?:iphone|ipad)|outlook mobile": "Outlook app",
    r"outlook-express|windows ?(?:live ?)?mail": "Windows Mail",
    r"microsoft outlook|microsoft office/.*\bmapi|macoutlook|ms-?office|\boutlook/\d|outlook \d": "Outlook",
    r"thunderbird|icedove|betterbird": "Thunderbird",
    r"samsung ?e?mail|samsung\.android\.email": "Samsung Email",
    r"gmailmailclient|com\.google\.android\.gm\b|\bgmail/": "Gmail",
    r"yahoo(?:mobile)?(?:%20| )?mail|\bymail": "Yahoo Mail",
    r"aolmail": "AOL Mail",
    r"lotus[- ]?notes|hcl[- ]?notes": "HCL Notes",
    r"airmail": "Airmail",
    r"postbox": "Postbox",
    r"the bat!": "The Bat!",
    r"e ?m ?client": "eM Client",
    r"mailspring": "Mailspring",
    r"mailbird": "Mailbird",
    r"mailmate": "MailMate",
    r"bluemail|typemail": "BlueMail",
    r"foxmail": "Foxmail",
    r"mailmaster": "MailMaster",
    r"navermailapp": "Naver Mail",
    r"proton ?mail": "Proton Mail",
    r"tutanota|tuta/": "Tuta",
    r"\bspark/|readdle": "Spark",
    r"k-9": "K-9 Mail",
    r"fairemail|fair ?email": "FairEmail",
    r"aqua ?mail": "Aqua Mail",
    r"nine ?mail": "Nine",
    r"edison ?mail|easilydo": "Edison Mail",
    r"superhuman": "Superhuman",
    r"mimestream": "Mimestream",
    r"missive": "Missive",
    r"canary ?mail": "Canary Mail",
    r"zimbra": "Zimbra",
    r"roundcube": "Roundcube",
    r"seamonkey": "SeaMonkey",
    r"kmail|kontact": "KMail",
    r"evolution/": "Evolution",
    r"geary": "Geary",
    r"claws[ -]?mail|sylpheed": "Claws Mail",
    r"opera ?mail": "Opera Mail",
    r"eudora": "Eudora",
    r"incredimail": "IncrediMail",
    r"apple-?mail/|mobilemail|^mail/[\d.]+ ": "Apple Mail",
    # Other spellings of the programs above, and programs without a name of their own.
    r"outlook[-/ ](?:ios|android|express|\d)": None,
    r"gmail(?:[^.]|$)|com\.google\.android\.gm": None,
    r"\bmail/[\d.]+ .*(?:cfnetwork|darwin)": None,
    r"(?:claws|opera|kde|pegasus|proton|spark|samsung|nine|edison|zoho|newton|fair|aqua)[ -]?(?:e?mail|mailer)": None,
    r"mailplane|mailbar|mailpilot|polymail|pocomail|\bmutt|barca(?:pro)?/|becky!|spicebird|sparrow": None,
    r"boxer|cloudmagic|dav(?:droid|x5)|monazilla|notion/[\d.]+ chrome|raindrop\.io/|franz/|rambox": None,
    r"basecamp3?/|evernote/|wavebox|shift/|balsa/|\bnine/|rainloop|turnpike|trojit|^url/emacs": None,
    # Office programs, which show an e-mail as a document.
    r"microsoft office(?:/| (?:mobile|word|excel|powerpoint|onenote|visio|syncproc|upload center)\b)": None,
    r"\b(?:word|excel|powerpoint|onenote)/\d|\b(?:open|libre)office\b": None,
}


def _named(table: Mapping[str, str | None]) -> list[tuple[Expression, str]]:
    return [(any_of([words]), name) for words, name in table.items() if name]


_NAMED_PROXIES, _NAMED_PROGRAMS = _named(_PROXIES), _named(_PROGRAMS)
_PROXY, _PROGRAM = any_of(_PROXIES), any_of(_PROGRAMS)
