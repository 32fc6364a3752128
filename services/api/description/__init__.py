"""The calls described: OpenAPI, and the page at /docs."""
