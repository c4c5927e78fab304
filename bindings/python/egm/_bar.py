# SPDX-License-Identifier: MIT
"""What progress=True shows: the bar of tqdm, or a line on standard error where tqdm is not installed."""
import sys
import time


class Line:
    """Overwrites one line."""

    def __init__(self, total):
        self.total, self.width = total, 0

    def show(self, done, terms, last):
        text = "%d/%d %s" % (done, self.total, terms)
        print("\r" + text.ljust(self.width), end="\n" if last else "", file=sys.stderr, flush=True)
        self.width = 0 if last else len(text)

    def __del__(self):
        if self.width:  # a call that was stopped
            print(file=sys.stderr)


class Tqdm:
    def __init__(self, tqdm, total):
        self.bar = tqdm(total=total)

    def show(self, done, terms, last):
        self.bar.set_postfix_str(terms, refresh=False)
        self.bar.update(done - self.bar.n)
        if last:
            self.bar.close()


class Bar:
    """A progress function. It draws at most ten times a second, and at the end."""

    def __init__(self):
        self.shown, self.next = None, 0

    def __call__(self, p):
        now, last = time.monotonic(), p["done"] == p["total"]
        if now < self.next and not last:
            return
        self.next = now + 0.1
        if self.shown is None:
            self.shown = self.open(p["total"])
        terms = " ".join("%s=%.4g" % term for term in p.get("terms", {}).items())
        self.shown.show(p["done"], terms, last)

    def open(self, total):
        try:
            from tqdm.auto import tqdm
        except ImportError:
            return Line(total)
        return Tqdm(tqdm, total)
