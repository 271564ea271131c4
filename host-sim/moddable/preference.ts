/** `preference`: NVS, kept in a file of the device, host-sim/xs/preferences.c. */
const key = native('sim_preference_key');

// biome-ignore lint/complexity/noStaticOnlyClass: the shape of the SDK's module
class Preference {
  static set(domain: string, name: string, value: unknown) {
    return native('sim_preference_set').call(Preference, domain, name, value);
  }
  static get(domain: string, name: string) {
    return native('sim_preference_get').call(Preference, domain, name);
  }
  static delete(domain: string, name: string) {
    return native('sim_preference_delete').call(Preference, domain, name);
  }
  static keys(domain: string): string[] {
    const keys: string[] = [];
    for (let name = key(domain, 0); name !== undefined; name = key(domain, keys.length)) keys.push(name);
    return keys;
  }
}

export default Preference;
