"""What can go wrong, fit to be shown to a person.

MailsightError
├── UnknownCampaign        a link leads to a campaign that isn't there
├── UnknownCustomer        ... to a customer that isn't there
├── NothingToCompare       ... to a comparison of fewer than two campaigns
├── BadSetting             an environment variable that can't be used
├── NoDatabase             nothing was loaded yet
├── DatabaseUnreadable     the file is not a Mailsight database, or of another version
├── LoadRefused            a load stopped; the last good state is untouched
│   ├── NotABundle         there is nothing in it that can be loaded
│   ├── BadUpload          a file that is not taken from a browser
│   ├── MayNotUpload       somebody who may look, but not load
│   ├── UnreadableFile     a file of provider payloads that can't be read at all
│   └── LoadRunning        another load holds the lock
├── BadRequest             a filter or a sort that the grid does not have
├── UnknownProvider        a provider whose events can't be read
├── NotKept                the disk did not take a webhook
└── WebhookRefused         a request to a webhook of which nothing is kept
    ├── NotGenuine         its signature or its password is wrong
    └── NotThisProvider    it is malformed, or another provider sent it
"""


class MailsightError(Exception):
    """An error with a title, a message that tells what happened, and the next step."""

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
    title = "This campaign is not here"
    next_step = "Check the link, or choose a campaign from the list."


class UnknownCustomer(MailsightError):
    title = "This customer is not here"
    next_step = "Check the link, or open the customer from a campaign's page."


class NothingToCompare(MailsightError):
    title = "There is nothing to compare"
    next_step = "Tick two to five campaigns in the list, then choose Compare."


class BadSetting(MailsightError):
    title = "A setting can't be used"
    next_step = "Mend the environment variable, or unset it for the default."


class NoDatabase(MailsightError):
    title = "There are no campaigns yet"
    next_step = "Load yours with `python -m mailsight load BUNDLE`, or make samples with `python -m mailsight sample`."


class DatabaseUnreadable(MailsightError):
    title = "The database can't be read"
    next_step = "Restore a copy, or load the data into a new file with `--database`."


class LoadRefused(MailsightError):
    title = "Nothing was loaded"


class NotABundle(LoadRefused):
    next_step = (
        "A bundle is a folder with files such as campaigns.csv, customers.csv, messages.csv or events.csv "
        "(also .ndjson, .json, .parquet); docs/data.md shows one."
    )


class BadUpload(LoadRefused):
    next_step = "Nothing of it was kept. A zip of a bundle's folder, or its single files, can be uploaded."


class MayNotUpload(LoadRefused):
    next_step = "Ask who runs this dashboard to name you in the setting `MAILSIGHT_UPLOADERS`."


class UnreadableFile(LoadRefused):
    next_step = "Files are JSON, plain or packed with gzip or zstd; docs/providers.md shows which."


class LoadRunning(LoadRefused):
    title = "Another load is running"
    next_step = "Wait for it to end, then start this one again."


class BadRequest(MailsightError):
    title = "This filter can't be used"
    next_step = "Clear the filters and try again."


class UnknownProvider(MailsightError):
    title = "This provider is not known"


class WebhookRefused(MailsightError):
    title = "The request was refused"


class NotGenuine(WebhookRefused):
    next_step = "Compare the secrets that are configured here with those at the provider."


class NotThisProvider(WebhookRefused):
    next_step = "Check which address the provider was given: each has its own."


class NotKept(MailsightError):
    title = "The webhook was not kept"
    next_step = "Make room on the disk; the provider sends it again."
