/** Who is answered: a client, by Node's `ServerResponse`, or nobody. */
export interface Recipient {
  readonly headersSent: boolean;
  readonly destroyed: boolean;
  readonly writableEnded: boolean;
  /** Bytes that were not taken yet. */
  readonly writableLength: number;
  readonly statusCode: number;
  writeHead(status: number, headers: string[]): unknown;
  write(chunk: Buffer | string): unknown;
  end(chunk?: Buffer | string): unknown;
  end(chunk: string, encoding: BufferEncoding): unknown;
  once(event: "drain", listener: () => void): unknown;
}

/** Takes whatever it is given, at once, and keeps none of it. */
export class Nobody implements Recipient {
  headersSent = false;
  readonly destroyed = false;
  writableEnded = false;
  readonly writableLength = 0;
  statusCode = 0;
  #onEnd: () => void;

  constructor(onEnd: () => void) {
    this.#onEnd = onEnd;
  }

  writeHead(status: number): void {
    this.headersSent = true;
    this.statusCode = status;
  }

  write(): void {}

  end(): void {
    if (this.writableEnded) return;
    this.writableEnded = true;
    this.#onEnd();
  }

  once(): void {}
}
