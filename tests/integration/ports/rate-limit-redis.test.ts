import { redisBackend } from "./backends.ts";
import { testRateLimit } from "./rate-limit.conformance.ts";

testRateLimit("Redis", redisBackend);
