import { deepEqual, equal, match, rejects } from "node:assert/strict";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test, type TestContext } from "node:test";
import { fileFolder } from "./file-folder.ts";
import { formPieces } from "./form.ts";
import { receiveFile } from "./receive-file.ts";

const EXAMPLE = `{"messages":[{"role":"user","content":"hé"},{"role":"assistant","content":"hi"}]}`;

function folder(t: TestContext): string {
  const dir = mkdtempSync(join(tmpdir(), "flywheel-files-"));
  t.after(() => rmSync(dir, { recursive: true, force: true }));
  return dir;
}

/** A form as `fetch` writes it, in pieces of so many bytes. */
async function sent(fields: Record<string, string | Blob>, size: number) {
  const form = new FormData();
  for (const [name, value] of Object.entries(fields))
    if (typeof value === "string") form.set(name, value);
    else form.set(name, value, `${name}.jsonl`);
  const response = new Response(form);
  const contentType = response.headers.get("content-type")!;
  const whole = Buffer.from(await response.arrayBuffer());
  return { contentType, length: undefined, bytes: inPieces(whole, size) };
}

async function* inPieces(whole: Buffer, size: number) {
  for (let at = 0; at < whole.length; at += size) yield whole.subarray(at, at + size);
}

const fieldsOf = (content: string) => ({ file: new Blob([content]), purpose: "fine-tune" });

test("a form is the same however it is cut into pieces, also where its bytes look like a delimiter", async (t) => {
  const odd = `${EXAMPLE}\r\n--\r\n-`.replaceAll("\r\n--\r\n-", `\r\n${EXAMPLE}\r\n`);
  for (const size of [1, 2, 3, 7, 64, 4096]) {
    const dir = folder(t);
    const file = await receiveFile(await sent(fieldsOf(odd), size), fileFolder(dir), "default");
    equal(readFileSync(join(dir, file.id, "content.jsonl"), "utf8"), odd);
    deepEqual([file.filename, file.bytes, file.rows, file.method], ["file.jsonl", Buffer.byteLength(odd), 2, "sft"]);
    const tricky = Buffer.from(
      "--b\r\ncontent-disposition: form-data; name=x\r\n\r\n\r\n--\r\n--a\r\n-\r\n--b--ignored",
    );
    let value = "";
    for await (const { part, bytes } of formPieces("multipart/form-data; boundary=b", inPieces(tricky, size))) {
      equal(part.name, "x");
      value += bytes.toString();
    }
    equal(value, "\r\n--\r\n--a\r\n-");
  }
});

test("a file that grows too large, has no name for a part or ends early leaves nothing behind", async (t) => {
  const dir = folder(t);
  const files = fileFolder(dir);
  const receive = async (upload: Parameters<typeof receiveFile>[0], message: RegExp) => {
    await rejects(receiveFile(upload, files, "default", 1000), message);
    deepEqual(readdirSync(dir), []);
  };
  await receive(await sent(fieldsOf(`${EXAMPLE}\n`.repeat(20)), 100), /larger than 1000 bytes/);
  await receive(
    await sent({ ...fieldsOf(EXAMPLE), "expires_after[seconds]": "60" }, 100),
    /`expires_after\[seconds\]` is not known/,
  );
  await receive(await sent({ purpose: "fine-tune" }, 100), /has no `file`/);
  await receive(await sent({ file: new Blob([EXAMPLE]) }, 100), /`purpose` must be fine-tune, not ""/);
  const by = (text: string) => ({
    contentType: "multipart/form-data; boundary=b",
    length: undefined,
    bytes: inPieces(Buffer.from(text), 5),
  });
  await receive(by("--b\r\nx: y\r\n\r\n1\r\n--b--"), /a part has no name/);
  await receive(by(`--b\r\n${"x".repeat(20_000)}`), /head of a part is too long/);
  await receive(by("nothing of a form"), /ends in the middle/);
  await receive(by(""), /ends in the middle/);
  await receive({ ...by(""), contentType: "text/plain" }, /must be multipart/);
});

test("a project sees its own files; what a killed server left half-written is taken away", async (t) => {
  const dir = folder(t);
  const files = fileFolder(dir);
  const { id } = await receiveFile(await sent(fieldsOf(EXAMPLE), 64), files, "one");
  deepEqual([files.list("one").length, files.list("other").length, files.list(undefined).length], [1, 0, 1]);
  await rejects(async () => files.find(id, "other"), /no file/);
  mkdirSync(join(dir, "file_half"));
  writeFileSync(join(dir, "file_half", "content.jsonl"), EXAMPLE);
  const again = fileFolder(dir);
  deepEqual(readdirSync(dir), [id]);
  match(again.find(id, "one").filename, /file.jsonl/);
  again.remove(again.find(id, "one"));
  deepEqual(readdirSync(dir), []);
});
