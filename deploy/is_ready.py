"""The container's health check: fails unless the server beside it is ready. Nothing is imported that takes long."""

import os
import sys
import urllib.request

port = os.environ.get("STREAMLIT_SERVER_PORT", "8501")
base = os.environ.get("STREAMLIT_SERVER_BASE_URL_PATH", "").strip("/")
address = f"http://127.0.0.1:{port}/{base and f'{base}/'}readyz"
try:
    urllib.request.urlopen(address, timeout=4)
except OSError as error:
    sys.exit(f"{address}: {error}")
