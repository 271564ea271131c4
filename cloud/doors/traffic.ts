/** What has come to each door since the start, by project: how often, and how many bytes. */

/** `mqtt` is the pipeline; what passes on other topics of the broker here is `topics`. */
export type DoorName = 'mqtt' | 'topics' | 'broker' | 'http' | 'influxdb' | 'blocks' | 'files' | 'viam';

export interface Came {
  door: DoorName;
  /** Empty: of projects beyond those that are told apart. */
  appId: string;
  /** Messages, capture files, binaries and files. */
  count: number;
  bytes: number;
}

/** Projects that are told apart at a door: names are what anybody writes. */
const mostProjects = 1_000;

export class Traffic {
  readonly #doors = new Map<DoorName, Map<string, Came>>();

  note(door: DoorName, appId: string, bytes: number): void {
    let projects = this.#doors.get(door);
    if (projects === undefined) {
      projects = new Map();
      this.#doors.set(door, projects);
    }
    const came = projects.get(appId) ?? this.#begin(projects, door, appId);
    came.count++;
    came.bytes += bytes;
  }

  /** Of projects that may not be shown it has one sum, with those that are not told apart. */
  shown(mayRead: (appId: string) => boolean): Came[] {
    return [...this.#doors].flatMap(([door, projects]) => {
      const others: Came = { door, appId: '', count: 0, bytes: 0 };
      const shown = [...projects.values()].filter((came) => {
        if (came.appId !== '' && mayRead(came.appId)) return true;
        others.count += came.count;
        others.bytes += came.bytes;
        return false;
      });
      return others.count === 0 ? shown : [...shown, others];
    });
  }

  #begin(projects: Map<string, Came>, door: DoorName, appId: string): Came {
    const named = projects.size < mostProjects ? appId : '';
    const came = projects.get(named) ?? { door, appId: named, count: 0, bytes: 0 };
    projects.set(named, came);
    return came;
  }
}
