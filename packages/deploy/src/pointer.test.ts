import { deepEqual } from "node:assert/strict";
import { test } from "node:test";
import { type Config, DEFAULT_CONFIG, type Promotion } from "@flywheel/protocol";
import { withPromotions } from "./pointer.ts";

const promotion = (route: string, model: string): Promotion => ({ id: "", route, model, previous: "", created: 0, evidence: null, rollback_of: null }); // prettier-ignore
const target = (model: string, weight?: number) => ({ provider: "p", model, ...(weight !== undefined && { weight }) });
const config: Config = { ...DEFAULT_CONFIG, routes: { desk: { targets: [target("a", 9), target("b", 1)] } } };
const targets = (...promotions: Promotion[]) => withPromotions(config, promotions).routes["desk"]!.targets;

test("the latest promotion of a route is in front of the project's own targets", () => {
  deepEqual(targets(), config.routes["desk"]!.targets);
  deepEqual(targets(promotion("desk", "local/x/y")), [{ provider: "local", model: "x/y" }, target("a"), target("b")]);
  deepEqual(targets(promotion("desk", "local/x"), promotion("desk", "p/b")), [target("b"), target("a")]);
});

test("a promotion of a route that is gone, or of no model, changes nothing", () => {
  deepEqual(withPromotions(config, [promotion("gone", "local/x"), promotion("desk", "x")]), config);
});
