/** An error as ClickHouse words it, so that a stock client raises its typed error. */
export class Exception extends Error {
  /** ClickHouse's error number, such as 62 for a syntax error. */
  readonly code: number;

  constructor(code: number, message: string) {
    super(message);
    this.name = "Exception";
    this.code = code;
  }

  /** HTTP status a ClickHouse server answers this error with. */
  get status(): number {
    return HTTP_STATUS[this.code] ?? 500;
  }
}

/** The few errors that the front itself finds. Numbers and names are ClickHouse's. */
const OWN = {
  NOT_IMPLEMENTED: 48,
  SYNTAX_ERROR: 62,
  BAD_REQUEST_PARAMETER: 36,
  UNKNOWN_SETTING: 115,
  READONLY: 164,
  TOO_MANY_SIMULTANEOUS_QUERIES: 202,
  QUERY_IS_TOO_LARGE: 223,
  TOO_MANY_BYTES: 307,
  AUTHENTICATION_FAILED: 516,
} as const;

const HTTP_STATUS: Record<number, number> = {
  36: 400, 48: 501, 60: 404, 62: 400, 81: 404, 115: 400, 164: 403, 202: 503, 223: 413, 307: 413, 516: 401,
}; // prettier-ignore

export function exception(name: keyof typeof OWN, message: string): Exception {
  return new Exception(OWN[name], `Code: ${OWN[name]}. DB::Exception: ${message} (${name})`);
}

/** Whatever the engine threw, as an exception with ClickHouse's number and one line of text. */
export function toException(error: unknown): Exception {
  if (error instanceof Exception) return error;
  const text = error instanceof Error ? error.message : String(error);
  const found = /Code: (\d+)\. /.exec(text);
  if (!found) return new Exception(1001, `Code: 1001. DB::Exception: ${oneLine(text)} (STD_EXCEPTION)`);
  const message = text
    .slice(found.index)
    // A failing INFILE is reported twice over, and by a file name that means nothing to the caller.
    .replace(/^(Code: \d+\. DB::Exception: )(?:Code: \d+\. DB::Exception: )+/, "$1")
    .replace(/\(in file\/uri [^)]*\):?/, "");
  return new Exception(Number(found[1]), oneLine(message));
}

/** After a fatal error the engine refuses everything until the process is started again. */
export function isFatal({ code, message }: Exception): boolean {
  return code === 236 && message.includes("fatal");
}

export function oneLine(text: string): string {
  return text.replace(/\s+/g, " ").trim();
}
