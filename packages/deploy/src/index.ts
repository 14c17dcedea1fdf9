export { withPromotions } from "./pointer.ts";
export { promotionRoutes } from "./routes.ts";
