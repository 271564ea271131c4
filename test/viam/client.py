"""What a script of a user of Viam's Python SDK does with a machine; prints what it saw as JSON."""

import asyncio
import json
import sys
import time

from grpclib.exceptions import GRPCError
from viam.components.board import Board
from viam.components.sensor import Sensor
from viam.components.sensor.client import SensorClient
from viam.proto.service.datamanager import DataManagerServiceStub, SyncRequest
from viam.robot.client import RobotClient
from viam.rpc.dial import Credentials, DialOptions

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
    board = Board.from_robot(robot, "esp-home:my-esp32")
    seen = {"names": sorted(str(name.subtype) + "/" + name.name for name in robot.resource_names)}
    seen["analog"] = (await (await board.analog_by_name("A1")).read()).value
    begun = time.monotonic()
    for _ in range(20):
        await (await board.analog_by_name("A1")).read()
    seen["each"] = (time.monotonic() - begun) * 1000 / 20
    seen["readings"] = dict(await Sensor.from_robot(robot, "esp-home:room").get_readings())
    pin = await board.gpio_pin_by_name("27")
    await pin.set(True)
    seen["pin"] = await pin.get()
    await pin.set_pwm(0.25)
    seen["pwm"] = await pin.get_pwm()
    await pin.set_pwm_frequency(1000)
    seen["frequency"] = await pin.get_pwm_frequency()
    seen["unknown"] = {
        "reader": await failure((await board.analog_by_name("zz")).read()),
        "pin": await failure((await board.gpio_pin_by_name("99")).get()),
    }
    seen["unknown"]["resource"] = await failure(SensorClient("nowhere", board.channel).get_readings())
    manager = DataManagerServiceStub(board.channel)
    seen["sync"] = await failure(manager.Sync(SyncRequest(name="data_manager-1")))
    await robot.close()
    print(json.dumps(seen))


asyncio.run(main())
