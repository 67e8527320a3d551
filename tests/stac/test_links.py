"""Every link behind a proxy that shows the server below a path."""

import catalogue
import pytest
from crawler import Crawler
from front import PREFIX, free_port, nginx
from servers import running_platform, temporary_folder

# These lead from documents to what their authors wrote.
ELSEWHERE = {"license", "about", "cite-as", "via", "derived_from"}
EVERY = sorted((item.collection_id, item.id) for item in catalogue.ALL)


@pytest.fixture(scope="module", params=["forwarded", "public-url"])
def crawled(request, platform):
    """All that links lead to: once as the proxy says by its headers, once as the settings say."""
    port = free_port()
    with temporary_folder("ardent-nginx-") as folder:
        if request.param == "forwarded":
            root = f"https://127.0.0.1:{port}{PREFIX}/"
            with nginx(folder, platform.url, port, secure=True) as session:
                yield Crawler(session, root, ELSEWHERE).crawl()
        else:
            root = f"http://127.0.0.1:{port}{PREFIX}/"
            with running_platform("--public-url", root) as other, nginx(folder, other.url, port, secure=False) as session:
                catalogue.load(other)
                yield Crawler(session, root, ELSEWHERE).crawl()


def keys(pages):
    return sorted((item["collection"], item["id"]) for page in pages for item in page["features"])


def test_every_link_leads_to_what_it_says(crawled):
    assert not crawled.wrong, "\n".join(crawled.wrong[:20])


def test_the_links_lead_everywhere(crawled):
    root = crawled.root
    assert keys(crawled.pages(f"{root}search")) == EVERY
    assert keys(crawled.pages(f"{root}search", "POST", "{}")) == EVERY
    for name, items in catalogue.ITEMS.items():
        pages = crawled.pages(f"{root}collections/{name}/items")
        assert keys(pages) == sorted((name, item.id) for item in items)
    documents = crawled.documents().values()
    single = [document for document in documents if document.get("type") == "Feature"]
    assert keys([{"features": single}]) == EVERY
    assert {document["id"] for document in documents if document.get("type") == "Collection"} == set(catalogue.ITEMS)
    served = crawled.documents("service-desc")[f"{root}api"]
    assert served["servers"] == [{"url": root.removesuffix("/")}]


def test_every_document_leads_back(crawled):
    for url, document in crawled.documents().items():
        if document.get("type") in ("Feature", "Collection", "FeatureCollection") or "collections" in document:
            rels = {link["rel"] for link in document["links"]}
            assert {"root", "self"} <= rels, url
            needed = {"Feature": {"parent", "collection"}, "Collection": {"parent", "items"}}
            assert needed.get(document.get("type"), set()) <= rels, url
