import type { KeyScope } from "./keys.ts";

/** What a control-API handler is given. `params` holds the `:name` parts of the path, already decoded. */
export interface ControlRequest {
  params: Record<string, string>;
  query: URLSearchParams;
  /** The parsed JSON body; `undefined` where none was sent. An {@link Upload} where the route takes one. */
  body: unknown;
  /** Whose key calls. `undefined`: the studio's session, which sees what is of all projects. */
  project: string | undefined;
  /** Aborted when the client has gone. */
  signal: AbortSignal;
}

/** A body as it comes, for a route that does not take JSON. */
export interface Upload {
  contentType: string;
  /** Bytes that the client says will come; `undefined` where it does not say. */
  length: number | undefined;
  bytes: AsyncIterable<Uint8Array>;
}

/**
 * One route of the control API. A feature lists its own in its `routes.ts`; the server only collects them.
 * The returned value is sent as JSON, a `Blob` as its bytes, an async iterable as server-sent events; a thrown
 * `FlywheelError` becomes its status and wire shape.
 */
export interface ControlRoute {
  method: "GET" | "POST" | "DELETE";
  /** Such as `/api/keys/:id`. One that begins with `/v1/` is there without it, too. */
  path: string;
  /** The body is handed on as an {@link Upload}. */
  takesUpload?: boolean;
  /** Needed on the key that calls; the studio session has every scope. */
  scope: KeyScope;
  handle(request: ControlRequest): unknown;
}
