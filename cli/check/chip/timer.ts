/** `timer`: time does not pass while a configuration is checked. */
const Timer = {
  set: () => ({}),
  repeat: () => ({}),
  schedule: () => undefined,
  clear: () => undefined,
  delay: () => undefined,
};

export default Timer;
