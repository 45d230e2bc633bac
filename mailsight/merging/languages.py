"""The merge languages that senders write e-mails in, by the names that campaigns use for them."""

from collections.abc import Mapping

from mailsight.vocabulary import Word

from .values import key


class Language(Word):
    """A merge language. The value is what `campaigns.merge_language` holds."""

    PLAIN = "plain", "Plain fields", "Fields without conditions, in the many ways that senders write them."
    MUSTACHE = "mustache", "Mustache", "Fields and sections in double braces."
    MUSTACHIO = "mustachio", "Mustachio", "Postmark's Mustache, with {{#each}}."
    HANDLEBARS = (
        "handlebars",
        "Handlebars",
        "Mustache with helpers, as SendGrid, Iterable and Mailgun extend it.",
    )
    SPARKPOST = "sparkpost", "SparkPost", "SparkPost's own template language."
    MAILJET = "mailjet", "Mailjet", "Mailjet's own template language."
    LIQUID = "liquid", "Liquid", "Shopify's template language, as Braze, Customer.io and others use it."
    LIQUIDJS = (
        "liquidjs",
        "LiquidJS",
        "Liquid with JavaScript's numbers, as Knock and newer Customer.io messages use it.",
    )
    DJANGO = "django", "Django", "Django's template language, as Klaviyo and Brevo use it."
    HUBL = "hubl", "HubL", "HubSpot's dialect of Jinja."
    MAILCHIMP = "mailchimp", "Mailchimp", "Mailchimp's and Mandrill's merge tags."
    ACTIVECAMPAIGN = (
        "activecampaign",
        "ActiveCampaign",
        "ActiveCampaign's fields and conditions in percent signs.",
    )
    AMPSCRIPT = "ampscript", "AMPscript", "Salesforce Marketing Cloud's fields; its scripts are not run."
    GO = "go", "Go templates", "Go's text/template, as listmonk uses it."
    MAUTIC = "mautic", "Mautic", "Mautic's tokens."


# The language of each sender and, last, of each language that is known by another name. Senders with several languages
# (Unisender Go), and those of HTML that other programs merge (Postal), have none here.
LANGUAGES_OF: Mapping[str, Language] = {
    "activecampaign": Language.ACTIVECAMPAIGN,
    "airship": Language.HANDLEBARS,
    "amazon_pinpoint": Language.HANDLEBARS,
    "amazon_ses": Language.HANDLEBARS,
    "aweber": Language.PLAIN,
    "aws_ses": Language.HANDLEBARS,
    "beehiiv": Language.PLAIN,
    "bento": Language.LIQUID,
    "braze": Language.LIQUID,
    "brevo": Language.DJANGO,
    "buttondown": Language.DJANGO,
    "campaign_monitor": Language.PLAIN,
    "cleverreach": Language.PLAIN,
    "clevertap": Language.LIQUID,
    "constant_contact": Language.PLAIN,
    "convertkit": Language.LIQUID,
    "courier": Language.HANDLEBARS,
    "customerio": Language.LIQUID,
    "drip": Language.LIQUID,
    "elastic_email": Language.PLAIN,
    "exacttarget": Language.AMPSCRIPT,
    "getresponse": Language.PLAIN,
    "ghost": Language.PLAIN,
    "hubspot": Language.HUBL,
    "intercom": Language.LIQUID,
    "iterable": Language.HANDLEBARS,
    "keila": Language.LIQUID,
    "kit": Language.LIQUID,
    "klaviyo": Language.DJANGO,
    "knock": Language.LIQUIDJS,
    "listmonk": Language.GO,
    "loops": Language.PLAIN,
    "mailchimp": Language.MAILCHIMP,
    "mailerlite": Language.PLAIN,
    "mailersend": Language.HUBL,
    "mailgun": Language.HANDLEBARS,
    "mailjet": Language.MAILJET,
    "mailtrain": Language.PLAIN,
    "mailtrap": Language.HANDLEBARS,
    "mandrill": Language.MAILCHIMP,
    "marketing_cloud": Language.AMPSCRIPT,
    "mautic": Language.MAUTIC,
    "moengage": Language.HUBL,
    "omnisend": Language.PLAIN,
    "onesignal": Language.LIQUID,
    "ortto": Language.LIQUID,
    "pardot": Language.HANDLEBARS,
    "phplist": Language.PLAIN,
    "pinpoint": Language.HANDLEBARS,
    "plunk": Language.LIQUID,
    "postmark": Language.MUSTACHIO,
    "resend": Language.PLAIN,
    "salesforce": Language.AMPSCRIPT,
    "salesforce_marketing_cloud": Language.AMPSCRIPT,
    "sendgrid": Language.HANDLEBARS,
    "sendinblue": Language.DJANGO,
    "sendy": Language.PLAIN,
    "ses": Language.HANDLEBARS,
    "sfmc": Language.AMPSCRIPT,
    "shopify": Language.LIQUID,
    "shopify_email": Language.LIQUID,
    "sparkpost": Language.SPARKPOST,
    "vero": Language.LIQUID,
    "zeptomail": Language.PLAIN,
    "zoho_campaigns": Language.PLAIN,
    "brevo_template_language": Language.DJANGO,
    "django_templates": Language.DJANGO,
    "go": Language.GO,
    "go_template": Language.GO,
    "golang": Language.GO,
    "handlebars.js": Language.HANDLEBARS,
    "hbs": Language.HANDLEBARS,
    "jinja": Language.HUBL,
    "jinja2": Language.HUBL,
    "mustache.js": Language.MUSTACHE,
    "nunjucks": Language.HUBL,
    "shopify_liquid": Language.LIQUID,
    "text/template": Language.GO,
    "twig": Language.HUBL,
}

_BY_KEY = {
    key(name): language
    for language in Language
    for name in (language.value, language.label, f"{language.label} templates")
} | {key(name): language for name, language in LANGUAGES_OF.items()}


def language_named(text: str | None) -> Language | None:
    """The language that a name stands for, of a language or a sender, however it is written; None if it is unknown."""
    return _BY_KEY.get(key(text)) if text else None
