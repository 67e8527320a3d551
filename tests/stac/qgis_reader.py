"""A program for the Python that QGIS comes with: reads layers of OGC API - Features, and prints what it saw as JSON.

Its argument is JSON: the landing page (`url`), the layer (`name`), and a box (`bounds`).
"""

import json
import sys

from qgis.core import QgsApplication, QgsFeatureRequest, QgsRectangle, QgsVectorLayer


def read(url, name, bounds):
    layer = QgsVectorLayer(f"url='{url}' typename='{name}'", name, "OAPIF")
    assert layer.isValid(), layer.error().message()
    fields = [field.name() for field in layer.fields()]
    within = QgsFeatureRequest().setFilterRect(QgsRectangle(*bounds))
    return {
        "fields": fields,
        "crs": layer.crs().authid(),
        "count": layer.featureCount(),
        "extent": [getattr(layer.extent(), side)() for side in ("xMinimum", "yMinimum", "xMaximum", "yMaximum")],
        "all": [
            {
                "properties": {name: feature[name] for name in fields if isinstance(feature[name], (str, int, float))},
                "wkt": feature.geometry().asWkt(6),
            }
            for feature in layer.getFeatures()
        ],
        "within": [feature["id"] for feature in layer.getFeatures(within)],
    }


if __name__ == "__main__":
    application = QgsApplication([], False)
    application.initQgis()
    print(json.dumps(read(**json.loads(sys.argv[1]))))
    # It is over; taking it all down may crash.
    sys.stdout.flush()
    application.exitQgis()
