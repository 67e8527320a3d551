// What the tokens of Keycloak 26 say, from the same realm file.
import { createHash, randomUUID } from 'node:crypto';

const ACCOUNT_ROLES = ['manage-account', 'manage-account-links', 'view-profile'];
// Keycloak begins the id of a token with the kinds of session, token and grant.
const GRANTS = { password: 'ro', authorization_code: 'ac', device_code: 'dg', client_credentials: 'cc' };

export const subjectOf = (name) =>
  createHash('sha256').update(name).digest('hex').replace(/^(.{8})(.{4})(.{4})(.{4})(.{12}).*/, '$1-$2-$3-$4-$5');

export class Realm {
  constructor(document, state) {
    this.document = document;
    this.state = state;
    this.name = document.realm;
  }

  client(id) {
    return this.document.clients.find((client) => client.clientId === id);
  }

  user(name) {
    return this.document.users.find((user) => user.username === name);
  }

  userOf(subject) {
    return this.document.users.find((user) => subjectOf(user.username) === subject);
  }

  hasPassword(name, password) {
    return this.user(name)?.credentials.some((credential) => credential.value === password) ?? false;
  }

  groups(user) {
    return this.state.groups[user.username] ?? user.groups ?? [];
  }

  profile(user) {
    return {
      email_verified: user.emailVerified,
      name: `${user.firstName} ${user.lastName}`,
      preferred_username: user.username,
      given_name: user.firstName,
      family_name: user.lastName,
      email: user.email,
    };
  }

  /** The claims of an access token beside `exp`, `iat` and `iss`. Without a user it is the client's own. */
  access(clientId, user, { grant, offline, scope, session }) {
    const client = this.client(clientId);
    const kind = `${user ? (offline ? 'of' : 'on') : 'tr'}rt${GRANTS[grant] ?? 'na'}`;
    const resources = { ...(user?.clientRoles && rolesOf(user.clientRoles)), account: { roles: ACCOUNT_ROLES } };
    // A client in which the user has a role becomes an audience by itself.
    const audience = [...audiences(client), ...Object.keys(resources).filter((name) => name !== clientId)];
    const groups = user && mapper(client, 'oidc-group-membership-mapper') ? this.groups(user) : [];
    return {
      jti: `${kind}:${randomUUID()}`,
      aud: audience.length === 1 ? audience[0] : audience,
      sub: subjectOf(user ? user.username : `service-account-${clientId}`),
      typ: 'Bearer',
      azp: clientId,
      ...(session && { sid: session }),
      acr: '1',
      ...(client.redirectUris && { 'allowed-origins': client.redirectUris.map((uri) => new URL(uri).origin) }),
      realm_access: { roles: this.realmRoles(user) },
      resource_access: resources,
      scope,
      ...(user ? this.profile(user) : ownProfile(clientId)),
      ...(groups.length && { groups }),
    };
  }

  realmRoles(user) {
    const named = (user?.realmRoles ?? []).filter((role) => !role.startsWith('default-roles-'));
    return ['offline_access', `default-roles-${this.name}`, ...named, 'uma_authorization'];
  }
}

const mapper = (client, kind) => client.protocolMappers?.find((found) => found.protocolMapper === kind);

const audiences = (client) =>
  (client.protocolMappers ?? []).map((found) => found.config['included.custom.audience']).filter(Boolean);

const rolesOf = (clients) => Object.fromEntries(Object.entries(clients).map(([name, roles]) => [name, { roles }]));

const ownProfile = (clientId) => ({
  clientHost: '127.0.0.1',
  email_verified: false,
  preferred_username: `service-account-${clientId}`,
  clientAddress: '127.0.0.1',
  client_id: clientId,
});
