"""Every error that a person or a caller sees. Each has a title, a message that says what happened, and a next step.

MailsightError
├── UnknownCampaign        a link or a command names a campaign that does not exist
├── UnknownCustomer        ... a customer that does not exist
├── NothingToCompare       a comparison of fewer than two campaigns
├── BadSetting             an environment variable or a secret that can't be used
├── NoDatabase             nothing has been loaded yet
├── DatabaseUnreadable     the file is not a Mailsight database, or has tables of another version
├── LoadRefused            a load stopped; nothing has changed
│   ├── NotABundle         it holds nothing that can be loaded
│   ├── BadUpload          a file that is not accepted from a browser
│   ├── MayNotUpload       somebody who may look at the data, but not load any
│   ├── UnreadableFile     a file of provider payloads that can't be read at all
│   └── LoadRunning        another load holds the lock
├── ExportFailed           a file was not written
│   ├── CantWrite          a command was asked for what can't be written, or where it can't be written
│   ├── NotWritten         the process that writes Excel files failed
│   ├── NoPdf              the PDF can't be made on this machine, or not of this campaign
│   ├── TooManyFiles       the dashboard's exports take up all the room they may have
│   └── ExportCancelled    nobody waits for the file any more
├── BadRequest             a filter or a sort order that the grid does not have
├── NotAllowed             a page's token for a route is forged, expired, or missing
├── FileGone               an exported file has been removed, or its token is not valid
├── UnknownProvider        a provider whose events can't be read
├── NotAnEvent             a provider's request that holds no event of a sent message
│   ├── InboundMail        it brings mail that was received, not sent
│   └── BadForm            it is a form that can't be parsed
├── NotKept                the disk did not take a webhook
└── WebhookRefused         a request to a webhook of which nothing is kept
    ├── NotGenuine         its signature or password is wrong
    ├── NotThisProvider    it is malformed, or another provider sent it
    ├── NoPassword         it has no password yet, where the provider has to be asked for one
    ├── BodyTooLarge       its body is larger than the settings allow
    ├── BodyTooSlow        its body took longer than the settings allow
    └── TooManyRequests    too many others are being read at this moment
"""


class MailsightError(Exception):
    """An error with a title, a message that says what happened, and the next step."""

    title = "Something went wrong"
    next_step = ""

    def __init__(self, message: str, *, next_step: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        if next_step is not None:
            self.next_step = next_step

    def __str__(self) -> str:
        return f"{self.message} {self.next_step}".strip()


class UnknownCampaign(MailsightError):
    title = "Campaign not found"
    next_step = "Check the link, or choose a campaign from the list."


class UnknownCustomer(MailsightError):
    title = "Customer not found"
    next_step = "Check the link, or open the customer from a campaign's page."


class NothingToCompare(MailsightError):
    title = "There is nothing to compare"
    next_step = "Tick two to five campaigns in the list, then choose Compare."


class BadSetting(MailsightError):
    title = "A setting can't be used"
    next_step = "Correct the variable, or unset it to use the default."


class NoDatabase(MailsightError):
    title = "There are no campaigns yet"
    next_step = "Load yours with `python -m mailsight load BUNDLE`, or make samples with `python -m mailsight sample`."


class DatabaseUnreadable(MailsightError):
    title = "The database can't be read"
    next_step = "Restore a copy, or load the data into a new file with `--database`."


class LoadRefused(MailsightError):
    title = "Nothing was loaded"
    next_step = "Fix the file and try again."


class NotABundle(LoadRefused):
    next_step = (
        "A bundle is a folder with files such as campaigns.csv, customers.csv, messages.csv or events.csv "
        "(also .ndjson, .json, .parquet); docs/data.md shows one."
    )


class BadUpload(LoadRefused):
    next_step = "Nothing was kept. Upload a zip of a bundle's folder, or its files one by one."


class MayNotUpload(LoadRefused):
    next_step = "Ask whoever runs this dashboard to add you to the setting `MAILSIGHT_UPLOADERS`."


class UnreadableFile(LoadRefused):
    next_step = "Files must be JSON, optionally compressed with gzip or zstd; see docs/providers.md."


class LoadRunning(LoadRefused):
    title = "Another load is running"
    next_step = "Wait for it to finish, then start this one again."


class ExportFailed(MailsightError):
    title = "The file could not be written"
    next_step = "Try again; the server's log says more."


class CantWrite(ExportFailed):
    title = "This can't be written"
    next_step = "Choose another file or folder."


class NotWritten(ExportFailed):
    pass


class NoPdf(ExportFailed):
    title = "The PDF could not be made"
    next_step = "Export the report as HTML instead; it has the same content."


class TooManyFiles(ExportFailed):
    title = "Too many files are being written"
    next_step = "Wait until one of them is done."


class ExportCancelled(ExportFailed):
    title = "The export was cancelled"
    next_step = "Export it again if you need the file."


class BadRequest(MailsightError):
    title = "This filter can't be used"
    next_step = "Clear the filters and try again."


class NotAllowed(MailsightError):
    title = "This page has expired"
    next_step = "Reload the page."


class FileGone(MailsightError):
    title = "This file is no longer available"
    next_step = "Export it again."


class UnknownProvider(MailsightError):
    title = "Unknown provider"
    next_step = "docs/providers.md lists the providers."


class NotAnEvent(MailsightError):
    title = "This request holds no event"
    next_step = "Send only events of sent messages to this address."


class InboundMail(NotAnEvent):
    title = "This is inbound mail"


class BadForm(NotAnEvent):
    title = "This form can't be parsed"
    next_step = "Ask the provider to send it again."


class NotKept(MailsightError):
    title = "The webhook was not kept"
    next_step = "Make room on the disk; the provider sends it again."


class WebhookRefused(MailsightError):
    title = "The request was refused"
    next_step = "The server's log says why."


class NotGenuine(WebhookRefused):
    next_step = "Compare the secrets configured here with those at the provider."


class NotThisProvider(WebhookRefused):
    next_step = "Check which address the provider was given: each provider has its own."


class NoPassword(WebhookRefused):
    next_step = "Send the request again with a user and a password."


class BodyTooLarge(WebhookRefused):
    next_step = "Raise `MAILSIGHT_WEBHOOK_MAX_MEGABYTES` if the provider sends requests as large as this."


class BodyTooSlow(WebhookRefused):
    next_step = "Raise `MAILSIGHT_WEBHOOK_BODY_SECONDS` if this happens often."


class TooManyRequests(WebhookRefused):
    next_step = "Nothing to do: the provider sends it again."
