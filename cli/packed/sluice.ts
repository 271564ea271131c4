#!/usr/bin/env node
/** The program `sluice` of the package, which `npm run package` bundles: the same commands, as plain JavaScript. */
import '../sluice';
