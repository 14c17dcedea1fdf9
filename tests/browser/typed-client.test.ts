import { deepEqual, equal, ok } from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { fileURLToPath } from "node:url";
import { writeClient } from "@flywheel/project";
import type { EndpointBuild } from "@flywheel/protocol";
import type { Browser, Page } from "playwright-core";
import { rolldown } from "rolldown";
import { addKey, type RunningGateway, startGateway } from "../../packages/gateway/test/running-gateway.ts";
import { temporaryFolder } from "../system/flywheel.ts";
import { type ScriptedUpstream, startUpstream } from "../upstream/server.ts";
import { launchBrowser } from "./chromium.ts";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));
const BUILD: EndpointBuild = {
  id: "1",
  endpoints: [
    {
      name: "triage",
      file: "",
      description: "",
      model: "scripted/m",
      examples: [],
      input: { type: "object", properties: { message: { type: "string", minLength: 1 } }, required: ["message"] },
      output: {
        type: "object",
        properties: { queue: { enum: ["cards", "billing"] }, tags: { type: "array", items: { type: "string" } } },
        required: ["queue", "tags"],
        additionalProperties: false,
      },
    },
  ],
};

/** As `create-next-app` writes it, less its plugin. */
const CONFIG = {
  compilerOptions: {
    target: "ES2017", lib: ["dom", "dom.iterable", "esnext"], allowJs: true, skipLibCheck: true, strict: true,
    noEmit: true, esModuleInterop: true, module: "esnext", moduleResolution: "bundler", resolveJsonModule: true,
    isolatedModules: true, jsx: "preserve", types: [], paths: { "@/*": ["./*"] },
  },
  include: ["**/*.ts", "**/*.tsx"],
}; // prettier-ignore

/** A client component: the answer goes into its state while it is written. */
const COMPONENT = `"use client";
import { type FormEvent, useState } from "react";
import { createClient, EndpointError, type TriageOutput, type Update } from "@/lib/flywheel-client";

interface Props {
  baseURL: string;
  /** May be used by pages of this origin. */
  keyForPages: string;
}

export default function TriageForm({ baseURL, keyForPages }: Props) {
  const [update, setUpdate] = useState<Update<TriageOutput>>();
  const [updates, setUpdates] = useState(0);
  const [done, setDone] = useState("");

  async function submit(event: FormEvent<HTMLFormElement>): Promise<void> {
    event.preventDefault();
    const message = String(new FormData(event.currentTarget).get("message"));
    const client = createClient({ baseURL, key: keyForPages });
    try {
      const stream = client.triage.stream({ message });
      for await (const each of stream) {
        setUpdate(each);
        setUpdates((count) => count + 1);
      }
      const { output, generationId, generationToken } = await stream.answer;
      const again: TriageOutput = await client.triage({ message });
      setDone(
        \`\${output.queue} \${again.queue} \${generationId.slice(0, 4)} \${generationToken === "" ? "no token" : "token"}\`,
      );
    } catch (error) {
      setDone(error instanceof EndpointError ? \`\${error.status} \${error.code} \${error.param}\` : String(error));
    }
  }

  return (
    <form onSubmit={(event) => void submit(event)}>
      <input name="message" aria-label="Message" />
      <button>Sort</button>
      <ul>
        {update?.value.tags?.map((tag) => (
          <li key={tag}>{tag}</li>
        ))}
      </ul>
      <p data-updates={updates} role="status">
        {done}
      </p>
    </form>
  );
}
`;

const MAIN = `
import { createElement } from "react";
import { createRoot } from "react-dom/client";
import TriageForm from "./app/TriageForm";
const { searchParams: from } = new URL(location.href);
const props = { baseURL: from.get("baseURL"), keyForPages: from.get("key") };
createRoot(document.body).render(createElement(TriageForm, props));
`;

const app = temporaryFolder("app");
let upstream: ScriptedUpstream;
let running: RunningGateway;
let site: Server;
let origin: string;
let browser: Browser;
before(async () => {
  for (const folder of ["app", "lib"]) mkdirSync(join(app, folder));
  symlinkSync(join(ROOT, "node_modules"), join(app, "node_modules"));
  writeFileSync(join(app, "tsconfig.json"), JSON.stringify(CONFIG));
  writeFileSync(join(app, "lib/flywheel-client.ts"), writeClient(BUILD));
  writeFileSync(join(app, "main.js"), MAIN);
  writeFileSync(join(app, "app/TriageForm.tsx"), COMPONENT);
  const code = await bundle();
  site = createServer((request, response) => {
    const isCode = request.url === "/main.js";
    response.setHeader("content-type", isCode ? "text/javascript" : "text/html");
    response.end(
      isCode ? code : '<!doctype html><title>App</title><body><script type="module" src="/main.js"></script>',
    );
  }).listen(0, "127.0.0.1");
  await once(site, "listening");
  origin = `http://127.0.0.1:${(site.address() as AddressInfo).port}`;
  addKey("fw_dev_of_the_app", { origins: [origin] });
  upstream = await startUpstream();
  running = await startScripted();
  browser = await launchBrowser();
});
after(async () => {
  await browser.close();
  await running.stop();
  await upstream.close();
  site.close();
});

/** As Next.js does it: it compiles what its own settings tell TypeScript to leave. */
async function bundle(): Promise<string> {
  const build = await rolldown({
    input: join(app, "main.js"),
    platform: "browser",
    tsconfig: false,
    resolve: { alias: { "@": app } },
    transform: { define: { "process.env.NODE_ENV": '"production"' }, jsx: "react-jsx", target: "es2017" },
    onLog: () => {}, // "use client" is for Next.js
  });
  return (await build.generate({ format: "esm", codeSplitting: false })).output[0].code;
}

function startScripted(): Promise<RunningGateway> {
  const provider = { base_url: `${upstream.origin}/fixtures`, api_key_env: "K", headers: {}, models: [] };
  return startGateway(
    { providers: { scripted: { ...provider, dialect: "openai-chat" } } },
    {
      allowsOrigin: (asked) => asked === origin,
      endpoints: {
        build: () => BUILD,
        renderPrompt: async (_build, _name, input) => [{ role: "user", content: JSON.stringify(input) }],
      },
    },
    { K: "key" },
  );
}

async function ask(message: string): Promise<Page> {
  const page = await browser.newPage();
  const address = new URLSearchParams({ baseURL: `http://127.0.0.1:${running.port}`, key: "fw_dev_of_the_app" });
  await page.goto(`${origin}/?${address}`);
  await page.getByLabel("Message").fill(message);
  await page.getByRole("button").click();
  await page.getByRole("status").filter({ hasText: /./ }).waitFor();
  return page;
}

test("the typed client compiles as part of an app with the settings of Next.js", () => {
  const { stdout, status } = spawnSync(process.execPath, [join(ROOT, "node_modules/typescript/bin/tsc"), "-p", app], { encoding: "utf8" }); // prettier-ignore
  equal(stdout, "");
  equal(status, 0);
});

test("bundled for the browser it answers a component in a page of another origin, whole and as a stream", async () => {
  const typed = JSON.stringify({ queue: "cards", tags: ["lost", "läst"] });
  upstream.says = [typed, typed];
  const page = await ask("I lost my card");
  equal(await page.getByRole("status").textContent(), "cards cards gen_ no token");
  deepEqual(await page.getByRole("listitem").allTextContents(), ["lost", "läst"]);
  ok(Number(await page.getByRole("status").getAttribute("data-updates")) > 0);
});

test("an error reaches the component with what is at fault", async () => {
  const page = await ask("");
  equal(await page.getByRole("status").textContent(), "400 invalid_request /message");
});
