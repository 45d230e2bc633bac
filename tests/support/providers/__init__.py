"""One module per provider with what it sends, as `SAMPLES`; the shared tests run over all of them."""
