import { deepEqual, equal, ok } from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { Ajv2020 } from "ajv/dist/2020.js";
import type { Endpoint, EndpointBuild } from "@flywheel/protocol";
import { addKey, type RunningGateway, send, startGateway } from "../../test/running-gateway.ts";

const BASE: Omit<Endpoint, "name" | "input" | "output"> = {
  file: "endpoints/x.ts",
  description: "Sorts a message.\n\nCarefully.",
  model: "fast",
  examples: [{ input: { message: "hello" }, output: { queue: "cards" } }],
};
const MESSAGE = { type: "object", properties: { message: { $ref: "#/$defs/Text" } }, required: ["message"], $defs: { Text: { type: "string", maxLength: 9 } } }; // prettier-ignore
const BUILD: EndpointBuild = {
  id: "b1",
  endpoints: [
    {
      ...BASE,
      name: "triage",
      input: MESSAGE,
      output: {
        $ref: "#/$defs/Node",
        $defs: {
          Node: { type: "object", properties: { next: { $ref: "#/$defs/Node" }, queue: { $ref: "#/$defs/Error" } } },
          Error: { enum: ["cards", { $ref: "#/not/a/reference" }] },
        },
      },
    },
    {
      ...BASE,
      name: "support/tree",
      description: "",
      examples: [],
      // The same name for something else, the root itself, and a property that is called like a keyword.
      input: { ...MESSAGE, $defs: { Text: { type: "string", maxLength: 5 } } },
      output: {
        type: "array",
        items: { anyOf: [{ $ref: "#" }, { type: "object", properties: { $ref: { type: "number" } } }] },
      },
    },
    { ...BASE, name: "support-tree", input: { type: "string" }, output: null },
  ],
};

interface Description {
  openapi: string;
  info: { version: string };
  paths: Record<string, { post: { operationId: string; requestBody: Body; responses: Record<string, Body> } }>;
  components: { schemas: Record<string, object> };
}
interface Body {
  content: Record<string, { schema: { $ref: string }; examples?: object }>;
}

let running: RunningGateway;
before(async () => {
  addKey("fw_dev_desk", { models: ["endpoint/triage"] });
  const endpoints = { build: () => BUILD, renderPrompt: () => Promise.reject(new Error("nobody asks")) };
  running = await startGateway({}, { endpoints });
});
after(() => running.stop());

async function describeFor(headers: Record<string, string> = {}): Promise<Description> {
  const answer = await send({ port: running.port, method: "GET", path: "/endpoints/openapi.json", headers });
  equal(answer.status, 200, answer.text);
  return JSON.parse(answer.text) as Description;
}

/** Checks values against a schema of the description, with its references as they stand in it. */
function checker(description: Description) {
  const ajv = new Ajv2020({ strict: false });
  ajv.addSchema(description, "openapi.json");
  return (body: Body, value: unknown) =>
    ajv.validate({ $ref: `openapi.json${body.content["application/json"]!.schema.$ref}` }, value);
}

/** Every reference outside of data. */
function references(value: unknown, key = ""): string[] {
  if (typeof value !== "object" || value === null || ["enum", "const", "default", "examples"].includes(key)) return [];
  const own = value as Record<string, unknown>;
  const here = typeof own["$ref"] === "string" ? [own["$ref"]] : [];
  return [...here, ...Object.entries(own).flatMap(([name, child]) => references(child, name))];
}

describe("GET /endpoints/openapi.json", () => {
  test("says what each endpoint takes and answers, with the meaning of its own schemas", async () => {
    const description = await describeFor();
    equal(description.openapi, "3.1.1");
    equal(description.info.version, "b1");
    deepEqual(Object.keys(description.paths), [
      "/endpoints/triage",
      "/endpoints/support/tree",
      "/endpoints/support-tree",
    ]);
    const accepts = checker(description);
    const [triage, tree, text] = Object.values(description.paths).map(({ post }) => post);
    ok(accepts(triage!.requestBody, { message: "123456789" }));
    ok(!accepts(triage!.requestBody, { message: "1234567890" }));
    ok(!accepts(tree!.requestBody, { message: "123456" }), "its `Text` is another one");
    ok(accepts(triage!.responses["200"]!, { next: { next: {} }, queue: "cards" }));
    ok(!accepts(triage!.responses["200"]!, { next: { queue: "other" } }));
    ok(accepts(tree!.responses["200"]!, [[], { $ref: 7 }]));
    ok(!accepts(tree!.responses["200"]!, [[{ $ref: "7" }]]));
    ok(accepts(text!.responses["200"]!, "a text") && !accepts(text!.responses["200"]!, {}));
  });

  test("leads every reference to what is there, and names everything once", async () => {
    const description = await describeFor();
    const { schemas } = description.components;
    for (const reference of references(description)) {
      const value = reference
        .split("/")
        .slice(1)
        .reduce<unknown>((at, step) => (at as Record<string, unknown>)[step], description);
      ok(value !== undefined, reference);
    }
    for (const name of Object.keys(schemas)) ok(/^[A-Za-z0-9._-]+$/.test(name), name);
    ok("error" in (schemas["Error"] as { properties: object }).properties, "a type of the project is not in its place");
    const ids = Object.values(description.paths).map(({ post }) => post.operationId);
    equal(new Set(ids).size, ids.length);
    deepEqual(ids[0], "triage");
  });

  test("shows examples, errors and events", async () => {
    const { paths } = await describeFor();
    const { requestBody, responses } = paths["/endpoints/triage"]!.post;
    deepEqual(requestBody.content["application/json"]!.examples, { example1: { value: { message: "hello" } } });
    ok("text/event-stream" in responses["200"]!.content);
    deepEqual(responses["default"], { $ref: "#/components/responses/Error" });
  });

  test("tells a key only of what it may call, and nothing to strangers", async () => {
    const { paths } = await describeFor({ authorization: "Bearer fw_dev_desk" });
    deepEqual(Object.keys(paths), ["/endpoints/triage"]);
    const stranger = await send({ port: running.port, method: "GET", path: "/endpoints/openapi.json", headers: { authorization: "" } }); // prettier-ignore
    equal(stranger.status, 401);
  });
});
