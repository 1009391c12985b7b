# SPDX-License-Identifier: Apache-2.0
"""A gateway to models, as far as its answers go: gateway.py ADDRESS PORT."""
import http.server
import json
import sys


class Gateway(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def answer(self, status, said):
        body = json.dumps(said).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def do_GET(self):
        if self.path.endswith("/models"):
            self.answer(200, {"object": "list", "data": [{"id": "large"}]})
        else:
            self.answer(404, {"error": {"message": "there is nothing"}})

    def do_POST(self):
        asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        if asked["model"] != "large":
            self.answer(404, {"error": {"message": "no such model", "code": "model_not_found"}})
            return
        self.answer(200, {"id": "1", "object": "chat.completion", "model": "large-2026",
                          "choices": [{"index": 0, "finish_reason": "stop",
                                       "message": {"role": "assistant", "content": "Hello"}}],
                          "usage": {"prompt_tokens": 11, "completion_tokens": 9,
                                    "total_tokens": 20}})


http.server.ThreadingHTTPServer((sys.argv[1], int(sys.argv[2])), Gateway).serve_forever()
