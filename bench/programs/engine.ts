/** What the engine itself costs: the yardstick beside every other figure. */
export default function () {
  const object = { value: 1, method() {} };
  const bytes = new Uint8Array(16);
  const view = new DataView(new ArrayBuffer(16));
  return {
    loop(count: number) {
      let i = 0;
      while (i < count) i++;
    },
    property(count: number) {
      for (let i = 0; i < count; i++) object.value;
    },
    call(count: number) {
      for (let i = 0; i < count; i++) object.method();
    },
    typedArrayWrite(count: number) {
      for (let i = 0; i < count; i++) bytes[0] = i;
    },
    setFloat64(count: number) {
      for (let i = 0; i < count; i++) view.setFloat64(0, i);
    },
    object(count: number) {
      for (let i = 0; i < count; i++) ({ a: i, b: i });
    },
  };
}
