// A certified OpenID provider with Keycloak's paths and claims.
import { createRequire } from 'node:module';
import { randomUUID } from 'node:crypto';
import { Memory } from './adapter.mjs';
import { all, wrap } from './keys.mjs';
import { subjectOf } from './claims.mjs';

// The packages lie outside the checkout, where an import would not look for them.
const { Provider, errors } = createRequire(`${process.env.STAND_IN_PACKAGES}/`)('oidc-provider');

const OPENID = '/protocol/openid-connect';
const RESOURCE = 'urn:realm';
const SCOPES = 'openid profile email offline_access';
const DEVICE = 'urn:ietf:params:oauth:grant-type:device_code';

const page = (title, body) => `<!DOCTYPE html><html><head><title>${title}</title></head><body>${body}</body></html>`;
export const loginPage = (action, failure = '') =>
  page(
    'Sign in',
    `<p>${failure}</p><form method="post" action="${action}"><input name="username"><input name="password" type="password">` +
      '<button type="submit">Sign In</button></form>',
  );
const withButton = (form) => form.replace('</form>', '<button type="submit">Yes</button></form>');

const clientOf = (client) => ({
  client_id: client.clientId,
  ...(client.secret
    ? { client_secret: client.secret, token_endpoint_auth_method: 'client_secret_post' }
    : { token_endpoint_auth_method: 'none' }),
  redirect_uris: [],
  response_types: [],
  grant_types: [
    ...(client.serviceAccountsEnabled ? ['client_credentials'] : ['refresh_token']),
    ...(client.directAccessGrantsEnabled ? ['password'] : []),
    ...(client.attributes?.['oauth2.device.authorization.grant.enabled'] ? [DEVICE] : []),
  ],
});

const granted = (scope) => [...new Set([...(scope ?? '').split(' '), 'profile', 'email'])].filter(Boolean).join(' ');

export function makeProvider(base, realm, keys, state) {
  const resourceServer = () => ({
    scope: SCOPES,
    audience: RESOURCE,
    accessTokenFormat: 'jwt',
    accessTokenTTL: state.lifetime,
    jwt: { sign: { alg: 'RS256' } },
  });
  const grantFor = async (provider, clientId, accountId) => {
    const grant = new provider.Grant({ clientId, accountId });
    grant.addOIDCScope(SCOPES);
    grant.addResourceScope(RESOURCE, SCOPES);
    await grant.save();
    return grant;
  };
  const idClaims = (clientId, user) => ({
    sub: subjectOf(user.username),
    typ: 'ID',
    azp: clientId,
    jti: randomUUID(),
    ...realm.profile(user),
  });

  const provider = new Provider(`${base}/realms/${realm.name}`, {
    adapter: Memory,
    jwks: { keys: all(keys) },
    cookies: { keys: [keys.refresh.secret] },
    clients: realm.document.clients.map(clientOf),
    clientDefaults: { id_token_signed_response_alg: 'RS256' },
    routes: {
      authorization: `${OPENID}/auth`,
      token: `${OPENID}/token`,
      jwks: `${OPENID}/certs`,
      userinfo: `${OPENID}/userinfo`,
      revocation: `${OPENID}/revoke`,
      end_session: `${OPENID}/logout`,
      device_authorization: `${OPENID}/auth/device`,
      code_verification: '/device',
    },
    features: {
      devInteractions: { enabled: false },
      clientCredentials: { enabled: true },
      encryption: { enabled: true },
      revocation: { enabled: true },
      deviceFlow: {
        enabled: true,
        mask: '****-****',
        userCodeInputSource: (context, form) => void (context.body = page('Device Login', withButton(form))),
        userCodeConfirmSource: (context, form) => void (context.body = page('Grant Access', withButton(form))),
        successSource: (context) => void (context.body = page('Device Login Successful', '')),
      },
      resourceIndicators: {
        enabled: true,
        defaultResource: () => RESOURCE,
        useGrantedResource: () => true,
        getResourceServerInfo: resourceServer,
      },
    },
    scopes: SCOPES.split(' '),
    // All in the ID token, as Keycloak does, rather than at the userinfo endpoint.
    conformIdTokenClaims: false,
    claims: {
      openid: ['sub', 'typ', 'azp', 'jti'],
      profile: ['name', 'preferred_username', 'given_name', 'family_name'],
      email: ['email', 'email_verified'],
    },
    formats: {
      customizers: {
        jwt(context, token, parts) {
          const user = token.accountId && realm.userOf(token.accountId);
          const scope = granted(token.scope);
          const details = { grant: token.gty ?? 'client_credentials', offline: scope.includes('offline'), scope };
          const { iat, exp, iss } = parts.payload;
          const claims = realm.access(token.clientId, user, { ...details, session: user && token.grantId });
          parts.payload = { exp, iat, iss, ...claims };
          parts.header = { typ: 'JWT' };
        },
      },
    },
    findAccount(context, subject) {
      const user = realm.userOf(subject);
      return user && { accountId: subject, claims: () => idClaims(context.oidc.client.clientId, user) };
    },
    issueRefreshToken: (context, client) => client.grantTypeAllowed('refresh_token'),
    rotateRefreshToken: false,
    loadExistingGrant: (context) =>
      grantFor(provider, context.oidc.client.clientId, context.oidc.session.accountId),
    interactions: { url: (context, interaction) => `/realms/${realm.name}/login-actions/authenticate/${interaction.uid}` },
    ttl: { DeviceCode: 600, RefreshToken: 1800, IdToken: () => state.lifetime },
  });

  const password = async (context) => {
    const { client, params } = context.oidc;
    if (!realm.hasPassword(params.username, params.password)) {
      throw new errors.InvalidGrant('Invalid user credentials');
    }
    const user = realm.user(params.username);
    const accountId = subjectOf(user.username);
    const grant = await grantFor(provider, client.clientId, accountId);
    const common = { accountId, client, grantId: grant.jti, gty: 'password', scope: granted(params.scope) };
    const access = new provider.AccessToken(common);
    access.resourceServer = new provider.ResourceServer(RESOURCE, resourceServer());
    const refresh = new provider.RefreshToken({ ...common, resource: RESOURCE, rotations: 0 });
    const identity = new provider.IdToken(idClaims(client.clientId, user), { ctx: context });
    identity.scope = common.scope;
    context.body = {
      access_token: await access.save(),
      expires_in: state.lifetime,
      refresh_token: await refresh.save(),
      token_type: 'Bearer',
      ...(common.scope.includes('openid') && { id_token: await identity.issue({ use: 'idtoken' }) }),
      scope: common.scope,
    };
  };
  provider.registerGrantType('password', password, ['username', 'password', 'scope']);

  provider.use(async (context, next) => {
    await next();
    if (context.body?.device_code) context.body.interval = realm.document.oauth2DevicePollingInterval;
    if (context.body?.refresh_token) {
      const { sub, azp, sid, scope } = claimsOf(context.body.access_token);
      const claims = { jti: context.body.refresh_token, iss: provider.issuer, aud: provider.issuer, sub, azp, sid, scope };
      const typ = scope.includes('offline_access') ? 'Offline' : 'Refresh';
      context.body = { ...context.body, refresh_token: wrap(keys, { ...claims, typ }) };
    }
  });
  return provider;
}

export const claimsOf = (token) => JSON.parse(Buffer.from(token.split('.')[1], 'base64url').toString());
