"""Providers that send events to a running dashboard all the time, as real ones do, and what it then holds of them."""

import random
import sys
import threading
import time
from collections import Counter
from http.client import HTTPConnection, HTTPException
from pathlib import Path

import duckdb

from tests.support.providers.signing import USER, WebhookRequest, basic_auth, post
from tests.support.waiting import PATIENCE_SECONDS

CAMPAIGNS = ("spring", "summer", "autumn")
NOON = 1776168000
MAX_WAITING = 20  # unanswered requests that a provider queues

ENVIRONMENT = {
    "MAILSIGHT_WEBHOOK_SENDGRID_BASIC_AUTH": USER,
    "MAILSIGHT_WEBHOOK_BREVO_BASIC_AUTH": USER,
    "MAILSIGHT_WEBHOOK_LOAD_SECONDS": "0.1",
}


# How many customers have an event, by campaign, provider and type.
Events = Counter[tuple[str, str, str]]


class Provider(threading.Thread):
    """Sends events as providers do: in batches, out of order, some twice, and again until they are acknowledged."""

    def __init__(self, port: int, number: int) -> None:
        super().__init__(name=f"provider-{number}", daemon=True)
        self.port = port
        self.number = number
        self.answers = 0
        self.tries = 0
        self.max_events = sys.maxsize
        self.is_idle = False
        self.reported = Events()
        self.acknowledged = Events()
        self._unacknowledged: dict[bytes, Events] = {}
        self.stopped = threading.Event()
        self.failure: BaseException | None = None

    def run(self) -> None:
        try:
            self.stream()
        except BaseException as error:  # the test asserts that there was none
            self.failure = error
            raise

    def stream(self) -> None:
        chance = random.Random(self.number)
        waiting: list[WebhookRequest] = []
        sent_before: list[WebhookRequest] = []
        while waiting or not self.stopped.is_set():
            may_send = self.reported.total() < self.max_events and not self.stopped.is_set()
            if len(waiting) < MAX_WAITING and may_send:
                waiting.append(self.next_request(chance))
                if sent_before and chance.random() < 0.2:
                    waiting.append(chance.choice(sent_before))
            self.is_idle = not waiting
            if self.is_idle:
                time.sleep(0.01)
                continue
            chance.shuffle(waiting)
            sent = waiting.pop()
            self.tries += 1
            if self.answered(sent):
                sent_before.append(sent)
                self.answers += 1
                self.acknowledged = self.acknowledged + self._unacknowledged.pop(sent.body, Events())
            else:
                waiting.append(sent)
                time.sleep(0.05)

    def next_request(self, chance: random.Random) -> WebhookRequest:
        """A request with new events: SendGrid's have an id, Brevo's have none."""
        many = chance.randint(1, 8)
        events, counts = [], Events()
        provider = ("sendgrid", "brevo")[self.number % 2]
        for _ in range(many if provider == "sendgrid" else 1):
            key = f"{self.number}.{self.reported.total() + counts.total()}"
            kind = chance.choice(("delivered", "opened"))
            campaign_id = chance.choice(CAMPAIGNS)
            events.append(event(provider, key, kind, campaign_id, NOON + chance.randint(0, 10**6)))
            counts[campaign_id, provider, kind] += 1
        self.reported += counts
        url = f"/webhooks/{provider}/"
        request = basic_auth(post(url, events if provider == "sendgrid" else events[0]))
        self._unacknowledged[request.body] = counts
        return request

    def answered(self, sent: WebhookRequest) -> bool:
        """Whether the request was answered with 200, not 503. No other status may occur."""
        connection = HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE_SECONDS)
        try:
            connection.request("POST", sent.url, sent.body, dict(sent.headers))
            answer = connection.getresponse()
            answer.read()
        except (OSError, HTTPException):
            return False
        finally:
            connection.close()
        assert answer.status in {200, 503}
        return answer.status == 200


def event(provider: str, key: str, kind: str, campaign_id: str, moment: int) -> object:
    """An event of a new customer."""
    email = f"customer-{key}@example.com"
    if provider == "brevo":
        word = {"delivered": "delivered", "opened": "opened"}[kind]
        return {
            "event": word,
            "email": email,
            "ts_epoch": 1000 * moment,
            "message-id": f"<{key}>",
            "tags": [campaign_id],
        }
    word = {"delivered": "delivered", "opened": "open"}[kind]
    return {
        "event": word,
        "email": email,
        "timestamp": moment,
        "sg_event_id": key,
        "campaign_id": campaign_id,
    }


def stored_events(database: Path) -> tuple[Events, int]:
    """The customers with an event, by campaign, provider and type; and the number of rejected rows."""
    with duckdb.connect(str(database.resolve()), read_only=True) as connection:
        counted = "select campaign_id, provider, type, count(distinct recipient) from events group by all"
        stored = Events(
            {
                (campaign, provider, kind): n
                for campaign, provider, kind, n in connection.execute(counted).fetchall()
            }
        )
        [(refused,)] = connection.execute("select count(*) from refused").fetchall()
    return stored, refused
