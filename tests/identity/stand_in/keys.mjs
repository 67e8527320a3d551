// The realm's keys: one for encryption, one that signs, and those that signed before.
import { createHmac, createPrivateKey, generateKeyPairSync, randomBytes, randomUUID, sign } from 'node:crypto';

const generate = (alg, use) => {
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  return { kid: randomBytes(32).toString('base64url'), alg, use, ...privateKey.export({ format: 'jwk' }) };
};

export const firstKeys = () => ({
  encryption: generate('RSA-OAEP', 'enc'),
  signing: [generate('RS256', 'sig')],
  // Refresh tokens are signed with a secret that is never published.
  refresh: { kid: randomUUID(), secret: randomBytes(64).toString('base64url') },
});

export const rotate = (keys) => keys.signing.unshift(generate('RS256', 'sig'));
export const disableOld = (keys) => keys.signing.splice(1);
export const all = (keys) => [keys.encryption, ...keys.signing];

const encode = (value) => Buffer.from(JSON.stringify(value)).toString('base64url');

/** A refresh token as Keycloak makes it, around the one that the provider knows. */
export const wrap = (keys, claims) => {
  const signed = `${encode({ alg: 'HS512', typ: 'JWT', kid: keys.refresh.kid })}.${encode(claims)}`;
  return `${signed}.${createHmac('sha512', keys.refresh.secret).update(signed).digest('base64url')}`;
};

export const unwrap = (keys, token) => {
  const claims = JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString() || '{}');
  return wrap(keys, claims) === token ? claims.jti : 'none';
};

/** A token of some type, signed by the active key. */
export const issue = (keys, typ, claims) => {
  const [key] = keys.signing;
  const signed = `${encode({ alg: 'RS256', typ, kid: key.kid })}.${encode(claims)}`;
  return `${signed}.${sign('sha256', signed, createPrivateKey({ key, format: 'jwk' })).toString('base64url')}`;
};
