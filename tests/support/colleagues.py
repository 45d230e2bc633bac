"""People who use a company's dashboard at the same time, each with a browser of their own, and what they saw.

They speak Streamlit's protocol through nginx, with the cookies of a real sign-in, and do what browsers do: reconnect
when the connection of a page is lost, and show the same address again.
"""

import asyncio
import base64
import json
import random
import re
from collections import Counter
from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

import httpx
import websockets
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ClientState_pb2 import ClientState
from streamlit.proto.Element_pb2 import Element
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from websockets.asyncio.client import ClientConnection, connect

from mailsight import errors
from mailsight.vocabulary import Role
from tests.support import proxies
from tests.support.company import BASE, NAME, ORIGIN, Company, Server
from tests.support.waiting import PATIENCE_SECONDS

# How long a page that lost its connection waits before it tries again, as Streamlit's does at first.
RETRY_SECONDS = 0.5
SIGN_IN = "Sign in to Mailsight"


@dataclass(frozen=True, slots=True)
class Trouble:
    """What somebody saw that they should not have seen, and the id of the request with which their page connected."""

    person: str
    action: str
    what: str
    page: str


@dataclass(slots=True)
class Seen:
    """What all people saw."""

    answers: Counter[str] = field(default_factory=Counter)
    troubles: list[Trouble] = field(default_factory=list)
    reconnected: list[str] = field(default_factory=list)  # the ids of the requests of pages that died
    links: dict[str, str] = field(default_factory=dict)  # to shared reports, with who shared them
    files: int = 0


class Gone(Exception):
    """The connection of the page was lost."""


@dataclass(frozen=True, slots=True)
class Screen:
    """What a page shows after it has run."""

    messages: Sequence[ForwardMsg]

    def elements(self, kind: str) -> list[Any]:
        return [getattr(each, kind) for each in self._all() if each.WhichOneof("type") == kind]

    def button(self, label: str) -> Any:
        [button] = [button for button in self.elements("button") if button.label == label]
        return button

    def menu(self, label: str) -> Any:
        [menu] = [menu for menu in self.elements("menu_button") if menu.label == label]
        return menu

    def problems(self) -> list[str]:
        """What is wrong with it, in the words that it shows."""
        titles = {error.title for error in _errors(errors.MailsightError)} | {SIGN_IN, "Page not found"}
        headings = [heading.body for heading in self.elements("heading")]
        return [
            *(exception.type for exception in self.elements("exception")),
            *(heading for heading in headings if heading in titles),
            *(alert.body for alert in self.elements("alert") if alert.format == alert.ERROR),
            *(toast.body for toast in self.elements("toast")),
            *("page not found" for message in self.messages if message.HasField("page_not_found")),
        ]

    def search(self, pattern: str) -> list[str]:
        return re.findall(pattern, "\n".join(str(message) for message in self.messages))

    def _all(self) -> Iterable[Element]:
        return [
            message.delta.new_element for message in self.messages if message.delta.HasField("new_element")
        ]


def _errors(kind: type[errors.MailsightError]) -> list[type[errors.MailsightError]]:
    return [kind, *(each for below in kind.__subclasses__() for each in _errors(below))]


class Colleague:
    """Somebody with a role, and one open page."""

    def __init__(self, company: Company, seen: Seen, name: str, role: Role, campaigns: Sequence[str]) -> None:
        self.name, self.role, self.rounds = name, role, 0
        self._company, self._seen, self._campaigns = company, seen, campaigns
        self._chance = random.Random(name)  # seeded on purpose
        self._web = httpx.AsyncClient(verify=False, timeout=PATIENCE_SECONDS, headers={"Host": NAME})  # noqa: S501
        self._socket: ClientConnection | None = None
        self._session_id = ""
        self.page = ""  # the id of the request with which the page connected
        self._hashes: dict[str, str] = {}

    async def close(self) -> None:
        await self._disconnect()
        await self._web.aclose()

    def forget(self, cookie: str) -> None:
        """Forget a cookie, if there is one."""
        for known in [known for known in self._web.cookies.jar if known.name == cookie]:
            self._web.cookies.jar.clear(known.domain, known.path, known.name)

    # --- what a browser does ---

    async def ask(self, method: str, path: str, **more: Any) -> httpx.Response:
        """What the dashboard answers to this browser."""
        url = f"https://127.0.0.1:{self._company.proxy.port}{path if path.startswith(BASE) else f'{BASE}/{path}'}"
        request = self._web.build_request(method, url, **more)
        request.extensions["sni_hostname"] = NAME
        return await self._web.send(request)

    async def _connect(self) -> None:
        """Opens the WebSocket of the page. Raises `Gone` if that is impossible."""
        xsrf = self._web.cookies.get("_streamlit_xsrf") or "none"
        protocols = ["streamlit", xsrf, *([self._session_id] if self._session_id else [])]
        cookies = "; ".join(f"{cookie.name}={cookie.value}" for cookie in self._web.cookies.jar)
        try:
            self._socket = await connect(
                f"wss://{NAME}{BASE}/_stcore/stream",
                host="127.0.0.1",
                port=self._company.proxy.port,
                ssl=proxies.trusting(),
                origin=ORIGIN,  # type: ignore[arg-type]
                subprotocols=protocols,  # type: ignore[arg-type]
                additional_headers={"Cookie": cookies},
                max_size=None,
                proxy=None,
                open_timeout=PATIENCE_SECONDS,
            )
        except (OSError, websockets.WebSocketException) as error:
            raise Gone from error
        response = self._socket.response
        assert response
        self.page = response.headers["X-Request-Id"]
        for cookie in response.headers.get_all("Set-Cookie"):
            name, _, value = cookie.partition(";")[0].partition("=")
            for known in list(self._web.cookies.jar):
                if known.name == name:
                    known.value = value

    async def _disconnect(self) -> None:
        if self._socket:
            await self._socket.close()
        self._socket = None

    async def _run(self, state: ClientState) -> Screen:
        """Runs the page and waits until it has finished. Raises `Gone`."""
        if self._socket is None:
            await self._connect()
        assert self._socket
        state.context_info.timezone, state.context_info.locale = "Europe/Amsterdam", "en-GB"
        state.context_info.url = f"{ORIGIN}{BASE}/{state.page_name}?{state.query_string}"
        messages: list[ForwardMsg] = []
        try:
            await self._socket.send(BackMsg(rerun_script=state).SerializeToString())
            while True:
                message = ForwardMsg()
                message.ParseFromString(
                    await asyncio.wait_for(self._socket.recv(decode=False), PATIENCE_SECONDS)
                )
                messages.append(message)
                match message.WhichOneof("type"):
                    case "new_session":
                        self._session_id = message.new_session.initialize.session_id or self._session_id
                    case "navigation":
                        self._hashes = {
                            page.url_pathname: page.page_script_hash for page in message.navigation.app_pages
                        }
                    case "script_finished" if message.script_finished != ForwardMsg.FINISHED_EARLY_FOR_RERUN:
                        return Screen(messages)
                    case "auth_redirect":
                        return Screen(messages)
        except websockets.ConnectionClosed as error:
            self._socket = None
            raise Gone from error

    # --- what a person does ---

    async def sign_in(self) -> None:
        """Opens a campaign, signs in at the identity provider, and is back at the campaign."""
        query = f"id={self._campaigns[0]}"
        await self.ask("GET", f"campaign?{query}")
        await self.ask("GET", "_stcore/health")
        await self.ask("GET", "_stcore/host-config")
        shown = await self._run(ClientState(page_name="campaign", query_string=query))
        assert shown.problems() == [SIGN_IN]
        state = ClientState(page_name="campaign", query_string=query)
        state.widget_states.widgets.add(id=shown.button("Sign in").id).trigger_value = True
        shown = await self._run(state)
        [url] = [message.auth_redirect.url for message in shown.messages if message.HasField("auth_redirect")]
        await self._disconnect()
        answer = await self.ask("GET", url, headers={"Referer": f"{ORIGIN}{BASE}/campaign?{query}"})
        if answer.headers["Location"].startswith("/"):
            self._note("sign-in", answer.headers["Location"])
            await self.sign_in()
            return
        async with httpx.AsyncClient(timeout=PATIENCE_SECONDS) as provider:
            back = await provider.post(answer.headers["Location"], data={"sub": self.name})
        # The process that sent them to the provider may have ended meanwhile, so any other may take them back.
        self.forget("mailsight_browser")
        location = urlsplit(back.headers["Location"])
        answer = await self.ask("GET", f"{location.path}?{location.query}")
        if answer.headers["Location"] != f"{BASE}/campaign?{query}":
            self._note("sign-in", answer.headers["Location"])
            await self.sign_in()
            return
        await self.open("sign-in", "campaign", query)

    async def elsewhere(self, server: Server) -> "Colleague":
        """The same person in a browser with a copy of the cookies, of which nginx chooses another process."""
        while True:
            copy = Colleague(self._company, self._seen, self.name, self.role, self._campaigns)
            for cookie in self._web.cookies.jar:
                if cookie.name != "mailsight_browser":
                    copy._web.cookies.jar.set_cookie(cookie)
            answer = await copy.ask("GET", "")
            if self._company.port_of(answer.headers["X-Request-Id"]) == server.port:
                return copy
            await copy.close()

    async def look(self) -> list[str]:
        """The headings of the list of campaigns, or what is shown instead."""
        shown = await self._run(ClientState(page_name="", query_string=""))
        return [heading.body for heading in shown.elements("heading")]

    async def open(self, action: str, page: str, query: str = "", **widgets: Any) -> Screen:
        """Opens an address, and again if the connection is lost, as the page does by itself.

        `widgets`: what is clicked, by the id of the widget.
        """
        state = ClientState(page_name=page, query_string=query, page_script_hash=self._hashes.get(page, ""))
        for widget_id, value in widgets.items():
            widget = state.widget_states.widgets.add(id=widget_id)
            if value is True:
                widget.trigger_value = True
            else:
                widget.string_trigger_value.data = value
        shown = None
        while shown is None:
            try:
                shown = await self._run(state)
            except Gone:
                self._seen.reconnected.append(self.page)
                self._seen.answers["page died"] += 1
                await asyncio.sleep(RETRY_SECONDS)
                state.ClearField("widget_states")
        self._seen.answers[action] += 1
        for problem in shown.problems():
            self._note(action, problem)
        return shown

    async def call(self, action: str, method: str, path: str, **more: Any) -> httpx.Response | None:
        """What a script on the page asks for; None if that failed."""
        try:
            answer = await self.ask(method, path, **more)
        except httpx.HTTPError as error:
            self._note(action, repr(error))
            return None
        self._seen.answers[action] += 1
        if answer.is_success:
            return answer
        self._note(action, f"{answer.status_code} {answer.text[:200]}")
        return None

    def _note(self, action: str, what: str) -> None:
        self._seen.troubles.append(Trouble(self.name, action, what, self.page))

    async def rows(self, shown: Screen) -> list[dict[str, Any]]:
        """Rows of the customers' grid that the page shows."""
        [(request, route)] = {
            match
            for instance in shown.elements("component_instance")
            for match in re.findall(r'"request": ?"([\w+/=]+)", ?"route": ?"([^"]+)"', instance.json_args)
        }
        body = json.loads(base64.b64decode(request)) | {"start": 0, "end": 20}
        answer = await self.call("grid", "POST", route, json=body)
        return list(answer.json()["rows"]) if answer else []

    async def export(self, page: str, query: str, label: str, form: str) -> None:
        """Orders a file, waits for it and downloads it. Orders it again if the page lost it."""
        while True:
            shown = await self.open(page or "list", page, query)
            menu = shown.menu(label)
            [option] = [option for option in menu.options if f"**{form}**" in option]
            before = self.page
            ordered = await self.open("export", page, query, **{menu.id: option})
            if self.page != before:
                continue  # The page died, and the new one has no file yet.
            files = ordered.search(r"api/export\?([\w.%&=-]+)")
            if not files:
                self._note("export", "no file")
                return
            file = files[0]
            state = "waiting"
            while state in ("waiting", "writing"):
                answer = await self.call("progress", "GET", f"api/export/progress?{file}")
                state = answer.json()["state"] if answer else "failed"
            answer = await self.call("download", "GET", f"api/export?{file}") if state == "ready" else None
            if answer and answer.content:
                self._seen.files += 1
            return

    async def share(self, campaign_id: str) -> None:
        query = f"id={campaign_id}&dialog=share"
        shown = await self.open("share", "campaign", query)
        shown = await self.open("share", "campaign", query, **{shown.button("Create link").id: True})
        self._seen.links |= dict.fromkeys(shown.search(rf"{ORIGIN}({BASE}/shared/[\w-]+)"), self.name)

    async def work(self) -> None:
        """One round: the list, a campaign, and something else that the role may see."""
        campaign_id = self._chance.choice(self._campaigns)
        query = f"id={campaign_id}"
        await self._pause()
        await self.open("list", "")
        shown = await self.open("campaign", "campaign", query)
        rows = []
        if self.role.includes(Role.MARKETER):
            rows = await self.rows(shown)
            await self._pause()
            rows += await self.rows(shown)
        tasks: list[Callable[[], Awaitable[object]]] = [
            lambda: self.open(
                "tab", "campaign", f"{query}&tab={self._chance.choice(('timeline', 'heatmap'))}"
            ),
            lambda: self.export("campaign", query, "Report", "HTML"),
        ]
        if rows:
            customer = self._chance.choice(rows)["customer_id"]
            tasks += [
                lambda: self.open("customer", "customer", f"id={customer}&campaign={campaign_id}"),
                lambda: self.open("mail", "campaign", f"{query}&dialog=mail:{customer}"),
                lambda: self.share(campaign_id),
                lambda: self.export("", "", "Export", "CSV"),
            ]
        if self.role.includes(Role.ANALYST):
            tasks += [lambda: self.export("", "", "Export", "Parquet")]
        if self.role is Role.ADMIN:
            tasks += [lambda: self.open("audit", "audit")]
        await self._pause()
        await self._chance.choice(tasks)()
        self.rounds += 1

    async def _pause(self) -> None:
        """People look at what they see."""
        await asyncio.sleep(self._chance.uniform(0.5, 2.0))
