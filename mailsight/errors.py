"""All errors shown to users and callers. Each has a title, a message that says what happened, and a next step.

MailsightError
├── UnknownCampaign        a link or command names a campaign that does not exist
├── UnknownCustomer        a link or command names a customer that does not exist
├── SharedAddress          an address belongs to more customers than a person can be
├── NothingToCompare       fewer than two campaigns to compare
├── BadSetting             an environment variable or secret is not valid
├── NoDatabase             no data has been loaded yet
├── DatabaseUnreadable     the file is not a Mailsight database, or its version is not supported
│   ├── DatabaseBusy       another program writes to it, or it is being replaced
│   └── DatabaseDamaged    it is damaged, incomplete or not a database
├── StateUnreadable        the file with shares, tokens and the audit can't be read or written
├── LoadRefused            a load failed; the database is unchanged
│   ├── NotABundle         it contains nothing that can be loaded
│   ├── BadUpload          the browser sent a file that is not accepted
│   ├── MayNotUpload       the viewer may see the data but not upload
│   ├── UnreadableFile     a file can't be read at all, or unpacks to more than is allowed
│   ├── UnusableMail       the e-mail of a row can't be read
│   ├── NotStored          the new database can't be written, usually because the disk is full
│   ├── ImportFailed       another sender's database or export can't be read
│   ├── LoadBroken         Mailsight itself failed on the data
│   └── LoadRunning        another load is in progress
├── BackupFailed           a backup was not written
├── BackupUnreadable       a backup is missing, incomplete, damaged or of a newer version
├── RestoreFailed          a backup was not restored; what was there is still there
├── ExportFailed           a file was not written
│   ├── CantWrite          a command can't write to this path
│   │   └── WrongUsage     a command needs other arguments
│   ├── NotWritten         the process that writes Excel files failed
│   ├── NoPdf              this machine can't create PDFs, or not of this campaign
│   ├── TooManyFiles       the dashboard's exports have used up their disk space
│   └── ExportCancelled    the user cancelled the export or left the page
├── WorkFailed             an e-mail or file could not be processed
│   ├── TooMuchWork        it takes more time or memory than allowed
│   ├── WorkCrashed        it crashed the process that worked on it
│   └── TooBusy            too much other work is waiting
├── BadRequest             the grid does not support this filter or sort order
├── UnknownHost            a request addresses the server by a name it doesn't know
├── ForeignOrigin          a page of another site sent a request
├── BadAddress             the server can't listen on the configured address or port
├── PortTaken              another program listens on the server's port
├── NotAllowed             a page's token is forged, expired or missing
│   ├── NotInRole          the viewer's role does not include this
│   └── BadToken           a token for the API is missing, unknown, ended or revoked
├── BadParameter           a request to the API has an unknown parameter, or one with an invalid value
├── NoSuchAddress          the API has nothing at this address
├── NoSuchToken            there is no token with this id
├── TooManyCalls           a token is used too often, or a client sent too many wrong ones
├── FileGone               an exported file was removed, or its token is not valid
├── UnknownProvider        Mailsight can't read events of this provider
├── NotAnEvent             a provider's request without an event of a sent message
│   ├── InboundMail        it contains an e-mail that was received, not sent
│   └── BadForm            its form can't be parsed
├── NotKept                a webhook could not be written to disk
├── SpoolUnreadable        received webhooks can't be listed
└── WebhookRefused         a webhook request was refused and not stored
    ├── NotGenuine         its signature or password is wrong
    ├── NotThisProvider    it is malformed, or from another provider
    ├── NoPassword         it has no password yet; the provider waits for the challenge
    ├── BodyTooLarge       its body is larger than the settings allow
    ├── BodyTooSlow        its body took longer than the settings allow
    ├── TooManyFailures    this client sent too many wrong passwords or signatures
    └── TooManyRequests    too many other requests are in progress
"""


class MailsightError(Exception):
    """An error with a title, a message that says what happened, and a next step."""

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


class SharedAddress(MailsightError):
    title = "This may be several people"
    next_step = "Try one customer id on its own, or add `--shared` if you mean all of them."


class NothingToCompare(MailsightError):
    title = "Nothing to compare"
    next_step = "Tick two to five campaigns in the list, then click Compare."


class BadSetting(MailsightError):
    title = "Invalid setting"
    next_step = "Correct the variable, or unset it to use the default."


class NoDatabase(MailsightError):
    title = "No campaigns yet"
    next_step = (
        "Upload an export from Mailchimp, Brevo, SendGrid, Klaviyo, HubSpot, Mailgun or listmonk, or your own files, "
        "on the Data page. On the server, run `python -m mailsight import`, or try `python -m mailsight sample`."
    )


class DatabaseUnreadable(MailsightError):
    title = "The database can't be read"
    next_step = "Restore a backup, or load the data into a new file with `--database`."


class DatabaseBusy(DatabaseUnreadable):
    title = "The database is in use"
    next_step = "Wait until the copy is complete, then try again."


class DatabaseDamaged(DatabaseUnreadable):
    pass


class StateUnreadable(MailsightError):
    title = "The dashboard's own state can't be read or written"
    next_step = "Check the file and the free disk space, or restore the file from a backup."


class LoadRefused(MailsightError):
    title = "Nothing was loaded"
    next_step = "Fix the file and try again."


class NotABundle(LoadRefused):
    next_step = (
        "A bundle is a folder with files such as campaigns.csv, customers.csv, messages.csv or events.csv "
        "(also .ndjson, .json, .parquet); docs/data.md shows one."
    )


class BadUpload(LoadRefused):
    next_step = "Nothing was stored. Upload a bundle's folder as a zip, or its files one by one."


class MayNotUpload(LoadRefused):
    next_step = "Ask whoever runs this dashboard to add you to `MAILSIGHT_ADMINS`."


class UnreadableFile(LoadRefused):
    next_step = "Files must be JSON, optionally compressed with gzip or zstd; see docs/providers.md."


class UnusableMail(LoadRefused):
    next_step = "Fix the file, or leave the column empty."


class NotStored(LoadRefused):
    """The new database can't be written. What needs less space may fit."""


class ImportFailed(LoadRefused):
    title = "Nothing was imported"
    next_step = "Check the address or path, then try again."


class LoadBroken(LoadRefused):
    title = "The load failed"
    next_step = (
        "This is a bug in Mailsight: please report it, with the details in the log. Nothing was changed."
    )


class LoadRunning(LoadRefused):
    title = "Another load is running"
    next_step = "Wait for it to finish, then start this one again."


class BackupFailed(MailsightError):
    title = "Nothing was backed up"
    next_step = "Earlier backups are as they were."


class BackupUnreadable(MailsightError):
    title = "This backup can't be used"
    next_step = "Choose another one. Nothing was changed."


class RestoreFailed(MailsightError):
    title = "Nothing was restored"
    next_step = "What was there is still there."


class ExportFailed(MailsightError):
    title = "The file could not be written"
    next_step = "Try again. The server log has the details."


class CantWrite(ExportFailed):
    title = "Nothing was written"
    next_step = "Choose another file or folder."


class WrongUsage(CantWrite):
    pass


class NotWritten(ExportFailed):
    pass


class NoPdf(ExportFailed):
    title = "The PDF could not be created"
    next_step = "Export the report as HTML instead; it has the same content."


class TooManyFiles(ExportFailed):
    title = "Too many files are being written"
    next_step = "Wait until one of them is finished, then try again."


class ExportCancelled(ExportFailed):
    title = "Export cancelled"
    next_step = "Start the export again if you still need the file."


class WorkFailed(MailsightError):
    title = "This can't be processed"
    next_step = "The server log has the details."


class TooMuchWork(WorkFailed):
    title = "Too large to process"
    next_step = "Everything else works as usual."


class WorkCrashed(WorkFailed):
    pass


class TooBusy(WorkFailed):
    title = "The server is busy"
    next_step = "Try again in a minute."


class BadRequest(MailsightError):
    title = "This filter can't be used"
    next_step = "Clear the filters and try again."


class UnknownHost(MailsightError):
    title = "Unknown host"
    next_step = "Whoever runs it can add the name with `MAILSIGHT_PUBLIC_URL` or `MAILSIGHT_HOSTS`."


class ForeignOrigin(MailsightError):
    title = "Request from another site"
    next_step = (
        "If this is the dashboard's own address, whoever runs it should set `MAILSIGHT_PUBLIC_URL` to it."
    )


class BadAddress(MailsightError):
    title = "The server can't start"
    next_step = "Choose another address or port with `--server.address` and `--server.port`."


class PortTaken(MailsightError):
    title = "The port is in use"
    next_step = "Stop the other program, or choose another port with `--server.port`."


class NotAllowed(MailsightError):
    title = "This page has expired"
    next_step = "Reload the page."


class NotInRole(NotAllowed):
    title = "Not part of your role"
    next_step = "If you need it, ask whoever runs this dashboard for another role."


class BadToken(NotAllowed):
    title = "Token not accepted"
    next_step = (
        "Send a valid token in the header `Authorization: Bearer ms_...`; docs/api.md says how to get one."
    )


class BadParameter(MailsightError):
    title = "This parameter can't be used"
    next_step = "`/api/v1/openapi.json` lists the parameters."


class NoSuchAddress(MailsightError):
    title = "There is nothing here"
    next_step = "`/api/v1/openapi.json` lists the addresses."


class NoSuchToken(MailsightError):
    title = "Token not found"
    next_step = "List the tokens with `mailsight token list`."


class TooManyCalls(MailsightError):
    title = "Too many requests"
    next_step = "Wait as many seconds as the header `Retry-After` says, then try again."

    def __init__(self, message: str, wait_seconds: int = 60) -> None:
        super().__init__(message)
        self.wait_seconds = wait_seconds


class FileGone(MailsightError):
    title = "This file is no longer available"
    next_step = "Export it again."


class UnknownProvider(MailsightError):
    title = "Unknown provider"
    next_step = "docs/providers.md lists the providers."


class NotAnEvent(MailsightError):
    title = "This request contains no event"
    next_step = "Send only events of sent messages to this address."


class InboundMail(NotAnEvent):
    title = "This is inbound mail"


class BadForm(NotAnEvent):
    title = "This form can't be parsed"
    next_step = "Ask the provider to send it again."


class NotKept(MailsightError):
    title = "The webhook could not be stored"
    next_step = "Free some disk space, or fix the permissions of the folder. The provider will send the webhook again."


class SpoolUnreadable(MailsightError):
    title = "Received webhooks can't be read"
    next_step = "Give the user that Mailsight runs as the right to read them, then try again."


class WebhookRefused(MailsightError):
    title = "The request was refused"
    next_step = "The server log has the details."


class NotGenuine(WebhookRefused):
    next_step = "Check that the secrets configured here match those at the provider."


class NotThisProvider(WebhookRefused):
    next_step = "Check the webhook URL configured at the provider: each provider has its own."


class NoPassword(WebhookRefused):
    next_step = "Send the request again with a user name and password."


class BodyTooLarge(WebhookRefused):
    next_step = "Raise `MAILSIGHT_WEBHOOK_MAX_MEGABYTES` if the provider sends requests this large."


class BodyTooSlow(WebhookRefused):
    next_step = "Raise `MAILSIGHT_WEBHOOK_BODY_SECONDS` if this happens often."


class TooManyFailures(WebhookRefused):
    next_step = "Check the secret configured at the provider. Requests with the right one are still accepted."


class TooManyRequests(WebhookRefused):
    next_step = "No action is needed: the provider will send it again."
