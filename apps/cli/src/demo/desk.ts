import { HEADER } from "@flywheel/protocol";
import { errorOf } from "../connect.ts";
import type { PublicApi } from "../public-api.ts";
import type { Queue } from "./company.ts";
import { ENDPOINT } from "./project.ts";
import type { UserMessage } from "./users.ts";

/** What the endpoint made of a message. */
export interface Sorted {
  queue: Queue;
  generation: string;
}

/** Asks the endpoint as the company's own server would. Throws what it is answered with. */
export async function sort({ url, key }: PublicApi, { text, user }: UserMessage, signal: AbortSignal): Promise<Sorted> {
  const response = await fetch(`${url.replace(/\/v1$/, "")}/endpoints/${ENDPOINT}`, {
    method: "POST",
    headers: { authorization: `Bearer ${key}`, "content-type": "application/json", [HEADER.userId]: user },
    body: JSON.stringify({ message: text }),
    signal,
  });
  if (!response.ok) throw await errorOf(response);
  const { queue } = (await response.json()) as { queue: Queue };
  return { queue, generation: response.headers.get(HEADER.generationId)! };
}
