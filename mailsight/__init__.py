"""Mailsight: how did this campaign do?"""

__version__ = "0.1.0"
