import type { Command, CreatedKey, Key, KeyList } from "@flywheel/protocol";

/** `flywheel keys …` */
export const keyCommands: Command[] = [
  {
    usage: "keys list",
    summary: "list the API keys of this data folder",
    examples: ["flywheel keys list", "flywheel keys list --json"],
    async run({ api, out, json }) {
      const { data } = await (await api()).get<KeyList>("/api/keys");
      for (const key of data) out(json ? JSON.stringify(key) : keyLine(key));
    },
  },
  {
    usage: "keys create <name>",
    summary: "make an API key and show it once",
    options: [
      { flags: "--environment <name>", description: "environment the key belongs to", default: "production" },
      { flags: "--admin", description: "may also use the control API" },
    ],
    examples: ["flywheel keys create backend", "flywheel keys create laptop --environment development --admin"],
    async run({ api, out, note, json }, [name], { environment, admin }) {
      const scopes = admin ? ["inference", "admin"] : ["inference"];
      const key = await (await api()).post<CreatedKey>("/api/keys", { name, environment, scopes });
      out(json ? JSON.stringify(key) : key.secret);
      if (!json) note("Keep it now: it is stored only as a hash and cannot be shown again.");
    },
  },
  {
    usage: "keys revoke <id>",
    summary: "revoke a key at once",
    examples: ["flywheel keys revoke key_0199…"],
    async run({ api, out, json }, [id]) {
      const key = await (await api()).delete<Omit<Key, "hash">>(`/api/keys/${encodeURIComponent(id!)}`);
      out(json ? JSON.stringify(key) : `revoked ${key.id} (${key.name})`);
    },
  },
];

function keyLine(key: Omit<Key, "hash">): string {
  const state = key.revoked === null ? "live" : `revoked ${new Date(key.revoked).toISOString().slice(0, 10)}`;
  return [
    key.id,
    `${key.prefix}…`.padEnd(18),
    key.environment.padEnd(12),
    key.scopes.join("+").padEnd(15),
    state,
    key.name,
  ].join("  ");
}
