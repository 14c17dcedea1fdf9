import type { KeyScope } from "./keys.ts";

/** What a control-API handler is given. `params` holds the `:name` parts of the path, already decoded. */
export interface ControlRequest {
  params: Record<string, string>;
  query: URLSearchParams;
  /** The parsed JSON body; `undefined` where none was sent. */
  body: unknown;
  /** Aborted when the client has gone. */
  signal: AbortSignal;
}

/**
 * One route of the control API. A feature lists its own in its `routes.ts`; the server only collects them.
 * The returned value is sent as JSON, an async iterable as server-sent events; a thrown `FlywheelError` becomes its status and wire shape.
 */
export interface ControlRoute {
  method: "GET" | "POST" | "DELETE";
  /** Such as `/api/keys/:id`. */
  path: string;
  /** Needed on the key that calls; the studio session has every scope. */
  scope: KeyScope;
  handle(request: ControlRequest): unknown;
}
