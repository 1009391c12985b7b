#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""An editor: opens files in clangd and prints what that says of them.

lsp.py FILE… opens each and prints "FILE:LINE: SEVERITY: MESSAGE" of each diagnostic. Then, of
each line on stdin, "complete FILE TEXT" or "hover FILE TEXT", what is offered behind, or said
of the end of, the first TEXT in FILE: a line of words, or the first lines of the text.
"""
import json
import os
import subprocess
import sys

SEVERITIES = {1: "error", 2: "warning", 3: "information", 4: "hint"}


class Editor:
    def __init__(self):
        self.server = subprocess.Popen(
            ["clangd", "--background-index=false", "--log=error", "-j=2", "--limit-results=0"],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        self.number = 0
        self.texts = {}
        self.diagnostics = {}
        self.ask("initialize", processId=os.getpid(), rootUri=None, capabilities={
            "textDocument": {"hover": {"contentFormat": ["plaintext"]},
                             "completion": {"completionItem": {"snippetSupport": False}}}})
        self.tell("initialized")

    def send(self, message):
        body = json.dumps({"jsonrpc": "2.0", **message}).encode()
        self.server.stdin.write(b"Content-Length: %d\r\n\r\n%s" % (len(body), body))
        self.server.stdin.flush()

    def tell(self, method, **parameters):
        self.send({"method": method, "params": parameters})

    def receive(self):
        length = None
        while (line := self.server.stdout.readline().strip()):
            if line.lower().startswith(b"content-length:"):
                length = int(line.split(b":")[1])
        if length is None:
            sys.exit("clangd has gone")
        message = json.loads(self.server.stdout.read(length))
        if message.get("method") == "textDocument/publishDiagnostics":
            of = message["params"]
            self.diagnostics[of["uri"]] = of["diagnostics"]
        elif "method" in message and "id" in message:
            self.send({"id": message["id"], "result": None})
        return message

    def ask(self, method, **parameters):
        self.number += 1
        self.send({"id": self.number, "method": method, "params": parameters})
        while True:
            answer = self.receive()
            if answer.get("id") == self.number and "method" not in answer:
                if "error" in answer:
                    sys.exit("clangd: %s: %s" % (method, answer["error"]["message"]))
                return answer["result"]

    def uri(self, name):
        return "file://" + os.path.abspath(name)

    def open(self, name, text=None):
        self.texts[name] = text or open(name, encoding="utf-8").read()
        self.tell("textDocument/didOpen", textDocument={
            "uri": self.uri(name), "languageId": "c", "version": 1, "text": self.texts[name]})

    def wait(self, name):
        while self.uri(name) not in self.diagnostics:
            self.receive()
        return self.diagnostics[self.uri(name)]

    def place(self, name, text):
        at = self.texts[name].find(text)
        if at < 0:
            sys.exit("there is no '%s' in %s" % (text, name))
        before = self.texts[name][:at + len(text)]
        return {"textDocument": {"uri": self.uri(name)},
                "position": {"line": before.count("\n"),
                             "character": len(before) - before.rfind("\n") - 1}}


def main():
    editor = Editor()
    for name in sys.argv[1:]:
        editor.open(name)
    for name in sys.argv[1:]:
        for found in editor.wait(name):
            print("%s:%d: %s: %s" % (name, found["range"]["start"]["line"] + 1,
                                     SEVERITIES[found["severity"]], found["message"].split("\n")[0]))
    for line in sys.stdin:
        what, name, text = line.rstrip("\n").split(" ", 2)
        if what == "complete":
            items = editor.ask("textDocument/completion", **editor.place(name, text))["items"]
            print(" ".join(sorted(item["insertText"] for item in items)))
        else:
            place = editor.place(name, text)
            place["position"]["character"] -= 1
            answer = editor.ask("textDocument/hover", **place)
            print(" ".join(answer["contents"]["value"].split()) if answer else "-")
    editor.ask("shutdown")
    editor.tell("exit")
    editor.server.wait()


main()
