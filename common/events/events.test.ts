import { expect, test } from 'vitest';
import { Events } from './index';

interface Told {
  stored: number;
  closed: undefined;
}

function events() {
  const problems: [string, keyof Told][] = [];
  return { problems, events: new Events<Told>((problem, event) => problems.push([problem.message, event])) };
}

test('tells every listener, in order', () => {
  const { events: told } = events();
  const heard: string[] = [];
  told.on('stored', (count) => heard.push(`a${count}`));
  told.on('stored', (count) => heard.push(`b${count}`));
  told.on('closed', () => heard.push('closed'));
  told.emit('stored', 3);
  expect(heard).toEqual(['a3', 'b3']);
});

test('reports a listener that throws, and tells the others', () => {
  const { events: told, problems } = events();
  const heard: number[] = [];
  told.on('stored', () => {
    throw new Error('broken');
  });
  told.on('stored', (count) => heard.push(count));
  told.emit('stored', 1);
  expect(heard).toEqual([1]);
  expect(problems).toEqual([['broken', 'stored']]);
});

test('tells nobody who has stopped listening, also in the middle of an event', () => {
  const { events: told } = events();
  const heard: string[] = [];
  const listener = () => heard.push('twice');
  const end = told.on('stored', listener);
  told.on('stored', listener);
  end();
  end();
  told.emit('stored', 1);
  expect(heard).toEqual(['twice']);
  expect([told.has('stored'), told.has('closed')]).toEqual([true, false]);
});
