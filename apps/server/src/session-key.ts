import type { ControlRoute, Key, SessionKey } from "@flywheel/protocol";
import type { ControlStore } from "@flywheel/store/control";

const LIFE_MS = 3_600_000;
/** A key handed out works at least this long. */
const LEAST_MS = LIFE_MS / 2;
const SETTING = "studio_key";

/**
 * `POST /api/session/key`: what the studio's pages call models with. An ordinary key, listed as `studio`, that may call
 * models and nothing else; it lives an hour and gets a new secret instead of a successor, so that one key stands for all
 * of the studio's calls. The secret is kept in memory only.
 */
export function sessionKeyRoute(control: ControlStore): ControlRoute {
  let current: Promise<SessionKey> | undefined;
  return {
    method: "POST",
    path: "/api/session/key",
    scope: "admin",
    async handle(): Promise<SessionKey> {
      const known = await current?.catch(() => undefined);
      if (known && known.expires - Date.now() > LEAST_MS && (await isAlive(control, known))) return known;
      current = renew(control);
      return current;
    },
  };
}

async function renew(control: ControlStore): Promise<SessionKey> {
  const expires = Date.now() + LIFE_MS;
  const alive = await studioKey(control);
  if (alive) {
    // Whoever was handed the old secret may use it up.
    const { secret } = await control.rotateKey(alive.id, { graceMs: LIFE_MS, expires });
    return { secret, expires };
  }
  const { key, secret } = await control.createKey({ name: "studio", environment: "studio", expires });
  await control.setSetting(SETTING, key.id);
  return { secret, expires };
}

/** Revoking it in the list of keys works as for any other. */
async function isAlive(control: ControlStore, { secret }: SessionKey): Promise<boolean> {
  const key = await studioKey(control);
  return key !== undefined && secret.startsWith(key.prefix);
}

async function studioKey(control: ControlStore): Promise<Key | undefined> {
  const id = await control.getSetting(SETTING);
  return (await control.listKeys()).find((key) => key.id === id && key.revoked === null);
}
