"""A shop on loopback with one call, GET /items/ID: something for a tool to be tried on."""

import json
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

PORT = 9078
ITEMS = {"7": {"name": "A kettle", "price_usd": "24.00", "in_stock": 3}}


class Shop(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        item = ITEMS.get(self.path.removeprefix("/items/"))
        body = json.dumps({"item": item} if item else {"error": "no such item"}).encode()
        self.send_response(200 if item else 404)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


if __name__ == "__main__":
    ThreadingHTTPServer(("127.0.0.1", PORT), Shop).serve_forever()
