#!/usr/bin/env python3
"""The page and the pictures: browser.py IMPOUND

What is in the page is looked at as a parser sees it, then a real Chromium shows it, where there is one: its script has
run, and nothing was complained of. Text of the evidence that is markup stays text."""
import base64
import hashlib
import html.parser
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import xml.etree.ElementTree

import lab

VOID = {"meta", "br"}
HOSTILE = "</script><script>alert(1)</script><img src=x onerror=alert(2)>\\u202e&\"'"
TAGS = set("""html head meta title style body a header nav main section footer h1 h2 h3 h4 p ul ol li dl dt dd table
caption thead tbody tr th td div article details summary strong small span code time bdi br button script svg defs
marker path g rect text""".split())


class Page(html.parser.HTMLParser):
    """What is wrong, and what is in the page."""

    def __init__(self):
        super().__init__()
        self.open, self.faults, self.ids, self.links = [], [], [], []
        self.text, self.policy, self.headings = {"script": "", "style": ""}, "", []

    def handle_starttag(self, tag, attributes):
        values = dict(attributes)
        if tag not in TAGS:
            self.faults.append(f"<{tag}> is none of ours")
        self.faults += [f"{name} in <{tag}>" for name in values
                        if name.startswith("on") or name in {"src", "style", "srcset", "action"}]
        if "href" in values:
            self.links.append(values["href"])
        if "id" in values:
            self.ids.append(values["id"])
        if values.get("http-equiv") == "Content-Security-Policy":
            self.policy = values["content"]
        if re.fullmatch("h[1-4]", tag):
            self.headings.append(int(tag[1]))
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        if not self.open or self.open.pop() != tag:
            self.faults.append(f"</{tag}> ends another element")

    def handle_data(self, data):
        if self.open and self.open[-1] in self.text:
            self.text[self.open[-1]] += data


def digest(text):
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()


def page_faults(text):
    page = Page()
    page.feed(text)
    page.close()
    faults = page.faults + [f"<{tag}> is not ended" for tag in page.open]
    faults += [f"{link} leads away or nowhere" for link in page.links if link[1:] not in page.ids]
    faults += [f"two elements are called {name}" for name in set(page.ids)
               if page.ids.count(name) > 1]
    faults += [f"the policy lacks the {tag}'s hash" for tag in page.text
               if digest(page.text[tag]) not in page.policy]
    faults += ["a level of headings is left out" for one, next_one
               in zip(page.headings, page.headings[1:]) if next_one > one + 1]
    if "default-src 'none'" not in page.policy or page.headings.count(1) != 1:
        faults.append("no policy, or no one heading")
    return faults


def chromium_faults(browser, path):
    """As root Chromium needs its own sandbox switched off; the page is ours."""
    with tempfile.TemporaryDirectory() as profile:
        ran = subprocess.run(
            [browser, "--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage",
             "--enable-logging=stderr", f"--user-data-dir={profile}", "--virtual-time-budget=2000",
             "--dump-dom", path.as_uri()], capture_output=True, timeout=120)
    shown = ran.stdout.decode("utf-8", "replace")
    faults = [line for line in ran.stderr.decode("utf-8", "replace").splitlines()
              if "CONSOLE" in line]
    if "The answer" not in shown:
        faults.append("it does not render")
    if not re.search(r'<div class="zoom" role="group" aria-label="Zoom">', shown):
        faults.append("the script did not run")
    return faults


def make_evidence(folder):
    """An intrusion, one command of which is markup."""
    lines = []
    for sample in sorted((lab.SAMPLES / "intrusion").glob("*.jsonl")):
        lines += [line.replace("whoami", "whoami " + HOSTILE.replace('"', '\\"'))
                  for line in sample.read_text().splitlines()]
        (folder / sample.name).write_text("\n".join(lines) + "\n")
        lab.make("from-jsonl", folder / sample.name, folder / "logs" / (sample.stem + ".evtx"))
        lines = []


def main():
    impound = str(pathlib.Path(sys.argv[1]).resolve())
    faults = []
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        (folder / "logs").mkdir()
        make_evidence(folder)
        kinds = ["html", "graph.svg", "timeline.svg"]
        outputs = {kind: [subprocess.run([impound, "scan", "--report", kind, "--threads", threads,
                                          "logs"], cwd=folder, check=True, capture_output=True,
                                         env=lab.environment(folder, impound)).stdout.decode()
                          for threads in ["1", "7"]] for kind in kinds}
        for kind, (one, other) in outputs.items():
            differs = re.sub("<code>.*</code></small>", "", one) != \
                re.sub("<code>.*</code></small>", "", other)
            faults += [f"{kind} depends on the threads"] if differs else []
        text = outputs["html"][0]
        faults += page_faults(text)
        if "&lt;img src=x onerror=alert(2)&gt;" not in text:
            faults.append("the hostile command is not shown")
        for kind in kinds[1:]:
            xml.etree.ElementTree.fromstring(outputs[kind][0])
        path = folder / "report.html"
        path.write_text(text)
        browser = shutil.which("chromium")
        faults += chromium_faults(browser, path) if browser else []
        print("shown by", browser or "no browser: there is no chromium")
    print(*faults, sep="\n")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
