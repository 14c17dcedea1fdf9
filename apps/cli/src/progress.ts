/** A bar for long work: on stderr, and only where a person watches. */
export interface Progress {
  /** @param share of the work that is done, 0 to 1 */
  at(share: number, text: string): void;
  end(): void;
}

const WIDTH = 24;

export function createProgress(): Progress {
  const out = process.stderr;
  if (!out.isTTY) return { at() {}, end() {} };
  return {
    at(share, text) {
      const full = Math.round(Math.min(1, share) * WIDTH);
      out.write(`\r\u001B[2K${"█".repeat(full)}${"░".repeat(WIDTH - full)} ${text}`);
    },
    end() {
      out.write("\r\u001B[2K");
    },
  };
}
