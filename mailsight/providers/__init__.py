"""One module per provider, and the code that all providers share.

`record` defines what a provider's module contains, `registry` lists the providers, `reading` turns payloads into
events, `checking` verifies who sent a request. docs/adding-a-provider.md shows how to add one.
"""
