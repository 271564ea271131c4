/**
 * Who is told what happens.
 *
 * What comes in: listeners, events. What goes out: each event to every listener, in order. What holds: a listener that
 * throws is reported, and hurts nobody.
 */
export { Events } from './events';
