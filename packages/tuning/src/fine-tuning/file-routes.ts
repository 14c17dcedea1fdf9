import { openAsBlob } from "node:fs";
import { type ControlRoute, FlywheelError, type Upload } from "@flywheel/protocol";
import type { FileFolder, StoredFile } from "./file-folder.ts";
import { pageOf } from "./page.ts";
import { receiveFile } from "./receive-file.ts";

/** Where the studio's session puts what it sends. */
const USUAL_PROJECT = "default";

/** OpenAI's `/v1/files`, for files to learn from (https://platform.openai.com/docs/api-reference/files). */
export function fileRoutes(files: FileFolder): ControlRoute[] {
  return [
    {
      method: "POST",
      path: "/v1/files",
      scope: "admin",
      takesUpload: true,
      handle: async ({ body, project = USUAL_PROJECT }) => wireFile(await receiveFile(body as Upload, files, project)),
    },
    { method: "GET", path: "/v1/files", scope: "admin", handle: ({ query, project }) => listed(files.list(project), query) }, // prettier-ignore
    {
      method: "GET",
      path: "/v1/files/:id",
      scope: "admin",
      handle: ({ params, project }) => wireFile(files.find(params["id"]!, project)),
    },
    {
      method: "GET",
      path: "/v1/files/:id/content",
      scope: "admin",
      handle: ({ params, project }) => openAsBlob(files.pathOf(files.find(params["id"]!, project)), { type: "application/jsonl" }), // prettier-ignore
    },
    {
      method: "DELETE",
      path: "/v1/files/:id",
      scope: "admin",
      handle({ params, project }) {
        const file = files.find(params["id"]!, project);
        files.remove(file);
        return { id: file.id, object: "file", deleted: true };
      },
    },
  ];
}

function listed(newestFirst: StoredFile[], query: URLSearchParams) {
  const order = query.get("order") ?? "desc";
  if (order !== "asc" && order !== "desc")
    throw new FlywheelError("invalid_request", { reason: "`order` is asc or desc." }, { param: "order" });
  const purpose = query.get("purpose") ?? "fine-tune";
  const ordered = order === "desc" ? newestFirst : newestFirst.toReversed();
  const all = purpose === "fine-tune" ? ordered.map(wireFile) : [];
  const isAfter = (one: { id: string }, id: string) => (order === "desc" ? one.id < id : one.id > id);
  return pageOf(all, query, { limit: 10_000, isAfter });
}

/** OpenAI's file object. It was read to its last line before it was there, so it is `processed`. */
const wireFile = ({ id, bytes, created, filename }: StoredFile) =>
  ({ id, object: "file", bytes, created_at: Math.floor(created / 1000), filename, purpose: "fine-tune", status: "processed" }) as const; // prettier-ignore
