/**
 * A program's beginning and end.
 *
 * What comes in: what it owns, one after another. What goes out: all of it running, or closed again. What holds:
 * everything is closed once, after what depends on it, and no close holds up the end for longer than its deadline.
 */
export { Lifecycle, type LifecycleOptions, type Owned, onSignals } from './lifecycle';
