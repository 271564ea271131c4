/** In the package, for `check/chip/load`: the bundle has resolved the modules of the SDK already. */
export function provideChipModules(): void {}
