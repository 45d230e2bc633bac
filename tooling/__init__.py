"""What tests and benchmarks share: a browser to drive, and servers in processes of their own."""
