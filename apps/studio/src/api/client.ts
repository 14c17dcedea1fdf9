import type { WireError } from "@flywheel/protocol";

/** An answer that isn't 2xx, or none at all (`status` 0, code `unreachable`). */
export class ApiError extends Error {
  readonly status: number;
  readonly code: string;

  constructor(status: number, code: string, message: string) {
    super(message);
    this.name = "ApiError";
    this.status = status;
    this.code = code;
  }
}

/** JSON from the control API on this origin; the session cookie goes with it. Throws {@link ApiError}. */
export async function api<T>(path: string, init: RequestInit = {}): Promise<T> {
  const response = await fetch(path, { ...init, headers: { accept: "application/json", ...init.headers } }).catch(
    (error: unknown) => {
      if (error instanceof DOMException && error.name === "AbortError") throw error;
      throw new ApiError(0, "unreachable", "The server does not answer. Is it running?");
    },
  );
  if (!response.ok) throw await errorOf(response);
  return (response.status === 204 ? undefined : await response.json()) as T;
}

/** A JSON body posted to the control API. Throws {@link ApiError}. */
export const post = <T>(path: string, body: object): Promise<T> =>
  api<T>(path, { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(body) });

async function errorOf(response: Response): Promise<ApiError> {
  const body = (await response.json().catch(() => null)) as WireError | null;
  const { code, message } = body?.error ?? { code: "", message: "" };
  return new ApiError(
    response.status,
    code,
    message || `The server answered ${response.status} ${response.statusText}.`,
  );
}

/** How soon a query whose answer never changes is asked again: only while there is none. */
export const untilLoaded = ({ state }: { state: { data?: unknown; error: Error | null } }): number | false =>
  state.error !== null && state.data === undefined ? 2000 : false;
