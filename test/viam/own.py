"""What a script of a user of Viam's Python SDK does with a gateway's own resources; prints what it saw as JSON."""

import asyncio
import json
import sys

from grpclib.exceptions import GRPCError
from viam.components.camera import Camera
from viam.components.sensor import Sensor
from viam.proto.common import DoCommandRequest
from viam.proto.service.datamanager import DataManagerServiceStub, SyncRequest
from viam.robot.client import RobotClient
from viam.rpc.dial import Credentials, DialOptions
from viam.services.vision import VisionClient
from viam.utils import dict_to_struct, struct_to_dict

address, entity, key = sys.argv[1:4]


async def failure(call):
    try:
        await call
    except GRPCError as error:
        return {"code": error.status.name, "message": error.message}
    return None


async def main():
    options = RobotClient.Options(
        dial_options=DialOptions(insecure=True, auth_entity=entity, credentials=Credentials("api-key", key))
    )
    robot = await RobotClient.at_address(address, options)
    camera = Camera.from_robot(robot, "cam")
    images, metadata = await camera.get_images()
    seen = {
        "images": [{"name": image.name, "type": str(image.mime_type), "head": image.data[:2].hex()} for image in images],
        "taken": metadata.captured_at.seconds > 0,
    }
    sensor = Sensor.from_robot(robot, "room")
    seen["done"] = dict(await sensor.do_command({"readings": {"celsius": 7.5}}))
    seen["readings"] = dict(await sensor.get_readings())
    seen["undone"] = await failure(camera.do_command({"zoom": 2}))
    everything = await VisionClient.from_robot(robot, "seer").capture_all_from_camera(
        "cam", return_image=True, return_classifications=True, return_detections=True
    )
    seen["vision"] = {
        "image": everything.image.data[:2].hex(),
        "classes": [each.class_name for each in everything.classifications],
        "boxes": [[each.x_min, each.y_min, each.x_max, each.y_max] for each in everything.detections],
    }
    manager = DataManagerServiceStub(sensor.channel)
    await manager.Sync(SyncRequest(name="data_manager-1"))
    asked = DoCommandRequest(name="data_manager-1", command=dict_to_struct({"command": "account"}))
    seen["account"] = struct_to_dict((await manager.DoCommand(asked)).result)
    await robot.close()
    print(json.dumps(seen))


asyncio.run(main())
