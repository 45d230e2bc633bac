"""Audit: who did what, and when."""

from mailsight.components import address
from mailsight.screens import audit
from mailsight.screens.frame import head

with head("Audit"):
    address.copy_link()
audit.entries()
