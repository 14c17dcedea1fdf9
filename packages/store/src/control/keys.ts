// What a gateway worker and the supervisor need: no query builder comes with it.
export { damageOf } from "./damage.ts";
export { followKeys, type KeyCache } from "./key-cache.ts";
export { hashSecret, newSecret } from "./secret.ts";
