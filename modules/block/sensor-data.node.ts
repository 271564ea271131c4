/** The peer's form of a reading: one `viam.app.datasync.v1.SensorData` message, length-prefixed as in its ring. */
import protobuf from 'protobufjs';

const { root } = protobuf.parse(`
  syntax = "proto3";
  message Timestamp { int64 seconds = 1; int32 nanos = 2; }
  message Value { oneof kind { double number_value = 2; string string_value = 3; bool bool_value = 4; Struct struct_value = 5; } }
  message Struct { map<string, Value> fields = 1; }
  message SensorMetadata { Timestamp time_requested = 1; Timestamp time_received = 2; }
  message SensorData { SensorMetadata metadata = 1; oneof data { Struct struct = 2; bytes binary = 3; } }
`);
const SensorData = root.lookupType('SensorData');

/** Bytes of one Analogs reading at a wall time in milliseconds, as the peer stores it: its value, no range. */
export function sensorDataBytes(value: number | boolean, time: number): number {
  const stamp = { seconds: Math.floor(time / 1000), nanos: (time % 1000) * 1e6 };
  const fields =
    typeof value === 'boolean' ? { high: { boolValue: value } } : { value: { numberValue: value } };
  const message = { metadata: { timeRequested: stamp, timeReceived: stamp }, struct: { fields } };
  return SensorData.encodeDelimited(SensorData.create(message)).finish().length;
}
