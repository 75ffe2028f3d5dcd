import { postgresBackend } from "./backends.ts";
import { testLiveState } from "./live-state.conformance.ts";

testLiveState("PostgreSQL", postgresBackend);
