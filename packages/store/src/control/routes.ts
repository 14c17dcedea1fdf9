import {
  type ControlRoute,
  type CreatedKey,
  type CreateKey,
  FlywheelError,
  type Key,
  type KeyList,
  type KeyScope,
} from "@flywheel/protocol";
import type { ControlStore } from "./control-store.ts";

const SCOPES: readonly KeyScope[] = ["inference", "admin"];

/** `/api/keys`: list, create, revoke. */
export function keyRoutes(control: ControlStore): ControlRoute[] {
  return [
    {
      method: "GET",
      path: "/api/keys",
      scope: "admin",
      handle: async (): Promise<KeyList> => ({ data: (await control.listKeys()).map(withoutHash) }),
    },
    {
      method: "POST",
      path: "/api/keys",
      scope: "admin",
      async handle({ body }): Promise<CreatedKey> {
        const { key, secret } = await control.createKey(readCreateKey(body));
        return { ...withoutHash(key), secret };
      },
    },
    {
      method: "DELETE",
      path: "/api/keys/:id",
      scope: "admin",
      handle: async ({ params }) => withoutHash(await control.revokeKey(params["id"]!)),
    },
  ];
}

function withoutHash({ hash: _, ...key }: Key): Omit<Key, "hash"> {
  return key;
}

function readCreateKey(body: unknown): CreateKey {
  const { name, environment, scopes } = (body ?? {}) as Record<string, unknown>;
  const wrong = (reason: string, param: string) => new FlywheelError("invalid_request", { reason }, { param });
  if (typeof name !== "string" || name.trim() === "" || name.length > 100)
    throw wrong("`name` must be 1 to 100 characters.", "name");
  if (environment !== undefined && (typeof environment !== "string" || !/^[a-z][a-z0-9-]{0,31}$/.test(environment)))
    throw wrong("`environment` must be lower-case letters, digits and dashes.", "environment");
  if (
    scopes !== undefined &&
    !(Array.isArray(scopes) && scopes.length > 0 && scopes.every((scope) => SCOPES.includes(scope as KeyScope)))
  )
    throw wrong(`\`scopes\` must be a list of ${SCOPES.join(", ")}.`, "scopes");
  return {
    name: name.trim(),
    environment: environment,
    scopes: scopes as KeyScope[] | undefined,
  };
}
