/** Files that somebody edits while a program runs, by the folders that they are in: editors put another file in its place. */
import { watch } from 'node:fs';
import { resolve } from 'node:path';

/** Milliseconds: editors save in several steps. */
const restAfterChange = 300;

/** Calls `changed` a moment after the last change of a file whose name, without its folder, `isWatched`. */
export function watchFolders(
  folders: readonly string[],
  isWatched: (name: string) => boolean,
  changed: () => void,
): { close(): void } {
  let timer: NodeJS.Timeout | undefined;
  const watchers = [...new Set(folders.map((folder) => resolve(folder)))].map((folder) =>
    watch(folder, (_event, name) => {
      if (name === null || !isWatched(name)) return;
      clearTimeout(timer);
      timer = setTimeout(changed, restAfterChange);
    }),
  );
  return {
    close: () => {
      clearTimeout(timer);
      for (const watcher of watchers) watcher.close();
    },
  };
}
