"""stac-api-validator with the schemas that pystac and jsonschema bring, instead of those that it would fetch.

A program: its argument is a JSON object with the arguments of `validate_api`; it prints the warnings and the errors as
one too. (The command of stac-api-validator itself ends with 0 when it fails, and sends numbers as text.) Whatever else it
would fetch is refused at once.
"""

import importlib.resources
import io
import json
import pathlib
import re
import sys
import urllib.parse

import requests
from stac_api_validator.validations import QueryConfig, validate_api

PYSTAC = pathlib.Path(str(importlib.resources.files("pystac.validation"))) / "jsonschemas"
METASCHEMAS = pathlib.Path(str(importlib.resources.files("jsonschema_specifications"))) / "schemas"
# Of what lies where: a pattern of the URL, and the folder with a file of the same name.
PLACES = [
    (r"https?://(?:schemas\.stacspec\.org|cdn\.staclint\.com)/v1\.1\.0/(?:[a-z-]+/json-schema/)?([\w-]+\.json)", PYSTAC / "stac-spec/v1.1.0"),
    (r"https?://geojson\.org/schema/(\w+\.json)", PYSTAC / "geojson"),
    (r"https?://json-schema\.org/draft-07/schema()", METASCHEMAS / "draft7/metaschema.json"),
]


def brought(url):
    """The file of a schema."""
    for pattern, place in PLACES:
        if found := re.fullmatch(pattern, urllib.parse.urldefrag(url).url):
            return place / found.group(1) if found.group(1) else place
    return None


class Offline(requests.adapters.HTTPAdapter):
    def send(self, request, **more):
        if urllib.parse.urlparse(request.url).hostname == "127.0.0.1":
            return super().send(request, **more)
        path = brought(request.url)
        if path is None or not path.is_file():
            raise requests.ConnectionError(f"{request.url} is not at hand", request=request)
        answer = requests.Response()
        answer.request, answer.url, answer.status_code = request, request.url, 200
        answer.headers["content-type"] = "application/schema+json"
        answer.raw = io.BytesIO(path.read_bytes())
        return answer


def main(arguments):
    requests.sessions.HTTPAdapter = Offline
    arguments["query_config"] = QueryConfig(**arguments["query_config"])
    warnings, errors = validate_api(**arguments)
    print(json.dumps({"warnings": warnings.as_list(), "errors": errors.as_list()}))


if __name__ == "__main__":
    main(json.loads(sys.argv[1]))
