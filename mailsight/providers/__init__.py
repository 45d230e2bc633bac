"""One module per provider, and beside them what all providers share.

`record` says what a provider's module holds, `registry` lists them, `reading` turns payloads into events, `checking`
finds out who sent a request. docs/adding-a-provider.md shows how to add one.
"""
