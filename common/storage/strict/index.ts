/** For tests of other workspaces: a disk as unkind as POSIX allows. */
export { randomNumbers, StrictDisk } from '../strict-disk';
