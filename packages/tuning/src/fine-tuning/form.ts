import { FlywheelError } from "@flywheel/protocol";

/** One part of a form. */
export interface FormPart {
  name: string;
  /** Absent where it is no file. */
  filename?: string;
}

/** Some bytes of a part, in order; a part without any has one empty piece. */
export interface FormPiece {
  part: FormPart;
  bytes: Buffer;
}

const MOST_HEAD = 16 * 1024;
const END_OF_HEAD = "\r\n\r\n";
const CLOSED = Buffer.from("--");

/**
 * A `multipart/form-data` body as it comes (RFC 7578); of a part's bytes no more is held than a delimiter is long.
 * @throws FlywheelError `invalid_request`
 */
export async function* formPieces(contentType: string, body: AsyncIterable<Uint8Array>): AsyncGenerator<FormPiece> {
  const delimiter = Buffer.from(`\r\n--${boundaryOf(contentType)}`);
  // The first delimiter may stand at the very beginning.
  let rest: Buffer = Buffer.from("\r\n");
  let part: FormPart | undefined;
  let inHead = false;
  for await (const chunk of body) {
    rest = Buffer.concat([rest, chunk]);
    for (;;) {
      if (inHead) {
        if (rest.subarray(0, CLOSED.length).equals(CLOSED)) return;
        const end = rest.indexOf(END_OF_HEAD);
        if (end < 0 && rest.length > MOST_HEAD) throw wrong("the head of a part is too long");
        if (end < 0) break;
        part = partOf(rest.toString("utf8", 0, end));
        rest = rest.subarray(end + END_OF_HEAD.length);
        inHead = false;
      }
      const end = rest.indexOf(delimiter);
      const ready = end < 0 ? Math.max(0, rest.length - delimiter.length + 1) : end;
      if (part && (ready > 0 || end >= 0)) yield { part, bytes: rest.subarray(0, ready) };
      rest = rest.subarray(end < 0 ? ready : end + delimiter.length);
      if (end < 0) break;
      inHead = true;
    }
  }
  throw wrong("it ends in the middle");
}

function boundaryOf(contentType: string): string {
  const [, quoted, plain] = /^multipart\/form-data\s*;.*?\bboundary=(?:"([^"]+)"|([^\s;]+))/is.exec(contentType) ?? [];
  const boundary = quoted ?? plain;
  if (boundary === undefined || boundary.length > 70) throw wrong("it must be multipart/form-data with a boundary");
  return boundary;
}

function partOf(head: string): FormPart {
  const disposition = /^content-disposition:\s*form-data\s*(;.*)$/im.exec(head)?.[1] ?? "";
  const name = parameter(disposition, "name");
  if (name === undefined) throw wrong("a part has no name");
  const filename = parameter(disposition, "filename");
  return filename === undefined ? { name } : { name, filename };
}

/** Browsers write `%22` for a quote in a name, others `\"`. */
function parameter(disposition: string, name: string): string | undefined {
  const [, quoted, plain] =
    new RegExp(`;\\s*${name}=(?:"((?:[^"\\\\]|\\\\.)*)"|([^\\s;]+))`, "i").exec(disposition) ?? [];
  return quoted?.replace(/\\(.)/g, "$1").replace(/%22/g, '"') ?? plain;
}

const wrong = (what: string) => new FlywheelError("invalid_request", { reason: `The form cannot be read: ${what}.` });
