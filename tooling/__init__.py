"""Shared by tests and benchmarks: a browser, and servers in separate processes."""
