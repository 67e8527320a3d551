"""Follows every link there is, as a client does that knows nothing but the landing page."""

import collections
import dataclasses
import email.message
import html.parser
import json
import urllib.parse

TIMEOUT_S = 60
# A document on each line.
SEQUENCES = {"application/geo+json-seq", "application/x-ndjson"}
# Links by POST that only read.
READING = {"search", "self", "next", "prev", "first", "last", "aggregate"}


@dataclasses.dataclass(frozen=True)
class Link:
    rel: str
    method: str
    url: str
    media_type: str | None
    # JSON, or nothing.
    body: str | None
    found_at: str

    @property
    def request(self):
        return self.method, self.url, self.body

    def __str__(self):
        return f"{self.rel} {self.method} {self.url} {self.body or ''} (found at {self.found_at})"


def media_type(text):
    """A media type and its parameters, but for the encoding of characters."""
    message = email.message.Message()
    message["content-type"] = text
    parameters = {name.lower(): value for name, value in message.get_params()[1:] if name.lower() != "charset"}
    return message.get_content_type(), parameters


class Page(html.parser.HTMLParser):
    """What a page of HTML loads and leads to."""

    def __init__(self, text):
        super().__init__()
        self.references = []
        self.feed(text)

    def handle_starttag(self, _, attributes):
        self.references += [value for name, value in attributes if name in ("href", "src") and value]


def objects_with_links(document):
    """Every object within a document that has links, assets and what users wrote apart."""
    if isinstance(document, list):
        for member in document:
            yield from objects_with_links(member)
    elif isinstance(document, dict):
        if isinstance(document.get("links"), list):
            yield document
        for name, member in document.items():
            if name not in ("links", "assets", "properties", "geometry", "body"):
                yield from objects_with_links(member)


class Crawler:
    """`root`: the landing page, which ends in `/`; everything lies below it but for links of the rels `elsewhere`."""

    def __init__(self, session, root, elsewhere=()):
        self.session, self.root, self.elsewhere = session, root, elsewhere
        self.waiting = collections.deque()
        self.seen = set()
        # By request: the link that was followed, and the document or text that came.
        self.answers = {}
        self.wrong = []

    def crawl(self):
        self.add(Link("root", "GET", self.root, "application/json", None, "the beginning"))
        while self.waiting:
            self.follow(self.waiting.popleft())
        return self

    def add(self, link):
        if not link.url.startswith(self.root):
            if link.rel not in self.elsewhere:
                self.wrong.append(f"leads elsewhere: {link}")
        elif (*link.request, link.media_type) not in self.seen:
            self.seen.add((*link.request, link.media_type))
            self.waiting.append(link)

    def follow(self, link):
        if link.method not in ("GET", "POST") or (link.method == "POST" and link.rel not in READING):
            return self.ask_whether(link)
        headers = {"Accept": link.media_type} if link.media_type else {}
        body = {"json": json.loads(link.body)} if link.body else {}
        answer = self.session.request(
            link.method, link.url, headers=headers, timeout=TIMEOUT_S, allow_redirects=False, **body
        )
        if not 200 <= answer.status_code < 300:
            return self.wrong.append(f"{answer.status_code}: {link}: {answer.text[:300]}")
        given = answer.headers["content-type"]
        if link.media_type and media_type(given) != media_type(link.media_type):
            self.wrong.append(f"is {given}, not {link.media_type}: {link}")
        kind = media_type(given)[0]
        if kind == "application/json" or kind.endswith("+json"):
            self.answers[link.request] = (link, answer.json())
            self.read(link, answer.json())
        elif kind in SEQUENCES:
            self.read(link, [json.loads(line) for line in answer.text.replace("\x1e", "").splitlines()])
        elif kind == "text/html":
            for reference in Page(answer.text).references:
                url = urllib.parse.urldefrag(urllib.parse.urljoin(link.url, reference)).url
                self.add(Link("reference", "GET", url, None, None, link.url))

    def ask_whether(self, link):
        """What would change something is not done; the server says whether it could be."""
        allowed = self.session.options(link.url, timeout=TIMEOUT_S).headers.get("allow", "")
        if link.method not in allowed.split(", "):
            self.wrong.append(f"may not be followed ({allowed}): {link}")

    def read(self, link, document):
        for found in objects_with_links(document):
            for written in found["links"]:
                self.add(self.written(written, link))
        links = document.get("links", []) if isinstance(document, dict) else []
        itself = [written["href"] for written in links if written["rel"] == "self"]
        if itself not in ([], [link.url]):
            self.wrong.append(f"calls itself {itself}: {link}")

    def written(self, written, at):
        """A link as the document has it."""
        method, body, url = written.get("method", "GET"), written.get("body"), written["href"]
        if written["rel"] == "aggregate":
            url += "?aggregations=total_count" if method == "GET" else ""
            body = {"aggregations": ["total_count"]} if method == "POST" else None
        if method == "POST" and body is None:
            body = {}
        body = json.dumps(body) if method == "POST" else None
        if "type" not in written:
            self.wrong.append(f"has no type: {written} (found at {at})")
        return Link(written["rel"], method, url, written.get("type"), body, at.url)

    def documents(self, rel=None, method="GET"):
        """Those that came, by URL; only those that some link of `rel` led to first."""
        chosen = [(link, document) for link, document in self.answers.values() if link.method == method]
        return {link.url: document for link, document in chosen if rel in (None, link.rel)}

    def pages(self, url, method="GET", body=None):
        """The documents from one on, `next` by `next`."""
        request = (method, url, body)
        while request:
            _, document = self.answers[request]
            yield document
            following = [written for written in document["links"] if written["rel"] == "next"]
            assert len(following) <= 1
            request = None
            for written in following:
                request = self.written(written, self.answers[(method, url, body)][0]).request
