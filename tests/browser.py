"""Headless Chromium, driven through its debugging pipe: a command or an event is one JSON object, ended by a NUL."""

import json
import os
import shutil
import subprocess
from contextlib import contextmanager
from typing import Any

PROGRAM = shutil.which("chromium") or shutil.which("google-chrome")
FLAGS = "--headless --no-sandbox --disable-gpu --disable-dev-shm-usage --remote-debugging-pipe --no-first-run"


class Tab:
    """One page of a browser; `events` are all that were told of so far."""

    def __init__(self, commands, answers):
        self.commands, self.answers = commands, answers
        self.session, self.last_id, self.events = None, 0, []
        target = self.call("Target.createTarget", url="about:blank")["targetId"]
        self.session = self.call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        for domain in ("Page", "Runtime", "Log", "Network"):
            self.call(f"{domain}.enable")
        self.call("Network.emulateNetworkConditions", offline=True, latency=0, downloadThroughput=0, uploadThroughput=0)

    def call(self, method: str, **params) -> dict[str, Any]:
        self.last_id += 1
        session = {"sessionId": self.session} if self.session else {}
        command = {"id": self.last_id, "method": method, "params": params, **session}
        self.commands.write(json.dumps(command).encode() + b"\0")
        while (message := self._read()).get("id") != self.last_id:
            pass
        assert "error" not in message, f"{method}: {message}"
        return message["result"]

    def _read(self) -> dict[str, Any]:
        message = json.loads(b"".join(iter(lambda: self.answers.read(1), b"\0")))
        if "method" in message:
            self.events.append(message)
        return message

    def of(self, *methods: str) -> list[dict[str, Any]]:
        return [event["params"] for event in self.events if event["method"] in methods]

    def show(self, path, width=1200, scheme="light"):
        size = {"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": width < 600}
        self.call("Emulation.setDeviceMetricsOverride", **size)
        self.call("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": scheme}])
        self.events.clear()
        self.call("Page.navigate", url=path.absolute().as_uri())
        while not self.of("Page.loadEventFired"):
            self._read()

    def evaluate(self, expression: str):
        answer = self.call("Runtime.evaluate", expression=expression, returnByValue=True)
        assert "exceptionDetails" not in answer, answer
        return answer["result"].get("value")

    def press(self, key: str, text: str = ""):
        code = {"Tab": 9, "Enter": 13, " ": 32}[key]
        event = {"key": key, "windowsVirtualKeyCode": code}
        self.call("Input.dispatchKeyEvent", type="keyDown", text=text, **event)
        self.call("Input.dispatchKeyEvent", type="keyUp", **event)


@contextmanager
def open_tab(profile):
    """Start Chromium with its profile in the folder `profile`, and end it and its children afterwards."""
    to_browser, commands = os.pipe()
    answers, from_browser = os.pipe()
    # the browser reads commands from descriptor 3 and writes to 4
    script = f'exec "$0" "$@" 3<&{to_browser} 4>&{from_browser}'
    arguments = [PROGRAM, *FLAGS.split(), f"--user-data-dir={profile}"]
    process = subprocess.Popen(
        ["bash", "-c", script, *arguments],
        pass_fds=(to_browser, from_browser),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    os.close(to_browser)
    os.close(from_browser)
    with open(commands, "wb", buffering=0) as writer, open(answers, "rb") as reader:
        tab = Tab(writer, reader)
        yield tab
        tab.session = None
        tab.call("Browser.close")
        process.wait(30)
