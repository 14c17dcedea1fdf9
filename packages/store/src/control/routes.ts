import {
  type ControlRoute,
  type CreatedKey,
  FlywheelError,
  type Key,
  type KeyList,
  type ListedKey,
  type SavedFilter,
  type SavedFilterList,
  type SavedRequest,
  type SavedRequestList,
} from "@flywheel/protocol";
import type { ControlStore } from "./control-store.ts";
import { readCreateKey, readGrace, readSaveFilter, readSaveRequest } from "./input.ts";

/** `/api/keys`: list, create, rotate, revoke. */
export function keyRoutes(control: ControlStore): ControlRoute[] {
  return [
    {
      method: "GET",
      path: "/api/keys",
      scope: "admin",
      handle: async (): Promise<KeyList> => ({ data: (await control.listKeys()).map(listed) }),
    },
    {
      method: "POST",
      path: "/api/keys",
      scope: "admin",
      async handle({ body }): Promise<CreatedKey> {
        const { key, secret } = await control.createKey(readCreateKey(body));
        return { ...listed(key), secret };
      },
    },
    {
      method: "POST",
      path: "/api/keys/:id/rotate",
      scope: "admin",
      async handle({ params, body }): Promise<CreatedKey> {
        const { key, secret } = await control.rotateKey(params["id"]!, { graceMs: readGrace(body) });
        return { ...listed(key), secret };
      },
    },
    {
      method: "DELETE",
      path: "/api/keys/:id",
      scope: "admin",
      handle: async ({ params }): Promise<ListedKey> => listed(await control.revokeKey(params["id"]!)),
    },
  ];
}

function listed({ hash: _, previous_hash: __, ...key }: Key): ListedKey {
  return key;
}

/** `/api/requests`: what was saved in the playground. */
export function savedRequestRoutes(control: ControlStore): ControlRoute[] {
  return [
    {
      method: "GET",
      path: "/api/requests",
      scope: "admin",
      handle: async (): Promise<SavedRequestList> => ({ data: await control.listRequests() }),
    },
    {
      method: "POST",
      path: "/api/requests",
      scope: "admin",
      handle: ({ body }): Promise<SavedRequest> => control.saveRequest(readSaveRequest(body)),
    },
    {
      method: "GET",
      path: "/api/requests/:id",
      scope: "admin",
      async handle({ params }): Promise<SavedRequest> {
        const found = (await control.listRequests()).find(({ id }) => id === params["id"]);
        if (!found) throw new FlywheelError("not_found", { path: `saved request ${params["id"]!}` });
        return found;
      },
    },
    {
      method: "DELETE",
      path: "/api/requests/:id",
      scope: "admin",
      handle: ({ params }): Promise<SavedRequest> => control.deleteRequest(params["id"]!),
    },
  ];
}

/** `/api/filters`: what was saved of the list of generations. */
export function savedFilterRoutes(control: ControlStore): ControlRoute[] {
  return [
    {
      method: "GET",
      path: "/api/filters",
      scope: "admin",
      handle: async (): Promise<SavedFilterList> => ({ data: await control.listFilters() }),
    },
    {
      method: "POST",
      path: "/api/filters",
      scope: "admin",
      handle: ({ body }): Promise<SavedFilter> => control.saveFilter(readSaveFilter(body)),
    },
    {
      method: "DELETE",
      path: "/api/filters/:name",
      scope: "admin",
      handle: ({ params }): Promise<SavedFilter> => control.deleteFilter(params["name"]!),
    },
  ];
}
