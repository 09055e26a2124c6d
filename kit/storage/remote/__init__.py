"""Files of other stores, by fsspec: loaded when a URL is first read or written."""
