/** The one table of drivers. A model more is a file, a line here, and its name in the manifest. */

import armFake from './arm/fake';
import boardEsp32 from './board/esp32';
import boardFake from './board/fake';
import type { Driver } from './driver';
import encoderFake from './encoder/fake';
import encoderIncremental from './encoder/incremental';
import encoderSingle from './encoder/single';
import gantryFake from './gantry/fake';
import motorFake from './motor/fake';
import motorGpio from './motor/gpio';
import movementSensorAdxl345 from './movement-sensor/accel-adxl345';
import movementSensorFake from './movement-sensor/fake';
import movementSensorMpu6050 from './movement-sensor/gyro-mpu6050';
import powerSensorFake from './power-sensor/fake';
import powerSensorIna219 from './power-sensor/ina219';
import sensorBme280 from './sensor/bme280';
import sensorFake from './sensor/fake';
import sensorFreeHeap from './sensor/free-heap';
import sensorTmp36 from './sensor/tmp36';
import sensorUltrasonic from './sensor/ultrasonic';
import sensorWifiRssi from './sensor/wifi-rssi';
import servoFake from './servo/fake';
import servoGpio from './servo/gpio';

/** A Map: what a configuration names must not become a property, which XS never forgets. */
const drivers: ReadonlyMap<string, Driver> = new Map([
  ['rdk:component:arm/fake', armFake],
  ['rdk:component:board/esp32', boardEsp32],
  ['rdk:component:board/fake', boardFake],
  ['rdk:component:encoder/fake', encoderFake],
  ['rdk:component:encoder/fake_incremental', encoderFake],
  ['rdk:component:encoder/incremental', encoderIncremental],
  ['rdk:component:encoder/single', encoderSingle],
  ['rdk:component:gantry/fake', gantryFake],
  ['rdk:component:motor/fake', motorFake],
  ['rdk:component:motor/gpio', motorGpio],
  ['rdk:component:movement_sensor/accel-adxl345', movementSensorAdxl345],
  ['rdk:component:movement_sensor/fake', movementSensorFake],
  ['rdk:component:movement_sensor/gyro-mpu6050', movementSensorMpu6050],
  ['rdk:component:power_sensor/fake', powerSensorFake],
  ['rdk:component:power_sensor/ina219', powerSensorIna219],
  ['rdk:component:sensor/bme280', sensorBme280],
  ['rdk:component:sensor/fake', sensorFake],
  ['rdk:component:sensor/free-heap', sensorFreeHeap],
  ['rdk:component:sensor/tmp36', sensorTmp36],
  ['rdk:component:sensor/ultrasonic', sensorUltrasonic],
  ['rdk:component:sensor/wifi-rssi', sensorWifiRssi],
  ['rdk:component:servo/fake', servoFake],
  ['rdk:component:servo/gpio', servoGpio],
]);

export function findDriver(api: string, model: string): Driver | undefined {
  return drivers.get(`${api}/${model}`);
}

/** The models of an API, for messages. */
export function modelsOf(api: string): string[] {
  const prefix = `${api}/`;
  return [...drivers.keys()]
    .filter((name) => name.startsWith(prefix))
    .map((name) => name.slice(prefix.length));
}
