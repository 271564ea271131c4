/**
 * Room on a disk that nobody else can take, for what makes room.
 *
 * What comes in: how much, and work that may need it. What goes out: that room, while a disk has none. What holds: it
 * takes at most half of what the disk has, never rejects, and comes back by itself when there is room.
 */
export { isOfFullDisk, Reserve, type ReserveOptions } from './reserve';
