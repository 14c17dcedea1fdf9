import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";

const TRIAGE = `import { defineEndpoint } from "flywheel";

/** What the support desk needs to route a message. */
export interface Triage {
  queue: "billing" | "cards" | "transfers" | "other";
  /** 1 = can wait, 3 = a person loses money now */
  urgency: 1 | 2 | 3;
  /** One sentence, in the customer's language. */
  summary: string;
}

export default defineEndpoint<{ message: string }, Triage>({
  model: "fast",
  prompt: ({ message }) => \`Triage this support message.\\n\\n\${message}\`,
});
`;

const REFUND = `import { defineEndpoint } from "flywheel";

interface Person {
  name: string;
  /** Their address for letters. */
  address?: { street: string; city: string; zip: string };
}

interface Claim {
  /** What the customer wrote. */
  message: string;
  customer: Person;
  items: { sku: string; price: number; opened: boolean }[];
  payment: { kind: "card"; digits: string } | { kind: "transfer"; iban: string };
  /** @format date */
  bought?: string;
  channel: "mail" | "chat" | "phone";
  notes?: Record<string, string>;
}

interface Refund {
  allowed: boolean;
  /** In cents. */
  amount: number;
  items: { sku: string; reason: "damaged" | "late" | "unwanted" }[];
  answer: string;
}

/** Whether a purchase may be given back, and what to tell the customer. */
export default defineEndpoint<Claim, Refund>({
  model: "fixtures/m",
  prompt: (claim) => JSON.stringify(claim),
});
`;

const POEM = `import { defineEndpoint } from "flywheel";

export default defineEndpoint<{ topic: string }>({
  model: "fast",
  prompt: ({ topic }) => [
    { role: "system", content: "You write short poems." },
    { role: "user", content: topic },
  ],
});
`;

/** Writes endpoints of every kind into a project. */
export function writeEndpoints(projectDir: string): void {
  mkdirSync(join(projectDir, "endpoints/support"), { recursive: true });
  writeFileSync(join(projectDir, "endpoints/triage.ts"), TRIAGE);
  writeFileSync(join(projectDir, "endpoints/poem.ts"), POEM);
  writeFileSync(join(projectDir, "endpoints/support/refund.ts"), REFUND);
}

/** An edit that does not hold. */
export const breakEndpoint = (projectDir: string): void =>
  writeFileSync(
    join(projectDir, "endpoints/triage.ts"),
    TRIAGE.replace("message.\\n\\n${message}`", "message`.nowhere"),
  );

export const CLAIM = {
  message: "The tent came with a hole in it.",
  customer: { name: "Ann Smith" },
  items: [{ sku: "TARN-2", price: 219.5, opened: true }],
  payment: { kind: "card", digits: "4421" },
  channel: "mail",
};

/** What a model says to it: valid, and wrong in one place or another. */
export const REFUNDS = {
  good: JSON.stringify({
    allowed: true,
    amount: 21950,
    items: [{ sku: "TARN-2", reason: "damaged" }],
    answer: "We are sorry, Ann. You get your money back within a week.",
  }),
  wrongReason: '{"allowed":true,"amount":21950,"items":[{"sku":"TARN-2","reason":"hole"}],"answer":"Sure."}',
  wrongAmount: '{"allowed":"yes","amount":"219.50","items":[]}',
};
