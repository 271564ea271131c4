/** `components[0].attributes` and `['analogs', 1, 'name']` → `components[0].attributes.analogs[1].name` */
export function pathOf(base: string, path: readonly PropertyKey[]): string {
  return path.reduce<string>((text, step) => {
    if (typeof step === 'number') return `${text}[${step}]`;
    return text === '' ? String(step) : `${text}.${String(step)}`;
  }, base);
}
