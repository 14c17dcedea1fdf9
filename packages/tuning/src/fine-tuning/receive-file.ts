import { open } from "node:fs/promises";
import { FlywheelError, type TrainingMethod, type Upload } from "@flywheel/protocol";
import type { FileFolder, StoredFile } from "./file-folder.ts";
import { formPieces } from "./form.ts";
import { trainingRows } from "./training-lines.ts";

/** Of a file. All of it is in memory once a job learns from it. */
const MOST_BYTES = 32 * 1024 * 1024;
/** Of a field that is no file, and of what a form has around its file. */
const MOST_FIELD = 4096;

const FIELDS = ["file", "purpose"];

/**
 * Takes `POST /v1/files`: the form goes to disk as it comes, and every line is read before the file is there.
 * @throws FlywheelError what is wrong with the form, or with which line; then nothing stays
 */
export async function receiveFile(
  upload: Upload,
  files: FileFolder,
  project: string,
  most = MOST_BYTES,
): Promise<StoredFile> {
  if ((upload.length ?? 0) > most + MOST_FIELD) throw tooLarge(most);
  const draft = files.begin();
  try {
    const { filename, bytes, purpose } = await writeForm(upload, draft.path, most);
    if (filename === undefined) throw wrong("file", "The form has no `file`.");
    if (purpose !== "fine-tune")
      throw wrong("purpose", `\`purpose\` must be fine-tune, not ${JSON.stringify(purpose)}.`);
    const file = { id: draft.id, project, filename, bytes, ...(await checked(draft.path)), created: Date.now() };
    draft.keep(file);
    return file;
  } catch (error) {
    draft.drop();
    throw error;
  }
}

interface Form {
  /** `undefined`: it holds no file. */
  filename: string | undefined;
  bytes: number;
  purpose: string;
}

async function writeForm({ contentType, bytes: body }: Upload, path: string, most: number): Promise<Form> {
  const form: Form = { filename: undefined, bytes: 0, purpose: "" };
  const handle = await open(path, "w", 0o600);
  try {
    let current: object | undefined;
    for await (const { part, bytes } of formPieces(contentType, body)) {
      const isNew = part !== current;
      current = part;
      if (isNew && !FIELDS.includes(part.name))
        throw wrong(part.name, `\`${part.name.slice(0, 64)}\` is not known here; there are ${FIELDS.join(" and ")}.`);
      if (part.name === "purpose") {
        form.purpose += bytes.toString("utf8");
        if (form.purpose.length > MOST_FIELD) throw wrong("purpose", "`purpose` is too long.");
        continue;
      }
      if (isNew && form.filename !== undefined) throw wrong("file", "There can only be one `file`.");
      form.filename ??= (part.filename ?? "").slice(0, 255) || "file.jsonl";
      form.bytes += bytes.length;
      if (form.bytes > most) throw tooLarge(most);
      await handle.write(bytes);
    }
    await handle.datasync();
    return form;
  } finally {
    await handle.close();
  }
}

async function checked(path: string): Promise<{ method: TrainingMethod; rows: number }> {
  let rows = 0;
  let found: TrainingMethod = "sft";
  for await (const { method } of trainingRows(path, "train")) {
    found = method;
    rows++;
  }
  return { method: found, rows };
}

const tooLarge = (limit: number) => new FlywheelError("body_too_large", { limit }, { param: "file" });
const wrong = (param: string, reason: string) => new FlywheelError("invalid_request", { reason }, { param });
