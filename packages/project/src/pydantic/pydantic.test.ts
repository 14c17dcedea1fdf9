import { deepEqual, equal, match } from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { modelModule } from "./model-module.ts";
import { type ModelRead, readPydanticModel } from "./read-model.ts";

const MODELS = `from typing import Callable, Literal
from pydantic import BaseModel, Field, field_validator

print("loading")

class Item(BaseModel):
    name: str = Field(max_length=20)

    @field_validator("name")
    @classmethod
    def no_dots(cls, value):
        return value

class Triage(BaseModel):
    queue: Literal["billing", "cards"]
    items: list[Item] = []

class Bad(BaseModel):
    call: Callable[[int], int]
`;

const dir = mkdtempSync(join(tmpdir(), "flywheel-pydantic-"));
const hasPydantic = spawnSync("python3", ["-c", "import pydantic; assert pydantic.VERSION >= '2'"]).status === 0;
let printed = "";

function read(model: string, env: Record<string, string | undefined> = process.env): Promise<ModelRead> {
  const onOutput = (text: string) => void (printed += text);
  return readPydanticModel({ dir, model, mode: "validation", env, onOutput, signal: new AbortController().signal });
}

before(() => {
  mkdirSync(join(dir, "app"));
  writeFileSync(join(dir, "app/models.py"), MODELS);
  writeFileSync(join(dir, "app/broken.py"), "\nraise ValueError('not today')\n");
  writeFileSync(join(dir, "app/exits.py"), "import os\nos._exit(7)\n");
});
after(() => rmSync(dir, { recursive: true }));

describe("a Pydantic model", { skip: !hasPydantic && "there is no Python 3 with pydantic 2 here" }, () => {
  test("is a JSON Schema, and what the schema leaves out is said", async () => {
    deepEqual(await read("app.models:Triage"), {
      schema: {
        $schema: "https://json-schema.org/draft/2020-12/schema",
        $defs: {
          Item: {
            properties: { name: { maxLength: 20, title: "Name", type: "string" } },
            required: ["name"],
            title: "Item",
            type: "object",
          },
        },
        properties: {
          queue: { enum: ["billing", "cards"], title: "Queue", type: "string" },
          items: { default: [], items: { $ref: "#/$defs/Item" }, title: "Items", type: "array" },
        },
        required: ["queue"],
        title: "Triage",
        type: "object",
      },
      notes: ["Item.no_dots is code: what it checks is not in the schema"],
    });
    equal(printed, "loading\n");
  });

  const refused: [model: string, failed: string, problem: RegExp][] = [
    ["app.models:Tirage", "name", /app\.models has no Tirage; its models: Item, Triage, Bad/],
    ["app.nowhere:Triage", "name", /no Python module app\.nowhere/],
    ["app.models:Bad", "model", /Cannot generate a JsonSchema/],
    ["app.broken:Any", "model", /^app\/broken\.py:2: ValueError: not today$/],
    ["app.exits:Any", "model", /exit code 7/],
  ];
  for (const [model, failed, problem] of refused)
    test(`says why there is none: ${model}`, async () => {
      const said = (await read(model)) as Extract<ModelRead, { failed: string }>;
      equal(said.failed, failed);
      match(said.problem, problem);
    });
});

test("without Python a model cannot be read, and that is said", async () => {
  const said = await read("app.models:Triage", { PATH: dir });
  deepEqual(said, { failed: "python", problem: "there is no `python3` here; Python 3 with pydantic is needed" });
});

test("a model becomes a module that types an endpoint", () => {
  const properties = { n: { type: "integer" }, next: { $ref: "#/$defs/Node" } };
  const schema = { $ref: "#/$defs/Node", $defs: { Node: { type: "object", properties, required: ["n"] } } };
  equal(
    modelModule("app:Node", schema),
    `// Written by \`flywheel pydantic\`. Model: app:Node
import { jsonSchema } from "flywheel";

export interface Node {
  n: number;
  next?: Node;
}

export const node = jsonSchema<Node>(${JSON.stringify(schema, null, 2)});
`,
  );
  const own = modelModule("app:count", { type: "integer" });
  match(own, /export type count = number;\n\nexport const countSchema = jsonSchema<count>\(/);
});
