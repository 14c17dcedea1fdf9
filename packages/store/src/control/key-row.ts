import type { Key, KeyScope } from "@flywheel/protocol";
import type { ControlSchema } from "./schema.ts";

export function keyOfRow(row: ControlSchema["keys"]): Key {
  return {
    ...row,
    scopes: JSON.parse(row.scopes) as KeyScope[],
    models: JSON.parse(row.models) as string[],
    origins: JSON.parse(row.origins) as string[],
  };
}
