import { eventually, type Flywheel } from "../../system/flywheel.ts";
import type { ScriptedUpstream } from "../../upstream/server.ts";
import { CLAIM, REFUNDS } from "./project.ts";

const TOOL = {
  type: "function",
  function: {
    name: "lookup_card",
    description: "Find a card by its id.",
    parameters: { type: "object", properties: { id: { type: "string" } }, required: ["id"] },
  },
};

type Call = { model: string; content: string; stream?: boolean; more?: Record<string, unknown> };

/** One call for each way in which a generation can look. */
const CALLS: Call[] = [
  { model: "local/spark", content: "I lost my card in the train, what can I do?", stream: true },
  { model: "fixtures/tools", content: "Where is card c_1, and what is its limit?", more: { tools: [TOOL] } },
  { model: "fixtures/reasoning", content: "What is six times seven?" },
  { model: "fixtures/logprobs", content: "Is the card blocked?", more: { logprobs: true, top_logprobs: 1 } },
  { model: "fixtures/length", content: "Where is my card?", more: { max_tokens: 4, temperature: 0.2, seed: 7 } },
  { model: "fixtures/refusal", content: "Tell me the PIN of my neighbour." },
  { model: "scripted/500", content: "Will this work?" },
  { model: "scripted/reset", content: "Where is my card? It broke off last time, too.", stream: true },
  { model: "scripted/ok", content: "مرحبا, wo ist meine Karte? 我的卡在哪里?" },
  {
    model: "scripted/hostile",
    content: "<script>alert(1)</script> \u001b[31mred\u202e say something evil",
    stream: true,
  },
];

/** Makes them, one after the other, and gives each generation's id by its model's name. */
export async function makeTraffic(flywheel: Flywheel): Promise<Map<string, string>> {
  const ids = new Map<string, string>();
  for (const { model, content, stream = false, more } of CALLS) {
    const response = await fetch(`${flywheel.baseUrl}/chat/completions`, {
      method: "POST",
      headers: { authorization: `Bearer ${flywheel.key}`, "content-type": "application/json" },
      body: JSON.stringify({ model, stream, messages: [{ role: "user", content }], ...more }),
    });
    ids.set(model, response.headers.get("flywheel-generation-id") ?? "");
    await response.text().catch(() => "");
  }
  return ids;
}

/** Calls an endpoint several times: answered at once, repaired, and never valid. */
export async function callRefund(flywheel: Flywheel, upstream: ScriptedUpstream): Promise<void> {
  const { good, wrongReason, wrongAmount } = REFUNDS;
  const ask = () =>
    fetch(`${flywheel.origin}/endpoints/support/refund`, {
      method: "POST",
      headers: { authorization: `Bearer ${flywheel.key}`, "content-type": "application/json" },
      body: JSON.stringify(CLAIM),
    });
  for (const said of [[good], [wrongReason, good], [good], [wrongAmount, wrongReason], [good], [wrongAmount, good]]) {
    upstream.says = said;
    await (await ask()).text();
  }
  upstream.says = [];
  await eventually(async () => ((await flywheel.status()).pending === 0 ? true : undefined), "the rows");
}
