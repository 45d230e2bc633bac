"""What all routes share: paths under the base path, signed tokens, errors as JSON."""

import streamlit as st
from itsdangerous import URLSafeSerializer
from starlette.responses import JSONResponse

from mailsight.errors import BadRequest, MailsightError, NoDatabase, UnknownCampaign


class NotAllowed(MailsightError):
    """The token is missing, changed, expired or another campaign's."""

    title = "This page has expired"
    next_step = "Reload the page."


_STATUS_CODES: dict[type[MailsightError], int] = {
    BadRequest: 400,
    NotAllowed: 401,
    UnknownCampaign: 404,
    NoDatabase: 503,
}


def path(rest: str) -> str:
    """The path of something that this server serves, under the base path where there is one."""
    base = str(st.get_option("server.baseUrlPath") or "").strip("/")
    return f"/{base}/{rest}" if base else f"/{rest}"


HEADERS = {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}


def error_answer(error: MailsightError) -> JSONResponse:
    told = {"title": error.title, "message": error.message, "next_step": error.next_step}
    return JSONResponse({"error": told}, _STATUS_CODES.get(type(error), 500), HEADERS)


def signer() -> URLSafeSerializer:
    # Streamlit's own secret: random for each start, or set where several processes serve one dashboard.
    return URLSafeSerializer(str(st.get_option("server.cookieSecret")), salt="mailsight.recipients")
