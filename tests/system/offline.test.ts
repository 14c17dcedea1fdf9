import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { COMMAND, quietEnvironment, removeFolder, startFlywheel, temporaryFolder } from "./flywheel.ts";

/**
 * A network of its own with nothing but loopback in it. The kernel refuses whatever wants to leave, and counts it: so
 * every attempt is seen, also one that is over in a moment, a datagram, or a question for a name (the resolver named
 * here lies outside).
 */
const resolver = join(temporaryFolder(), "resolv.conf");
writeFileSync(resolver, "nameserver 192.0.2.1\n");
const INSIDE = `ip link set lo up && mount --bind ${resolver} /etc/resolv.conf && exec "$@"`;
const ISOLATED = ["unshare", "--user", "--map-root-user", "--net", "--mount", "sh", "-c", INSIDE, "sh"];

const works = spawnSync(ISOLATED[0]!, [...ISOLATED.slice(1), "true"]).status === 0;
const skip = !works && "a network of one's own takes Linux with user namespaces, or root, and the tool `ip`";

/** How often a process of this network wanted to go elsewhere, by IPv4 and IPv6. */
function attempts(pid: number | string): number {
  const [names, values] = readFileSync(`/proc/${pid}/net/snmp`, "utf8")
    .split("\n")
    .filter((line) => line.startsWith("Ip: "))
    .map((line) => line.split(" "));
  const v6 = /^Ip6OutNoRoutes\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/net/snmp6`, "utf8"))?.[1] ?? "0";
  return Number(values![names!.indexOf("OutNoRoutes")]) + Number(v6);
}

test("the count sees a connection and a question for a name", { skip }, () => {
  const program = `
    const { connect } = require("node:net");
    const { resolve4 } = require("node:dns/promises");
    const { readFileSync } = require("node:fs");
    connect(443, "192.0.2.7").on("error", async () => {
      const once = (${attempts.toString()})("self");
      await resolve4("example.com").catch(() => {});
      console.log(once, (${attempts.toString()})("self"));
    });`;
  const { stdout, stderr } = spawnSync(ISOLATED[0]!, [...ISOLATED.slice(1), process.execPath, "-e", program], {
    encoding: "utf8",
  });
  const [afterConnection, afterName] = stdout.trim().split(" ").map(Number);
  assert.ok(afterConnection! >= 1, stderr);
  assert.ok(afterName! > afterConnection!, stderr);
});

test(
  "nothing phones home: starting, answering, storing and showing a generation never tries to leave the machine",
  { skip },
  async () => {
    const server = await startFlywheel({ under: ISOLATED });
    const pid = server.child.pid!;
    const within = (...command: string[]) => {
      const { status, stdout, stderr } = spawnSync(
        "nsenter",
        ["--preserve-credentials", "--user", "--net", "--target", String(pid), ...command],
        {
          encoding: "utf8",
          env: quietEnvironment(),
        },
      );
      assert.equal(status, 0, stderr);
      return stdout;
    };
    const flywheel = (...args: string[]) => within(process.execPath, COMMAND, ...args, "--data", server.dataDir);

    const answer = JSON.parse(flywheel("chat", "I lost my card", "--json")) as { text: string; generation: string };
    assert.ok(answer.text.length > 0);
    for (let tries = 0; !flywheel("logs", "--json").includes(answer.generation); tries++) {
      assert.ok(tries < 100, "the row never came");
      await sleep(100);
    }
    const page = `fetch(${JSON.stringify(server.studioUrl)}).then((page) => page.text()).then(console.log)`;
    assert.match(within(process.execPath, "-e", page), /<!doctype html>/i);
    flywheel("doctor", "--port", "0");
    // What happens only after a while at rest.
    await sleep(5000);
    assert.equal(attempts(pid), 0);
    assert.equal(await server.stop(), 0);
    removeFolder(server.dataDir);
  },
);
