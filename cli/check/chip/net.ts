/** `net`: no access point. */
const Net = { get: (): undefined => undefined };

export default Net;
