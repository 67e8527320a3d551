// node main.mjs REALM_FILE STATE_FILE PORT — stands in for Keycloak where that cannot be had. Its first line says where
// it listens. Keys and changes of the realm are kept in STATE_FILE; sessions end with the process.
import { createServer } from 'node:http';
import { createPublicKey, randomUUID } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { Realm, subjectOf } from './claims.mjs';
import { disableOld, firstKeys, issue, rotate, unwrap } from './keys.mjs';
import { loginPage, makeProvider } from './provider.mjs';

const [realmFile, stateFile, port] = process.argv.slice(2);
const state = existsSync(stateFile)
  ? JSON.parse(readFileSync(stateFile, 'utf8'))
  : { keys: firstKeys(), groups: {}, lifetime: 300 };
const realm = new Realm(JSON.parse(readFileSync(realmFile, 'utf8')), state);
const prefix = `/realms/${realm.name}`;

// One for each name under which it is called, as the issuer is what the caller wrote.
let providers = new Map();
const providerOf = (host) => {
  if (!providers.has(host)) providers.set(host, makeProvider(`http://${host}`, realm, state.keys, state));
  return providers.get(host);
};

const bodyOf = async (request) => {
  const chunks = [];
  for await (const chunk of request) chunks.push(chunk);
  return Buffer.concat(chunks).toString();
};

const send = (response, status, body, type = 'application/json') => {
  response.writeHead(status, { 'content-type': type });
  response.end(type === 'application/json' ? JSON.stringify(body) : body);
};

/** What a client is sent when its user logs out. */
function logoutToken(host, user) {
  const iat = Math.floor(Date.now() / 1000);
  const events = { 'http://schemas.openid.net/event/backchannel-logout': {} };
  const common = { iat, exp: iat + 120, jti: randomUUID(), iss: `http://${host}${prefix}`, aud: 'notebooks', events };
  return issue(state.keys, 'logout+jwt', { ...common, sub: subjectOf(user), typ: 'Logout' });
}

const CONTROLS = {
  'rotate-keys': () => void rotate(state.keys),
  'disable-old-keys': () => void disableOld(state.keys),
  'logout-token': ({ user }, host) => ({ token: logoutToken(host, user) }),
  lifetime: ({ seconds }) => void (state.lifetime = seconds),
  groups: ({ user, groups }) => void (state.groups[user] = groups),
};

async function control(name, request, response) {
  const answer = CONTROLS[name](JSON.parse(await bodyOf(request)), request.headers.host);
  writeFileSync(stateFile, JSON.stringify(state));
  providers = new Map();
  send(response, 200, answer ?? {});
}

function realmInfo(host, response) {
  const key = createPublicKey({ key: state.keys.signing[0], format: 'jwk' });
  const publicKey = key.export({ type: 'spki', format: 'der' }).toString('base64');
  send(response, 200, {
    realm: realm.name,
    public_key: publicKey,
    'token-service': `http://${host}${prefix}/protocol/openid-connect`,
    'account-service': `http://${host}${prefix}/account`,
    'tokens-not-before': 0,
  });
}

async function login(request, response) {
  if (request.method === 'GET') return send(response, 200, loginPage(request.url), 'text/html');
  const form = new URLSearchParams(await bodyOf(request));
  const name = form.get('username');
  if (!realm.hasPassword(name, form.get('password'))) {
    return send(response, 200, loginPage(request.url, 'Invalid username or password.'), 'text/html');
  }
  const result = { login: { accountId: subjectOf(name) } };
  return providerOf(request.headers.host).interactionFinished(request, response, result);
}

/**
 * Opens the refresh token of a form. A client may show its secret in the form or, as Keycloak has it too, in a header.
 * What the form says is given to the provider read already.
 */
async function readForm(request) {
  const form = Object.fromEntries(new URLSearchParams(await bodyOf(request)));
  const [, basic] = /^Basic (.+)$/i.exec(request.headers.authorization ?? '') ?? [];
  if (basic) {
    [form.client_id, form.client_secret] = Buffer.from(basic, 'base64').toString().split(':').map(decodeURIComponent);
    delete request.headers.authorization;
  }
  for (const name of ['refresh_token', 'token']) if (form[name]) form[name] = unwrap(state.keys, form[name]);
  request.body = form;
}

async function serve(request, response) {
  const { pathname } = new URL(request.url, 'http://host');
  if (pathname.startsWith('/control/')) return control(pathname.slice('/control/'.length), request, response);
  if (pathname === prefix) return realmInfo(request.headers.host, response);
  if (pathname.startsWith(`${prefix}/login-actions/`)) return login(request, response);
  if (!pathname.startsWith(`${prefix}/`)) return send(response, 404, { error: 'Realm does not exist' });
  if (request.method === 'POST' && /\/(token|revoke|logout)$/.test(pathname)) await readForm(request);
  request.originalUrl = request.url;
  request.url = request.url.slice(prefix.length);
  return providerOf(request.headers.host).callback()(request, response);
}

const server = createServer((request, response) => {
  serve(request, response).catch((error) => {
    console.error(error);
    if (!response.headersSent) send(response, 500, { error: String(error) });
  });
});
writeFileSync(stateFile, JSON.stringify(state));
server.listen(Number(port), '127.0.0.1', () => console.log(`http://127.0.0.1:${server.address().port}`));
for (const name of ['SIGINT', 'SIGTERM']) process.on(name, () => process.exit(0));
