#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
# The API of docs/api.md: two versions, one slow route, a model that streams.
import json, sys, time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
import socket

SEEN = {}


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def answer(self, status, body, headers=()):
        text = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(text)))
        for name, value in headers:
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(text)

    def do_GET(self):
        key = self.headers.get("Authorization")
        path = self.path.split("?")[0]
        if not path.startswith(("/v1/orders", "/v2/orders", "/v2/reports")):
            self.answer(404, {"error": "no such route"})
        elif not key:
            self.answer(401, {"error": "who are you?"})
        elif key == "Bearer greedy" and SEEN.setdefault(key, 0) >= 3:
            self.answer(429, {"error": "slow down"}, [("Retry-After", "30")])
        elif path.startswith("/v1/"):
            self.answer(200, {"order": 1}, [("Deprecation", "@1767225600"),
                                            ("Sunset", "Thu, 31 Dec 2026 23:59:59 GMT")])
        else:
            if path == "/v2/reports":
                time.sleep(0.3)
            self.answer(200, {"order": 1, "lines": []})
        if key:
            SEEN[key] = SEEN.get(key, 0) + 1

    def do_POST(self):
        asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream")
        self.send_header("Connection", "close")
        self.end_headers()
        for delta in [{"role": "assistant", "content": ""}] + [{"content": word} for word in ["It", " is", " late."]]:
            self.say({"model": asked["model"], "choices": [{"index": 0, "delta": delta}]})
        self.say({"model": asked["model"], "choices": [], "usage": {"prompt_tokens": 120, "completion_tokens": 40}})
        self.wfile.write(b"data: [DONE]\n\n")
        self.close_connection = True

    def say(self, event):
        self.wfile.write(b"data: " + json.dumps(event).encode() + b"\n\n")
        self.wfile.flush()
        time.sleep(0.05)


class Server(ThreadingHTTPServer):
    address_family = socket.AF_INET


Server(("192.0.2.10", int(sys.argv[1])), Handler).serve_forever()
