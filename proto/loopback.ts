/**
 * What is this machine itself: where the link may go in the clear, and doors need no key. Pure: for devices, which
 * have no resolver of their own to ask, and for Node alike.
 */

/** Whether a host, as a URL or a Host header names it without its port, is a loopback address or `localhost`. */
export function isLoopback(host: string): boolean {
  const name = host.toLowerCase();
  return name === 'localhost' || name === '::1' || name === '[::1]' || isLoopbackIPv4(name);
}

/** 127.0.0.0/8, written out in full: `127.example.com` is a name like any other, and `127.1` may be one. */
function isLoopbackIPv4(name: string): boolean {
  const bytes = name.split('.');
  return bytes.length === 4 && bytes[0] === '127' && bytes.every(isByte);
}

function isByte(text: string): boolean {
  const value = Number(text);
  return value >= 0 && value < 256 && String(value) === text;
}
