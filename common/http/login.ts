/**
 * Browsers that have logged in: a cookie stands for a principal whose key was shown once. It is of no use to other
 * sites (SameSite), to scripts (HttpOnly), after half a day, and after its user was revoked.
 */
import { randomBytes } from 'node:crypto';
import type { FastifyInstance } from 'fastify';
import { type Access, type Principal, prove } from '../access';

const cookieName = 'sluice_session';
/** Seconds that a session lasts. */
const lifetime = 43_200;
/** Sessions at once; the oldest gives way. */
const mostSessions = 1_000;

export class LoginSessions {
  readonly #sessions = new Map<string, { principal: Principal; ends: number }>();
  readonly #access: Access;
  readonly #now: () => number;

  constructor(access: Access, now: () => number = () => performance.now()) {
    this.#access = access;
    this.#now = now;
  }

  /** @returns the cookie's text, or undefined when the key does not fit the name */
  begin(name: string, key: string): string | undefined {
    const principal = prove(this.#access, key, name);
    if (!principal?.has('view')) return undefined;
    const oldest = this.#sessions.keys().next();
    if (this.#sessions.size >= mostSessions && !oldest.done) this.#sessions.delete(oldest.value);
    const token = randomBytes(32).toString('base64url');
    this.#sessions.set(token, { principal, ends: this.#now() + lifetime * 1_000 });
    const secure = this.#access.tls ? '; Secure' : '';
    return `${cookieName}=${token}; Path=/; Max-Age=${lifetime}; HttpOnly; SameSite=Strict${secure}`;
  }

  /** Whose session a Cookie header names. */
  principal(header: string | undefined): Principal | undefined {
    const token = tokenIn(header);
    const session = token === undefined ? undefined : this.#sessions.get(token);
    if (session === undefined) return undefined;
    if (this.#now() < session.ends) return this.#access.users?.current(session.principal);
    this.#sessions.delete(token!);
    return undefined;
  }

  end(header: string | undefined): void {
    const token = tokenIn(header);
    if (token !== undefined) this.#sessions.delete(token);
  }
}

function tokenIn(header: string | undefined): string | undefined {
  const found = header?.split(/; */).find((cookie) => cookie.startsWith(`${cookieName}=`));
  return found?.slice(cookieName.length + 1);
}

/** `GET /login`, `POST /login` (a form: `name`, `key`), `POST /logout`. */
export function takeLogins(server: FastifyInstance, sessions: LoginSessions): void {
  server.addContentTypeParser(
    'application/x-www-form-urlencoded',
    { parseAs: 'string', bodyLimit: 1_024 },
    (_request, body, done) => done(null, Object.fromEntries(new URLSearchParams(body as string))),
  );
  const route = { config: { right: 'nothing' } } as const;
  server.get('/login', route, async (_request, reply) => reply.type(html).send(loginPage('')));
  server.post<{ Body: { name?: string; key?: string } | null }>('/login', route, async (request, reply) => {
    const { name = '', key = '' } = request.body ?? {};
    const cookie = sessions.begin(name.trim(), key.trim());
    if (cookie !== undefined) return reply.header('set-cookie', cookie).redirect('/', 303);
    return reply
      .code(401)
      .type(html)
      .send(loginPage('That name and key do not go together, or may not see the page.'));
  });
  server.post('/logout', route, async (request, reply) => {
    sessions.end(request.headers.cookie);
    return reply.header('set-cookie', `${cookieName}=; Path=/; Max-Age=0`).redirect('/login', 303);
  });
}

const html = 'text/html; charset=utf-8';

/** @param problem plain text of ours */
function loginPage(problem: string): string {
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Sluice: log in</title>
<link rel="icon" href="/icon.svg">
<link rel="stylesheet" href="/page.css">
</head>
<body>
<main class="login">
<h1>Sluice</h1>
<form method="post" action="/login">
<p><label>Name <input name="name" autocomplete="username" required autofocus></label></p>
<p><label>Key <input name="key" type="password" autocomplete="current-password" required></label></p>
<p role="alert">${problem}</p>
<p><button>Log in</button></p>
</form>
<p>Keys are made by <code>sluice cloud user add NAME --role viewer</code> on the machine that this runs on.</p>
</main>
</body>
</html>
`;
}
