"""What a script of a user of Viam's Python SDK uploads to a cloud; prints what it was answered as JSON."""

import asyncio
import json
import sys
from datetime import datetime, timedelta, timezone

from grpclib.exceptions import GRPCError
from viam.app.viam_client import ViamClient
from viam.rpc.dial import Credentials, DialOptions

address, entity, key = sys.argv[1:4]


def options(payload):
    return DialOptions(insecure=True, auth_entity=entity, credentials=Credentials("api-key", payload))


async def main():
    client = await ViamClient.create_from_dial_options(options(key), address)
    data = client.data_client
    now = datetime.now(timezone.utc)
    later = now + timedelta(milliseconds=10)
    of = dict(part_id="py-part", component_type="rdk:component:sensor", component_name="s", method_name="Readings")
    seen = {
        "tabular": await data.tabular_data_capture_upload(
            tabular_data=[{"readings": {"celsius": 21.5}}, {"readings": {"celsius": 22}}],
            data_request_times=[(now, now), (later, later)],
            tags=["py"],
            **of,
        ),
        "binary": await data.binary_data_capture_upload(
            binary_data=b"a picture", file_extension=".jpeg", data_request_times=(now, now), **of
        ),
        "streamed": await data.streaming_data_capture_upload(
            data=b"x" * 200_000, part_id="py-part", file_ext=".bin", data_request_times=(now, now)
        ),
        "file": await data.file_upload(part_id="py-part", data=b"notes", file_name="notes", file_extension=".txt"),
    }
    client.close()
    try:
        await ViamClient.create_from_dial_options(options("wrong"), address)
    except GRPCError as error:
        seen["wrong"] = error.status.name
    print(json.dumps(seen))


asyncio.run(main())
