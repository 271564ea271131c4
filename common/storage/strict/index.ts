/** For tests of other workspaces: a disk as unkind as POSIX allows, and a real one that is small. */
export { SmallDisk } from '../small-disk';
export { randomNumbers, StrictDisk } from '../strict-disk';
