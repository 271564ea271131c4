"""Asks a cloud for what an ESP32 captured, with Viam's Python SDK; prints what it saw as JSON."""

import asyncio
import json
import sys

from viam.app.viam_client import ViamClient
from viam.rpc.dial import Credentials, DialOptions
from viam.utils import create_filter

(address,) = sys.argv[1:2]


async def main():
    options = DialOptions(insecure=True, auth_entity="any", credentials=Credentials("api-key", "any"))
    client = await ViamClient.create_from_dial_options(options, address)
    data = client.data_client
    rows = await data.export_tabular_data(
        "esp-home", "my-esp32", "rdk:component:board", "Analogs", additional_params={"reader_name": "A1"}
    )
    seen = {"keys": sorted(rows[0].payload), "parameters": dict(rows[0].method_parameters)}
    page, _, _ = await data.tabular_data_by_filter(create_filter(part_id="esp-home", method="Analogs"), limit=1)
    metadata = page[0].metadata
    seen["page"] = [metadata.part_id, metadata.component_name, metadata.method_name]
    latest = await data.get_latest_tabular_data("esp-home", "room", "rdk:component:sensor", "Readings")
    seen["latest"] = sorted(latest[2]["readings"])
    client.close()
    print(json.dumps(seen))


asyncio.run(main())
