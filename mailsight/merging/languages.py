"""The merge languages that senders write e-mails in, by the names that campaigns use for them."""

from mailsight.vocabulary import Word


class Language(Word):
    """A merge language. The value is what `campaigns.merge_language` holds."""

    PLAIN = "plain", "Plain fields", "Fields without conditions, in the many ways that senders write them."
    MUSTACHE = "mustache", "Mustache", "Fields and sections in double braces."
    HANDLEBARS = (
        "handlebars",
        "Handlebars",
        "Mustache with helpers, as SendGrid, Iterable and Mailgun extend it.",
    )
    MAILJET = "mailjet", "Mailjet", "Mailjet's own template language."
    LIQUID = "liquid", "Liquid", "Shopify's template language, as Braze, Customer.io and others use it."
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
