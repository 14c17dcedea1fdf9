export { checkContentType, readBody } from "./body.ts";
export type { LocalAddress, ResolveLocal } from "./call.ts";
export { hostName } from "./front.ts";
export type { Limits } from "./limits.ts";
export { listModels } from "./models.ts";
export { createGateway } from "./server.ts";
export type { ProjectEndpoints } from "./endpoints/catalogue.ts";
export type { Gateway } from "./server.ts";
export type { GatewayOptions } from "./visit.ts";
