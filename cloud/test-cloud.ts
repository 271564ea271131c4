/** A cloud as a process of its own, to be killed: `tsx cloud/test-cloud.ts DIRECTORY`; prints its HTTP port. */
import process from 'node:process';
import { pino } from 'pino';
import { Cloud } from './cloud';

const directory = process.argv[2];
if (!directory) throw new Error('a directory is needed');
const cloud = await Cloud.start({ directory, httpPort: 0, mqttPort: 0, log: pino({ level: 'silent' }) });
process.stdout.write(`${cloud.httpPort}\n`);
