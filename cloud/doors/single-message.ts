/**
 * `POST /pipeline` with one message, which most requests are, answered before the routes: to lead a request through
 * fastify costs about as much as all that is done with its message.
 *
 * What holds: it is answered as the routes answer it. Whatever is not plain (an escaped path, a query, many lines, a body
 * of unknown or too great a length), and whatever is to be refused before its body is read, goes to the routes, untouched.
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Access } from '@sluice/common/access';
import { admitted, type Bodies } from '@sluice/common/http';
import { messageLimit, type Topic } from '../message/message';
import { failureOf, type HttpAnswer, headersOf } from './failure';
import { answerOf, type Entries, isLines } from './messages';

const named = /^\/pipeline\/([\w.~-]+)\/([\w.~-]+)$/;

/** @returns what answers such requests; false: it leaves the request to the routes */
export function singleMessages(
  entries: Entries,
  access: Access,
  { bodies, isClosing, onFailure }: { bodies: Bodies; isClosing(): boolean; onFailure(failure: Error): void },
): (request: IncomingMessage, response: ServerResponse) => boolean {
  return (request, response) => {
    const { method, url = '', headers } = request;
    if (method !== 'POST' || !url.startsWith('/pipeline') || isClosing()) return false;
    const [path, appId, devId] = url === '/pipeline' ? [url] : (named.exec(url) ?? []);
    const isBounded = Number(headers['content-length']) <= messageLimit;
    if (path === undefined || !isBounded || isLines(headers['content-type'])) return false;
    const principal = admitted(access, headers, 'write');
    if (principal === undefined) return false;
    const topic: Topic | undefined =
      appId === undefined || devId === undefined ? undefined : { appId, devId };
    bodies
      .read(request, response, messageLimit)
      .then((body) => entries.receive(body, topic, principal))
      .then(answerOf)
      .catch((error: unknown) => failureOf(error, onFailure))
      .then((answer) => send(response, answer));
    return true;
  };
}

function send(response: ServerResponse, { status, body }: HttpAnswer): void {
  const text = JSON.stringify(body);
  response.writeHead(status, {
    'content-type': 'application/json; charset=utf-8',
    'content-length': Buffer.byteLength(text),
    ...headersOf(status),
  });
  response.end(text);
}
