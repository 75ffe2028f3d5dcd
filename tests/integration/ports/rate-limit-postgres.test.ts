import { postgresBackend } from "./backends.ts";
import { testRateLimit } from "./rate-limit.conformance.ts";

testRateLimit("PostgreSQL", postgresBackend);
