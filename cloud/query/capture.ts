/** A stream, with the series that its values are in. */
export interface Capture {
  appId: string;
  devId: string;
  machine: string;
  partId: string;
  componentType: string;
  componentName: string;
  /** The component as the main part calls it, where that is another name. */
  remoteName?: string;
  method: string;
  parameters: Readonly<Record<string, unknown>>;
  tags: readonly string[];
  /** Names it for good, and puts captures in order. */
  key: string;
  /** Numbers of the series that its values are in. */
  series: readonly number[];
  /** Viam's payload, with leaves in the place of values. */
  payload: object;
}
