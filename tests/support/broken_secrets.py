"""A good secrets.toml, and the mistakes that people make in it."""

GOOD = """[auth]
redirect_uri = "https://mailsight.example/oauth2callback"
cookie_secret = "not-a-secret-but-long-enough"
client_id = "mailsight-1"
client_secret = "of-the-tests"
server_metadata_url = "https://login.company.example/.well-known/openid-configuration"

[webhooks.sendgrid]
basic_auth = "ann:of-the-tests"
"""

# What to replace with what in the good file, and what the message says, by the name of the mistake.
BROKEN: dict[str, tuple[tuple[str, str], str]] = {
    "a line without a quote": (('client_id = "mailsight-1"', 'client_id = "mailsight-1'), "not valid TOML"),
    "a line without a value": (('client_id = "mailsight-1"', "client_id ="), "not valid TOML"),
    "a word": (("[auth]", "sign in please\n[auth]"), "not valid TOML"),
    "a key twice": (("[auth]", '[auth]\nclient_id = "a"'), "not valid TOML"),
    "a section twice": (("[webhooks", "[auth]\n[webhooks"), "not valid TOML"),
    "[auth.]": (("[auth]", "[auth.]"), "not valid TOML"),
    "[auth without its bracket": (("[auth]", "[auth"), "not valid TOML"),
    "deep nesting": (("[auth]", f"x = {'[' * 20_000}{']' * 20_000}\n[auth]"), "not valid TOML"),
    "[Auth]": (("[auth]", "[Auth]"), "[Auth] is not read; write [auth]"),
    "[AUTH]": (("[auth]", "[AUTH]"), "write [auth]"),
    "[auths]": (("[auth]", "[auths]"), "write [auth]"),
    "[aut]": (("[auth]", "[aut]"), "write [auth]"),
    "[uath]": (("[auth]", "[uath]"), "write [auth]"),
    "[autn]": (("[auth]", "[autn]"), "write [auth]"),
    "[oauth]": (("[auth]", "[oauth]"), "write [auth]"),
    "[OAuth-2]": (("[auth]", "[OAuth-2]"), "write [auth]"),
    "[oidc]": (("[auth]", "[oidc]"), "write [auth]"),
    "[authentication]": (("[auth]", "[authentication]"), "write [auth]"),
    "[auth0]": (("[auth]", "[auth0]"), "write [auth]"),
    "[sign-in]": (("[auth]", "[sign-in]"), "write [auth]"),
    "a Cyrillic letter": (("[auth]", '["\u0430uth"]'), "write [auth]"),
    "a space in the name": (("[auth]", '["auth "]'), "write [auth]"),
    "[[auth]]": (("[auth]", "[[auth]]"), "auth must be a section"),
    "[[Auth]]": (("[auth]", "[[Auth]]"), "write [auth]"),
    "[streamlit.auth]": (("[auth]", "[streamlit.auth]"), "auth is in [streamlit]"),
    "[google]": (("[auth]", "[google]"), "is in [google]; move it to [auth]"),
    "[security], misspelt keys": (
        (
            '[auth]\nredirect_uri = "https://mailsight.example/oauth2callback"\ncookie_secret',
            "[security]\ncookie_secrt",
        ),
        "cookie_secrt is in [security]; move it to [auth]",
    ),
    "[with], unknown keys": (
        ("[auth]\nredirect_uri", "[with]\ncallback"),
        "callback is in [with]; move it to [auth]",
    ),
    "keys as in an environment": (
        ("[auth]\nredirect_uri", "OIDC_CALLBACK"),
        "OIDC_CALLBACK is outside [auth]",
    ),
    "no section": (("[auth]\n", ""), "redirect_uri is outside [auth]"),
    "no section, misspelt keys": (("[auth]\nredirect_uri", "redirect_url"), "is outside [auth]"),
    "auth as text": (("[auth]", 'auth = "on"\n[other]'), "auth must be a section"),
    "an empty section": (("[auth]", "[auth]\n[auth.other]"), "[auth.other] has no setting redirect_uri"),
    "client_ID": (("client_id", "client_ID"), "[auth] has no setting client_ID; did you mean client_id?"),
    "redirect_url": (("redirect_uri", "redirect_url"), "did you mean redirect_uri?"),
    "cookie_secrt": (("cookie_secret", "cookie_secrt"), "did you mean cookie_secret?"),
    "cookie-secret": (("cookie_secret", "cookie-secret"), "did you mean cookie_secret?"),
    "an unknown key": (("client_id", 'colour = "blue"\nclient_id'), "[auth] has no setting colour"),
    "no client_secret": (('client_secret = "of-the-tests"\n', ""), "[auth] needs client_secret"),
    "no cookie_secret": (
        ('cookie_secret = "not-a-secret-but-long-enough"\n', ""),
        "[auth] needs cookie_secret",
    ),
    "an empty client_id": (('"mailsight-1"', '""'), "client_id in [auth] is empty"),
    "a blank client_id": (('"mailsight-1"', '"  "'), "client_id in [auth] is empty"),
    "three dots": (('"mailsight-1"', '"..."'), "still a placeholder"),
    "xxx": (('"of-the-tests"', '"xxx"'), "still a placeholder"),
    "your-client-id": (('"mailsight-1"', '"your-client-id"'), "still a placeholder"),
    "<client id>": (('"mailsight-1"', '"<client id>"'), "still a placeholder"),
    "{tenant}": (("login.company.example/", "login.example/{tenant}/"), "still a placeholder"),
    "the README's secret": (("not-a-secret-but-long-enough", "a long random text"), "still a placeholder"),
    "a number": (('"mailsight-1"', "17"), "must be text in quotes"),
    "a list": (('"mailsight-1"', '["mailsight"]'), "must be text in quotes"),
    "true": (('"of-the-tests"', "true"), "must be text in quotes"),
    "a space before the id": (('"mailsight-1"', '" mailsight-1"'), "has spaces around it"),
    "a line break in the id": (('"mailsight-1"', '"mailsight\\n1"'), "can't be seen"),
    "a short cookie_secret": (("not-a-secret-but-long-enough", "abcdefghijklmno"), "too easy to guess"),
    "one letter": (("not-a-secret-but-long-enough", "a" * 40), "too easy to guess"),
    "http metadata": (("https://login", "http://login"), "server_metadata_url must start with https://"),
    "no scheme": (("https://login", "login"), "server_metadata_url must start with https://"),
    "file metadata": (("https://login.company.example", "file://"), "must start with https://"),
    "a loopback look-alike": (("https://login.company", "http://localhost.evil"), "must start with https://"),
    "a password in the URL": (("https://login", "https://a:b@login"), "must start with https://"),
    "http redirect": (("https://mailsight", "http://mailsight"), "redirect_uri must start with https://"),
    "another path": (("/oauth2callback", "/callback"), "redirect_uri must end in /oauth2callback"),
    "a query": (("/oauth2callback", "/oauth2callback?x=1"), "redirect_uri must end in /oauth2callback"),
    "half a provider": (
        ("[webhooks", '[auth.okta]\nclient_id = "a1"\n[webhooks'),
        "[auth.okta] needs client_secret",
    ),
    "a provider's misspelt key": (
        ("[webhooks", '[auth.okta]\nclientid = "a1"\n[webhooks'),
        "[auth.okta] has no setting clientid; did you mean client_id?",
    ),
    "an underscore": (("[webhooks", "[auth.my_idp]\n[webhooks"), "needs another name"),
    "certificates unchecked": (
        ("[webhooks", "client_kwargs = { verify = false }\n[webhooks"),
        "certificates",
    ),
    "no openid": (("[webhooks", 'client_kwargs = { scope = "email" }\n[webhooks'), "must contain openid"),
    "client_kwargs as text": (("[webhooks", 'client_kwargs = "login"\n[webhooks'), "must be a table"),
    "a number as scope": (
        ("[webhooks", "client_kwargs = { scope = 1 }\n[webhooks"),
        "must be text in quotes",
    ),
    "a misspelt scope": (
        ("[webhooks", 'client_kwargs = { scopes = "openid" }\n[webhooks'),
        "client_kwargs has no setting scopes; did you mean scope?",
    ),
    "a timeout as text": (
        ("[webhooks", 'client_kwargs = { timeout = "10" }\n[webhooks'),
        "must be seconds",
    ),
    "no time": (("[webhooks", "client_kwargs = { timeout = 0 }\n[webhooks"), "must be seconds"),
    "an infinite timeout": (("[webhooks", "client_kwargs = { timeout = inf }\n[webhooks"), "must be seconds"),
    "a plain challenge": (
        ("[webhooks", 'client_kwargs = { code_challenge_method = "plain" }\n[webhooks'),
        'must be "S256"',
    ),
    "other headers": (
        ("[webhooks", 'client_kwargs = { headers = "X: 1" }\n[webhooks'),
        "has no setting headers",
    ),
    "expose_tokens": (("[webhooks", 'expose_tokens = ["all"]\n[webhooks'), "expose_tokens must be"),
    "[webhook.sendgrid]": (("[webhooks.", "[webhook."), "write [webhooks.PROVIDER]"),
    "[Webhooks.sendgrid]": (("[webhooks.", "[Webhooks."), "write [webhooks.PROVIDER]"),
    "[sendgrid]": (("[webhooks.sendgrid]", "[sendgrid]"), "write [webhooks.sendgrid]"),
    "[hooks.sendgrid]": (("[webhooks.", "[hooks."), "write [webhooks.sendgrid]"),
    "[[users]]": (("[auth]", '[[users]]\nrole = "admin"\npeople = ["*"]\n[auth]'), "write [[roles]]"),
    "[webhooks]": (("[webhooks.sendgrid]", "[webhooks]"), "[webhooks] has no setting basic_auth"),
    "an unknown provider": (("sendgrid]", "sendgird]"), "did you mean sendgrid?"),
    "an unknown secret": (("basic_auth", "basic_aut"), "did you mean basic_auth?"),
    "an empty password": (('"ann:of-the-tests"', '""'), "basic_auth in [webhooks.sendgrid] is empty"),
    "a webhook's number": (('"ann:of-the-tests"', "1234"), "must be text in quotes"),
    "[mailsight]": (("[auth]", '[mailsight]\nviewers = "*"\n[auth]'), "set the MAILSIGHT_... variables"),
}
