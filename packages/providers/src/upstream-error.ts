/** Which time ran out. */
export type TimeoutPhase = "connect" | "first_byte" | "idle" | "total";

/**
 * Why a call got no (whole) response.
 * - `connect`: no connection; nothing was sent, so trying elsewhere costs nothing
 * - `reset`: the connection died before the first byte of the response
 * - `truncated`: it died in the middle
 * - `malformed`: the response is not one well-formed HTTP/1.1 response
 * - `timeout`: see `phase` and `ms`
 * - `overloaded`: too many calls are waiting for a connection to this origin
 * - `closed`: the client was closed
 */
export type UpstreamErrorKind = "connect" | "reset" | "truncated" | "malformed" | "timeout" | "overloaded" | "closed";

export class UpstreamError extends Error {
  override name = "UpstreamError";
  readonly kind: UpstreamErrorKind;
  /** The operating system's code, e.g. `ECONNREFUSED`, where there is one. */
  readonly code: string | undefined;
  readonly phase: TimeoutPhase | undefined;
  readonly ms: number | undefined;

  constructor(
    kind: UpstreamErrorKind,
    message: string,
    details: { code?: string; phase?: TimeoutPhase; ms?: number } = {},
  ) {
    super(message);
    this.kind = kind;
    this.code = details.code;
    this.phase = details.phase;
    this.ms = details.ms;
  }
}
