export {
  checkComparison,
  compareModels,
  detectableWith,
  type Comparison,
  type ComparisonContext,
} from "./comparison/compare.ts";
export { withPromotions } from "./pointer.ts";
export { checkRoute, createPromotions, type Promotions } from "./promotions.ts";
export { promotionRoutes } from "./routes.ts";
export { trialRoutes } from "./trials/routes.ts";
export { withTrials } from "./trials/snapshot.ts";
export { watchTrials } from "./trials/watch.ts";
