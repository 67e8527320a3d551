// What the provider remembers, for as long as the process lives, and of all providers of the process.
const remembered = new Map();

export class Memory {
  constructor(model) {
    this.model = model;
  }

  key(id) {
    return `${this.model}:${id}`;
  }

  async upsert(id, payload) {
    remembered.set(this.key(id), payload);
  }

  async find(id) {
    return remembered.get(this.key(id));
  }

  async destroy(id) {
    remembered.delete(this.key(id));
  }

  async consume(id) {
    remembered.get(this.key(id)).consumed = Math.floor(Date.now() / 1000);
  }

  async revokeByGrantId(grantId) {
    for (const [key, payload] of remembered) if (payload.grantId === grantId) remembered.delete(key);
  }

  async findByUid(uid) {
    return this.first((payload) => payload.uid === uid);
  }

  async findByUserCode(userCode) {
    return this.first((payload) => payload.userCode === userCode);
  }

  first(wanted) {
    for (const [key, payload] of remembered) if (key.startsWith(`${this.model}:`) && wanted(payload)) return payload;
    return undefined;
  }
}
