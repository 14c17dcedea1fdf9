export { withPromotions } from "./pointer.ts";
export { promotionRoutes } from "./routes.ts";
export { trialRoutes } from "./trials/routes.ts";
export { withTrials } from "./trials/snapshot.ts";
