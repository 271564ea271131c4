/** `npx sluice cloud user …`, `… project`: who may use the doors of a directory. */
import { join, resolve } from 'node:path';
import { type Role, roles, UserList } from '@sluice/common/access';
import { type Command, Option } from 'commander';
import { stateDirectoryOf } from '../operate/directories';
import { say } from '../output';

const where = () =>
  new Option(
    '--directory <path>',
    'that serve, cloud or gateway keeps its state in (default: of what runs in the current folder, else .sluice-serve)',
  );

export function addUserCommands(
  cloud: Command,
  guarded: <Values extends unknown[]>(
    action: (...values: Values) => Promise<void>,
  ) => (...values: Values) => Promise<void>,
): void {
  const user = cloud
    .command('user')
    .description('who may use the doors; running programs follow within a second');
  user
    .command('add')
    .description('a new user; its key is shown once')
    .argument('<name>')
    .addOption(new Option('--role <role>', 'what it may do').choices(roles).makeOptionMandatory())
    .option('--project <app_id...>', 'projects that it belongs to; * for all', ['sluice'])
    .addOption(where())
    .action(
      guarded(
        async (
          name: string,
          { role, project, directory }: { role: Role; project: string[]; directory?: string },
        ) => {
          const key = await listOf(directory).add(name, role, project);
          showKey(name, key, directory);
        },
      ),
    );
  user
    .command('key')
    .description('a further key of a user, to replace one; it is shown once')
    .argument('<name>')
    .addOption(where())
    .action(
      guarded(async (name: string, { directory }: { directory?: string }) =>
        showKey(name, await listOf(directory).addKey(name), directory),
      ),
    );
  user
    .command('list')
    .description('every user with its role, projects and the times of its keys')
    .option('--json', 'as one line of JSON')
    .addOption(where())
    .action(
      guarded(async ({ directory, json }: { directory?: string; json?: true }) => {
        const users = listOf(directory).list();
        if (json) return console.log(JSON.stringify(users));
        if (users.length === 0)
          console.log('no user is configured: loopback is open, nothing else is listened on');
        for (const { name, role, projects, keys } of users)
          console.log(
            `${name}  ${role}  of ${projects.join(', ') || 'no project'}  keys of ${keys.join(', ')}`,
          );
      }),
    );
  user
    .command('revoke')
    .description('take a user’s keys away')
    .argument('<name>')
    .option('--keep-newest', 'but for the newest key')
    .addOption(where())
    .action(
      guarded(async (name: string, { directory, keepNewest }: { directory?: string; keepNewest?: true }) => {
        await listOf(directory).revoke(name, keepNewest ? 1 : 0);
        console.log(`'${name}' ${keepNewest ? 'has its newest key alone' : 'is no user any more'}`);
      }),
    );
  cloud
    .command('project')
    .description('whether a project’s data is shared with all users, or its members’ alone')
    .argument('<app_id>')
    .addOption(new Option('--private', 'its members’ alone').conflicts('shared'))
    .addOption(new Option('--shared', 'with all users'))
    .addOption(where())
    .action(
      guarded(async (appId: string, options: { private?: true; shared?: true; directory?: string }) => {
        if (!options.private && !options.shared) throw new Error('say --private or --shared');
        await listOf(options.directory).setPrivate(appId, options.private === true);
        console.log(`${appId} is ${options.private ? 'its members’ alone' : 'shared with all users'}`);
      }),
    );
}

const placeOf = (directory: string | undefined) => resolve(stateDirectoryOf(directory, 'users'));
const listOf = (directory: string | undefined) => new UserList(join(placeOf(directory), 'users.json'));

function showKey(name: string, key: string, directory: string | undefined): void {
  say(`'${name}' is let in by what keeps its state in ${placeOf(directory)}. The key, shown this once:`);
  console.log(key);
}
