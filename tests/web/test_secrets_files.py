"""secrets.toml: a mistake is named, never ignored, because sign-in would be off."""

import os
import re
from pathlib import Path

import pytest

from mailsight.errors import BadSetting
from mailsight.importing.schedule import Job
from mailsight.vocabulary import Role
from mailsight.web import secrets_files
from mailsight.web.access import Grant, People
from tests.support.broken_secrets import BROKEN, GOOD


def sections(text: str, path: Path = Path("secrets.toml")) -> secrets_files.Sections:
    return secrets_files.sections({path: text})


def test_a_complete_section_is_accepted() -> None:
    auth, webhooks, imports, _ = sections(GOOD)
    assert secrets_files.providers(auth) == ("default",)
    assert webhooks == {"sendgrid": {"basic_auth": "ann:of-the-tests"}}
    assert imports == ()


@pytest.mark.parametrize(("change", "says"), BROKEN.values(), ids=BROKEN)
def test_a_mistake_is_named(change: tuple[str, str], says: str) -> None:
    before, after = change
    assert before in GOOD
    with pytest.raises(BadSetting) as raised:
        sections(GOOD.replace(before, after, 1))
    assert says in raised.value.message
    assert raised.value.message.startswith("secrets.toml")
    assert "of-the-tests" not in str(raised.value)
    assert "ann:of-the-tests" not in str(raised.value)


@pytest.mark.parametrize("text", ["[auth]", "auth = {}", "[auth]\n[webhooks.sendgrid]\nbasic_auth = 'a:b'"])
def test_an_empty_section_is_not_no_section(text: str) -> None:
    with pytest.raises(BadSetting, match=r"\[auth\] needs redirect_uri"):
        sections(text)


def test_the_message_names_the_line() -> None:
    with pytest.raises(BadSetting, match=r"^secrets\.toml, line 4: \[auth\] has no setting client_ID"):
        sections(GOOD.replace("client_id", "client_ID"))


@pytest.mark.parametrize(
    "text",
    [
        '[connections.warehouse]\nurl = "postgresql://u:p@db/x"\nauthenticator = "snowflake"\n',
        'openai_key = "sk-1"\n[gcp]\nclient_email = "x@y.example"\nauth_uri = "https://accounts.example/auth"\n',
        'DB_PASSWORD = "x"\n[path]\nhome = "x"\n',
    ],
)
def test_other_programs_sections_are_ignored(text: str) -> None:
    assert sections(text) == ({}, {}, (), ())


@pytest.mark.parametrize(
    ("text", "names"),
    [
        (GOOD, ("default",)),
        (
            GOOD.replace("client_id", "[auth.okta]\nclient_id", 1),
            ("okta",),
        ),
        (
            GOOD
            + '[auth.entra-id]\nclient_id = "a1"\nclient_secret = "b2"\n'
            + 'server_metadata_url = "https://login.company.example/.well-known/openid-configuration"\n'
            + 'client_kwargs = { prompt = "login", scope = "openid email" }\n',
            ("default", "entra-id"),
        ),
    ],
)
def test_providers_are_listed(text: str, names: tuple[str, ...]) -> None:
    assert secrets_files.providers(sections(text)[0]) == names


def test_later_files_win() -> None:
    other = GOOD.replace("mailsight-1", "mailsight-2")
    other = other.replace("[webhooks.sendgrid]", "[webhooks.brevo]")
    auth, webhooks, *_ = secrets_files.sections({Path("home.toml"): GOOD, Path("project.toml"): other})
    assert auth["client_id"] == "mailsight-2"
    assert list(webhooks) == ["sendgrid", "brevo"]


def test_a_byte_order_mark_is_allowed(tmp_path: Path) -> None:
    path = tmp_path / "secrets.toml"
    path.write_bytes(b"\xef\xbb\xbf" + GOOD.encode())
    assert secrets_files.contents([path], required=True) == {path: GOOD}


def test_a_folder_of_mounted_secrets_is_read(tmp_path: Path) -> None:
    (tmp_path / "auth").mkdir()
    (tmp_path / "auth" / "cookie_secret").write_text("not-a-secret-but-long\n")
    (tmp_path / "auth" / "..data").mkdir()
    [(path, text)] = secrets_files.contents([tmp_path], required=True).items()
    assert (path, text) == (tmp_path / "auth" / "cookie_secret", "not-a-secret-but-long\n")
    with pytest.raises(BadSetting, match=r"\[auth\] needs redirect_uri"):
        secrets_files.sections({path: text})


@pytest.mark.parametrize(
    "name", ["secrets.toml.example", "secrets.example.toml", "secrets-template.toml", "secrets.toml.dist"]
)
def test_an_example_beside_the_place_of_the_file_is_no_mistake(tmp_path: Path, name: str) -> None:
    (tmp_path / name).touch()
    assert secrets_files.contents([tmp_path / "secrets.toml"], required=False) == {}


@pytest.mark.parametrize("text", ["# What people sign in with", "# [auth]\n# client_id = 'a'\n\n", " \n"])
def test_a_file_that_sets_nothing_is_not_no_file(text: str) -> None:
    with pytest.raises(BadSetting, match="nothing is set"):
        secrets_files.sections({Path("secrets.toml"): text})


def test_nobody_waits_for_a_pipe_among_mounted_secrets(tmp_path: Path) -> None:
    (tmp_path / "auth").mkdir()
    os.mkfifo(tmp_path / "auth" / "cookie_secret")
    with pytest.raises(BadSetting, match="cookie_secret: it is not a file"):
        secrets_files.contents([tmp_path], required=True)


def test_a_file_outside_its_folder_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / ".streamlit" / "secrets.toml"
    (tmp_path / "secrets.toml").write_text(GOOD)
    with pytest.raises(BadSetting, match=r"not read here; move it into the folder \.streamlit"):
        secrets_files.contents([path], required=False)
    monkeypatch.setenv("HOME", str(tmp_path))  # where it may be another program's
    assert secrets_files.contents([path], required=False) == {}


def test_a_missing_file_is_none_unless_it_was_named(tmp_path: Path) -> None:
    path = tmp_path / ".streamlit" / "secrets.toml"
    assert secrets_files.contents([path], required=False) == {}
    with pytest.raises(BadSetting, match="does not exist"):
        secrets_files.contents([path], required=True)


@pytest.mark.parametrize(
    ("make", "says"),
    [
        (lambda path: path.mkdir(), "it is a folder"),
        (lambda path: path.symlink_to("nowhere"), "points to a file that does not exist"),
        (
            lambda path: path.symlink_to(path.name),
            "the file can't be read (Too many levels of symbolic links)",
        ),
        (os.mkfifo, "it is not a file"),
        (lambda path: path.write_bytes(b"\xff\xfe[\0a\0"), "not UTF-8"),
        (lambda path: path.write_bytes(b"#" * 1_000_001), "larger than a megabyte"),
        (
            lambda path: path.with_name("secret.toml").touch(),
            "secret.toml: the file is not read under this name",
        ),
        *[
            (
                lambda path, name=name: path.with_name(name).touch(),
                f"{name}: the file is not read under this name",
            )
            for name in (
                "Secrets.toml",
                "secrets.toml.txt",
                "secrets.toml~",
                "secrets.toml.new",
                ".secrets.toml.swp",
                "secrets.toml ",
                "secrets",
                "secrets.json",
                "secrets_old.toml",
            )
        ],
        (lambda path: (path.touch(), path.chmod(0)), "can't be read (Permission denied)"),
    ],
)
def test_a_file_that_cannot_be_read_is_named(tmp_path: Path, make, says: str) -> None:  # type: ignore[no-untyped-def]
    make(tmp_path / "secrets.toml")
    if "Permission" in says and os.access(tmp_path / "secrets.toml", os.R_OK):
        pytest.skip("root may read everything")
    with pytest.raises(BadSetting) as raised:
        secrets_files.contents([tmp_path / "secrets.toml"], required=False)
    assert says in raised.value.message


IMPORT = """[import.news]
source = "listmonk"
url = "postgresql://a:listmonks-word@db/listmonk"
every = "10 minutes"
options = { lists = "all" }
"""
# What to replace with what, and what the message says.
BROKEN_IMPORTS: dict[str, tuple[str, str, str]] = {
    "misspelt": ("[import.news]", "[imports.news]", "[imports] is not read; write [import.NAME]"),
    "no section": ("[import.news]", "[import]", "import must be sections, [import.NAME]"),
    "unknown source": ('"listmonk"', '"listmnk"', "[import.news] has the source 'listmnk'; known are"),
    "misspelt key": ("every", "evry", "[import.news] has no setting evry; did you mean every?"),
    "no address": ("url =", "# url =", "[import.news] needs either url or path"),
    "two addresses": ("url =", 'path = "/x"\nurl =', "[import.news] needs either url or path"),
    "a path as url": ("postgresql://", "", "write path for files"),
    "no interval": ('"10 minutes"', '"often"', 'needs every as text such as "10 minutes"'),
    "too short an interval": ('"10 minutes"', '"1 second"', "at least a minute"),
    "a number as interval": ('"10 minutes"', "10", "[import.news] needs text in quotes for every"),
    "a number as options": ('{ lists = "all" }', "3", "needs options as texts in quotes"),
}


def test_imports_are_read_and_keep_their_password_to_themselves() -> None:
    _, _, imports, _ = sections(IMPORT)
    address = "postgresql://a:listmonks-word@db/listmonk"
    assert imports == (Job("news", "listmonk", address, 600.0, {"lists": "all"}),)
    assert "listmonks-word" not in repr(imports) + imports[0].place
    _, _, [daily], _ = sections('[import.keila]\nurl = "postgresql://db/keila"\nevery = "1 Day"')
    assert daily == Job("keila", "keila", "postgresql://db/keila", 86_400.0)


@pytest.mark.parametrize(("before", "after", "says"), BROKEN_IMPORTS.values(), ids=BROKEN_IMPORTS)
def test_a_mistake_in_an_import_is_named(before: str, after: str, says: str) -> None:
    with pytest.raises(BadSetting) as raised:
        sections(IMPORT.replace(before, after))
    assert says in raised.value.message
    assert "listmonks-word" not in str(raised.value)


ENTRY = """
[[roles]]
role = "marketer"
people = ["@agency.example", "groups=brand-a"]
tags = ["brand a"]
sender_domains = ["Brand-A.example"]
attributes = ["first_name", "City"]
"""


def test_roles_may_be_limited() -> None:
    *_, [grant] = sections(ENTRY)
    assert grant == Grant(
        Role.MARKETER,
        People(domains=frozenset({"@agency.example"}), claims=frozenset({("groups", "brand-a")})),
        frozenset({"brand a"}),
        frozenset({"brand-a.example"}),
        frozenset({"first_name", "City"}),
    )


@pytest.mark.parametrize(
    ("before", "after", "says"),
    [
        ("[[roles]]", "[roles]", "roles must be entries, each below a line [[roles]]"),
        ("[[roles]]", "[[role]]", "[role] is not read; write [[roles]]"),
        ("[[roles]]", "[[Roles]]", "[Roles] is not read; write [[roles]]"),
        ("[[roles]]", "[[rolls]]", "[rolls] is not read; write [[roles]]"),
        (ENTRY, "roles = []", "roles must be entries, each below a line [[roles]]"),
        (ENTRY, 'roles = ["ann@company.example"]', "roles must be entries"),
        ('role = "marketer"', "", "entry 1 needs a role, one of reader, marketer, analyst, admin"),
        ('"marketer"', '"Marketer"', "entry 1 needs a role"),
        ('"marketer"', '["marketer"]', "entry 1 needs a role"),
        ('"marketer"', '"admin"', "entry 1 limits admins"),
        (
            'tags = ["brand a"]\nsender_domains = ["Brand-A.example"]\n',
            "",
            "entry 1 names attributes, but neither",
        ),
        ('["first_name", "City"]', "[]", "entry 1 needs attributes as a list of texts"),
        ("people", "persons", "[[roles]] has no setting persons"),
        ("tags", "tag", "[[roles]] has no setting tag; did you mean tags?"),
        (
            "sender_domains",
            "sender_domain",
            "[[roles]] has no setting sender_domain; did you mean sender_domains?",
        ),
        ('people = ["@agency.example", "groups=brand-a"]', "", "entry 1 needs people as a list of texts"),
        ('["@agency.example", "groups=brand-a"]', "[]", "entry 1 needs people as a list of texts"),
        (
            '["@agency.example", "groups=brand-a"]',
            '"@agency.example"',
            "entry 1 needs people as a list of texts",
        ),
        ('"@agency.example"', '"agency.example"', "people contains 'agency.example'"),
        ('"@agency.example"', '""', "has an empty text in people"),
        ('["brand a"]', "[]", "entry 1 needs tags as a list of texts"),
        ('["brand a"]', '"brand a"', "entry 1 needs tags as a list of texts"),
        ('["brand a"]', "[1]", "entry 1 needs tags as a list of texts"),
        ('"brand a"', '" "', "has an empty text in tags"),
        ('"brand a"', '"brand a "', "one with spaces around it"),
        ('["Brand-A.example"]', "[]", "entry 1 needs sender_domains as a list of texts"),
        ("Brand-A.example", "*", "lists the sender domain '*'"),
        ("Brand-A.example", "@brand-a.example", "lists the sender domain '@brand-a.example'"),
        ("Brand-A.example", "example", "lists the sender domain 'example'"),
    ],
)
def test_a_mistake_in_a_role_is_named(before: str, after: str, says: str) -> None:
    assert before in ENTRY
    with pytest.raises(BadSetting, match=re.escape(says)):
        sections(ENTRY.replace(before, after, 1))
