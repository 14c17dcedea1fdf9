export {
  decide,
  type Decision,
  type DecisionRules,
  DEFAULT_EXAMPLES,
  DEFAULT_RULES,
  type PairedScore,
  type SliceVerdict,
} from "./decide.ts";
export { nextLevel, ROUTE_ERROR } from "./error-budget.ts";
export {
  type CanaryTrial,
  createCanaryTrial,
  createShadowTrial,
  type ShadowTrial,
  type TrialRules,
  type TrialState,
} from "./trial.ts";
