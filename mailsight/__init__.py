"""Mailsight: how did this mailing do?"""

__version__ = "0.1.0"
