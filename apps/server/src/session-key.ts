import type { ControlRoute, Key, SessionKey } from "@flywheel/protocol";
import type { ControlStore } from "@flywheel/store/control";

const LIFE_MS = 3_600_000;
/** A key handed out works at least this long. */
const LEAST_MS = LIFE_MS / 2;

/**
 * `POST /api/session/key`: what the studio's pages call models with, listed as `studio`. A session may ask for it.
 */
export function sessionKeyRoute(control: ControlStore): ControlRoute {
  return { method: "POST", path: "/api/session/key", scope: "admin", handle: ownKey(control, "studio") };
}

/**
 * What a part of this installation calls models with: an ordinary key that may call models and nothing else. It lives an
 * hour and gets a new secret instead of a successor, so that one key stands for all of that part's calls. The secret is
 * kept in memory only.
 */
export function ownKey(control: ControlStore, name: string): () => Promise<SessionKey> {
  let current: Promise<SessionKey> | undefined;
  return async () => {
    const known = await current?.catch(() => undefined);
    if (known && known.expires - Date.now() > LEAST_MS && (await isAlive(control, name, known))) return known;
    current = renew(control, name);
    return current;
  };
}

async function renew(control: ControlStore, name: string): Promise<SessionKey> {
  const expires = Date.now() + LIFE_MS;
  const alive = await keyNamed(control, name);
  if (alive) {
    // Whoever was handed the old secret may use it up.
    const { secret } = await control.rotateKey(alive.id, { graceMs: LIFE_MS, expires });
    return { secret, expires };
  }
  const { key, secret } = await control.createKey({ name, environment: name, expires });
  await control.setSetting(settingOf(name), key.id);
  return { secret, expires };
}

/** Revoking it in the list of keys works as for any other. */
async function isAlive(control: ControlStore, name: string, { secret }: SessionKey): Promise<boolean> {
  const key = await keyNamed(control, name);
  return key !== undefined && secret.startsWith(key.prefix);
}

async function keyNamed(control: ControlStore, name: string): Promise<Key | undefined> {
  const id = await control.getSetting(settingOf(name));
  return (await control.listKeys()).find((key) => key.id === id && key.revoked === null);
}

const settingOf = (name: string) => `${name}_key`;
