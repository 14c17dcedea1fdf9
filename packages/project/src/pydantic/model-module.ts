import type { JsonSchema } from "@flywheel/protocol";
import { componentsOf } from "@flywheel/schema/components";
import { declareType } from "@flywheel/schema/type-text";

/** What a written module begins with; no other file does. */
export const MODEL_HEAD = "// Written by `flywheel pydantic`.";

/** A TypeScript module with the type of a model and, as a value, its schema: what an endpoint imports. */
export function modelModule(model: string, schema: JsonSchema): string {
  const name = model.split(/[:.]/).at(-1)!;
  const value = name[0]!.toLowerCase() + name.slice(1);
  const constant = value === name ? `${value}Schema` : value;
  // A model that refers to itself is only a reference to its definition, which then has the name.
  const isReference = typeof schema === "object" && typeof schema["$ref"] === "string";
  const { names, components } = componentsOf([[isReference ? "" : name, schema]], ["jsonSchema", constant]);
  const { [names[0]!]: whole, ...rest } = components;
  const type = isReference ? Object.keys(rest)[0]! : names[0]!;
  const types = Object.entries(isReference ? rest : { [type]: whole!, ...rest });
  return [
    `${MODEL_HEAD} Model: ${model}\nimport { jsonSchema } from "flywheel";\n`,
    ...types.map(([each, component]) => declareType(each, component)),
    `export const ${constant} = jsonSchema<${type}>(${JSON.stringify(schema, null, 2)});\n`,
  ].join("\n");
}
