import { fileURLToPath } from "node:url";
import { testTrainer } from "../../test/trainer-conformance.ts";
import { builtinTrainer } from "./builtin.ts";

const base = fileURLToPath(new URL("../../../../models/spark/spark.gguf", import.meta.url));

testTrainer({ name: "built in", open: () => builtinTrainer(2), base, result: "adapter" });
