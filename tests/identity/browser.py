"""A person at a browser: opens a page, fills in what it asks for, and presses its first button until nothing is asked."""

import html.parser
import http.cookiejar
import urllib.parse
import urllib.request


class Form(html.parser.HTMLParser):
    """The first form of a page: where it goes, and its fields, with the first button as the one that is pressed."""

    def __init__(self, page):
        super().__init__()
        self.action, self.fields, self.title, self.inside, self.pressed = None, {}, "", None, False
        self.feed(page)

    def handle_starttag(self, tag, attributes):
        attributes = dict(attributes)
        if tag == "form" and self.action is None:
            self.action = attributes["action"]
        self.inside = tag
        name, kind = attributes.get("name"), attributes.get("type")
        if tag == "button" and kind == "submit" and not self.pressed:
            self.pressed = True
            self.fields |= {name: attributes.get("value", "")} if name else {}
        elif tag == "input" and name:
            self.fields[name] = attributes.get("value", "")

    def handle_data(self, data):
        if self.inside == "title":
            self.title += data


class Browser:
    def __init__(self):
        # As browsers do, takes a loopback address for safe enough for secure cookies.
        policy = http.cookiejar.DefaultCookiePolicy(secure_protocols=("http", "https"))
        cookies = urllib.request.HTTPCookieProcessor(http.cookiejar.CookieJar(policy))
        self.opener = urllib.request.build_opener(cookies)

    def open(self, url, fields=None):
        """The URL at which one ends, and the page there."""
        body = urllib.parse.urlencode(fields).encode() if fields is not None else None
        with self.opener.open(url, body, timeout=30) as answer:
            return answer.geturl(), answer.read().decode()

    def answer_forms(self, url, user, password):
        """Follows forms to the end; the last page."""
        url, page = self.open(url)
        for _ in range(8):
            form = Form(page)
            if form.action is None:
                return page
            known = {"username": user, "password": password}
            fields = form.fields | {name: value for name, value in known.items() if name in form.fields}
            url, page = self.open(urllib.parse.urljoin(url, form.action), fields)
        raise AssertionError(f"one form after the other, the last at {url}: {page}")
