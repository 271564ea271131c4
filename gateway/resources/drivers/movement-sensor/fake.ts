/** `movement_sensor`/`fake`: stands still and moves at once, as those of the peers do. */
import { z } from 'zod';
import { movementSensor } from '../../apis/movement-sensor';
import { defineDriver } from '../../driver';

const compassHeading = 42;
const linearVelocity = { x: 0, y: 5.4, z: 0 };
const angularVelocity = { x: 0, y: 0, z: 1 };
const orientation = { o_x: 0, o_y: 0, o_z: 1, theta: 0 };

export default defineDriver({
  api: movementSensor,
  model: 'fake',
  doc: 'A movement sensor without hardware that gives the same of everything each time.',
  attributes: z.object({
    fake_lat: z.number().min(-90).max(90).default(27.33).describe('Latitude, degrees.'),
    fake_lon: z.number().min(-180).max(180).default(29.45).describe('Longitude, degrees.'),
    fake_alt: z.number().default(4572.2).describe('Altitude, metres.'),
    lin_acc_x: z.number().default(5).describe('Linear acceleration, m/s².'),
    lin_acc_y: z.number().default(2).describe('Linear acceleration, m/s².'),
    lin_acc_z: z.number().default(3).describe('Linear acceleration, m/s².'),
  }),
  open({ attributes }) {
    const position = {
      coordinate: { latitude: attributes.fake_lat, longitude: attributes.fake_lon },
      altitude_m: attributes.fake_alt,
    };
    const acceleration = { x: attributes.lin_acc_x, y: attributes.lin_acc_y, z: attributes.lin_acc_z };
    const readings = {
      position,
      linear_velocity: linearVelocity,
      angular_velocity: angularVelocity,
      linear_acceleration: acceleration,
      orientation,
      compass: compassHeading,
    };
    return {
      methods: {
        GetPosition: () => position,
        GetLinearVelocity: () => ({ linear_velocity: linearVelocity }),
        GetAngularVelocity: () => ({ angular_velocity: angularVelocity }),
        GetLinearAcceleration: () => ({ linear_acceleration: acceleration }),
        GetCompassHeading: () => ({ value: compassHeading }),
        GetOrientation: () => ({ orientation }),
        GetProperties: () => ({
          linear_velocity_supported: true,
          angular_velocity_supported: true,
          orientation_supported: true,
          position_supported: true,
          compass_heading_supported: true,
          linear_acceleration_supported: true,
        }),
        GetAccuracy: () => ({ accuracy: {} }),
        GetReadings: () => ({ readings }),
      },
    };
  },
});
