"""What a script of a user of Viam's Python SDK asks a cloud for; prints what it saw as JSON."""

import asyncio
import json
import sys

from grpclib.exceptions import GRPCError
from viam.app.viam_client import ViamClient
from viam.proto.app.data import DeleteTabularFilter
from viam.rpc.dial import Credentials, DialOptions
from viam.utils import create_filter

address, entity, key = sys.argv[1:4]
noon = 1772366400000
board = ("esp", "my-esp32", "rdk:component:board", "Analogs")


def after(time):
    """Milliseconds since the first reading; the SDK's times are UTC and do not say so."""
    from datetime import timezone

    return round(time.replace(tzinfo=timezone.utc).timestamp() * 1000) - noon


async def failure(call):
    try:
        await call
    except GRPCError as error:
        return {"code": error.status.name, "message": error.message}
    return None


async def main():
    options = DialOptions(insecure=True, auth_entity=entity, credentials=Credentials("api-key", key))
    client = await ViamClient.create_from_dial_options(options, address)
    data = client.data_client
    exported = await data.export_tabular_data(*board)
    seen = {
        "exported": [
            [after(row.time_captured), dict(row.payload), dict(row.method_parameters), row.tags] for row in exported
        ]
    }
    latest = await data.get_latest_tabular_data("esp", "room", "rdk:component:sensor", "Readings")
    seen["latest"] = [after(latest[0]), dict(latest[2])]
    seen["none"] = await data.get_latest_tabular_data("esp", "hall", "rdk:component:sensor", "Readings")
    lab = create_filter(organization_ids=["lab"])
    seen["pages"], last = [], None
    while True:
        rows, _, last = await data.tabular_data_by_filter(lab, limit=3, last=last)
        if not rows:
            break
        seen["pages"].append(len(rows))
    _, seen["count"], _ = await data.tabular_data_by_filter(lab, count_only=True)
    seen["sql"] = await data.tabular_data_by_sql(
        "lab", "SELECT avg(data.value) AS mean FROM readings WHERE method_name = 'Analogs'"
    )
    seen["mql"] = await data.tabular_data_by_mql(
        "lab",
        [
            {"$match": {"component_type": "rdk:component:board", "method_name": "Analogs"}},
            {"$group": {"_id": "$method_name", "highest": {"$max": "$data.value"}}},
        ],
    )
    await data.add_bounding_box_to_image_by_id("lab/esp/three", "cat", 0.25, 0, 0.5, 1, 0.75)
    seen["labels"] = sorted(await data.bounding_box_labels_by_filter(lab))
    seen["refused"] = await failure(data.tabular_data_by_sql("lab", "create table x (a integer)"))
    seen["foreign"] = await failure(data.delete_tabular_data("app", 0))
    seen["old"] = await data.delete_tabular_data("lab", 30)
    seen["deleted"] = await data.delete_tabular_data("lab", 0, DeleteTabularFilter(component_name="room"))
    _, seen["left"], _ = await data.tabular_data_by_filter(lab, count_only=True)
    client.close()
    print(json.dumps(seen))


asyncio.run(main())
