# SPDX-License-Identifier: Apache-2.0
"""A browser that does as it is told, a command a line on stdin, with a line of JSON as answer
to each: Chromium, by WebDriver.

open URL | size WIDTH HEIGHT | scheme dark|light | keys TEXT | run JAVASCRIPT | wait JAVASCRIPT
audit FILE (axe-core) | errors | shoot FILE
"""
import base64
import json
import os
import subprocess
import sys
import time
import urllib.error
import urllib.request

PORT = 9515
BASE = f"http://127.0.0.1:{PORT}"
KEYS = {"TAB": "\ue004", "ENTER": "\ue007", "ESCAPE": "\ue00c"}
PATIENCE_S = 60 * int(os.environ.get("SKBSCOPE_TEST_SLOWNESS", "1"))


def ask(method, path, body=None):
    request = urllib.request.Request(
        BASE + path, method=method, data=None if body is None else json.dumps(body).encode(),
        headers={"Content-Type": "application/json"})
    try:
        with urllib.request.urlopen(request, timeout=PATIENCE_S) as answer:
            return json.load(answer)["value"]
    except urllib.error.HTTPError as error:
        raise RuntimeError(json.load(error)["value"]["message"]) from error


def start(work):
    driver = subprocess.Popen(["chromedriver", f"--port={PORT}"], stdout=subprocess.DEVNULL)
    deadline = time.monotonic() + PATIENCE_S
    while True:
        try:
            ask("GET", "/status")
            break
        except OSError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.05)
    options = {"args": ["--headless=new", "--no-sandbox", "--disable-gpu", "--no-proxy-server",
                        "--disable-dev-shm-usage", "--hide-scrollbars", f"--user-data-dir={work}/chromium"]}
    session = ask("POST", "/session", {"capabilities": {"alwaysMatch": {
        "goog:chromeOptions": options, "goog:loggingPrefs": {"browser": "ALL"}}}})
    return driver, "/session/" + session["sessionId"]


class Browser:
    def __init__(self, session):
        self.session = session

    def command(self, name, parameters):
        return ask("POST", self.session + "/goog/cdp/execute", {"cmd": name, "params": parameters})

    def run(self, script):
        return ask("POST", self.session + "/execute/sync", {"script": script, "args": []})

    def open(self, url):
        ask("POST", self.session + "/url", {"url": url})

    def size(self, words):
        width, height = words.split()
        self.command("Emulation.setDeviceMetricsOverride", {
            "width": int(width), "height": int(height), "deviceScaleFactor": 1, "mobile": False})

    def scheme(self, word):
        self.command("Emulation.setEmulatedMedia",
                     {"features": [{"name": "prefers-color-scheme", "value": word}]})

    def keys(self, words):
        keys = [KEYS[words]] if words in KEYS else list(words)
        actions = [{"type": kind, "value": key} for key in keys for kind in ("keyDown", "keyUp")]
        ask("POST", self.session + "/actions",
            {"actions": [{"type": "key", "id": "keyboard", "actions": actions}]})

    def wait(self, script):
        deadline = time.monotonic() + PATIENCE_S
        while not (value := self.run("return " + script)):
            if time.monotonic() > deadline:
                return False
            time.sleep(0.05)
        return value

    def audit(self, axe):
        with open(axe, encoding="utf-8") as source:
            self.run(source.read())
        found = ask("POST", self.session + "/execute/async", {
            "script": "const done = arguments[0]; axe.run().then(done, (e) => done(String(e)));", "args": []})
        if isinstance(found, str):
            return [found]
        return [f"{violation['id']}: {violation['help']}: {node['html'][:200]}"
                for violation in found["violations"] for node in violation["nodes"]]

    def errors(self, _):
        return [entry["message"] for entry in ask("POST", self.session + "/se/log", {"type": "browser"})
                if entry["level"] in ("SEVERE", "WARNING")]

    def shoot(self, path):
        picture = ask("GET", self.session + "/screenshot")
        with open(path, "wb") as file:
            file.write(base64.b64decode(picture))


def main():
    driver, session = start(sys.argv[1])
    browser = Browser(session)
    try:
        for line in sys.stdin:
            name, _, rest = line.rstrip("\n").partition(" ")
            try:
                answer = getattr(browser, name)(rest)
            except RuntimeError as error:
                answer = {"error": str(error)}
            print(json.dumps(answer), flush=True)
    finally:
        ask("DELETE", session)
        driver.terminate()
        driver.wait()


main()
