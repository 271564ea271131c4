declare module 'instrumentation' {
  /** What XS and the SDK measure of themselves. In builds without instrumentation (`mcconfig -i`) all is undefined. */
  const Instrumentation: {
    /** The number of a measure: 'System Free Memory', 'XS Slot Heap Used' … */
    map(name: string): number | undefined;
    get(index: number): number | undefined;
  };
  export default Instrumentation;
}
