import { redisBackend } from "./backends.ts";
import { testLiveState } from "./live-state.conformance.ts";

testLiveState("Redis", redisBackend);
