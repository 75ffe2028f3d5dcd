CREATE TABLE "approval_steps" (
	"approval_id" text NOT NULL,
	"step" integer NOT NULL,
	"kind" text NOT NULL,
	"recipients" jsonb DEFAULT '[]'::jsonb NOT NULL,
	"due_at" timestamp with time zone NOT NULL,
	"fired_at" timestamp with time zone,
	CONSTRAINT "approval_steps_approval_id_step_pk" PRIMARY KEY("approval_id","step")
);
--> statement-breakpoint
CREATE TABLE "approval_views" (
	"approval_id" text NOT NULL,
	"actor" text NOT NULL,
	"digest" text NOT NULL,
	"at" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "approval_views_approval_id_actor_digest_pk" PRIMARY KEY("approval_id","actor","digest")
);
--> statement-breakpoint
CREATE TABLE "approval_votes" (
	"approval_id" text NOT NULL,
	"actor" text NOT NULL,
	"type" text NOT NULL,
	"digest" text NOT NULL,
	"note" text,
	"at" timestamp with time zone NOT NULL,
	CONSTRAINT "approval_votes_approval_id_actor_pk" PRIMARY KEY("approval_id","actor")
);
--> statement-breakpoint
CREATE TABLE "approvals" (
	"id" text PRIMARY KEY NOT NULL,
	"run_id" text NOT NULL,
	"session_id" text NOT NULL,
	"kind" text NOT NULL,
	"call_key" text NOT NULL,
	"call_id" text NOT NULL,
	"tool" text NOT NULL,
	"tool_version" text NOT NULL,
	"tier" text NOT NULL,
	"parameters" json NOT NULL,
	"args" text NOT NULL,
	"digest" text NOT NULL,
	"requester" text NOT NULL,
	"place" text NOT NULL,
	"taint" jsonb DEFAULT '[]'::jsonb NOT NULL,
	"preview" text,
	"stage" integer DEFAULT 0 NOT NULL,
	"reason" text NOT NULL,
	"allowed" jsonb NOT NULL,
	"rule" jsonb NOT NULL,
	"status" text DEFAULT 'pending' NOT NULL,
	"requested_at" timestamp with time zone DEFAULT now() NOT NULL,
	"expires_at" timestamp with time zone,
	"decided_by" text,
	"decided_at" timestamp with time zone,
	"note" text,
	"edited_args" text,
	"edited_digest" text
);
--> statement-breakpoint
CREATE TABLE "audit" (
	"id" bigint PRIMARY KEY NOT NULL,
	"at" timestamp (3) with time zone NOT NULL,
	"action" text NOT NULL,
	"approval_id" text,
	"run_id" text,
	"actor" text,
	"digest" text,
	"detail" json,
	"actor_commit" text,
	"detail_commit" text NOT NULL,
	"prev_hash" text NOT NULL,
	"hash" text NOT NULL
);
--> statement-breakpoint
CREATE TABLE "audit_head" (
	"id" integer PRIMARY KEY NOT NULL,
	"rows" bigint NOT NULL,
	"hash" text NOT NULL
);
--> statement-breakpoint
CREATE TABLE "audit_keys" (
	"subject" text PRIMARY KEY NOT NULL,
	"key" text NOT NULL
);
--> statement-breakpoint
CREATE TABLE "checkpoint_writes" (
	"thread_id" text NOT NULL,
	"ns" text NOT NULL,
	"checkpoint_id" text NOT NULL,
	"task_id" text NOT NULL,
	"idx" integer NOT NULL,
	"channel" text NOT NULL,
	"body" text NOT NULL,
	CONSTRAINT "checkpoint_writes_thread_id_ns_checkpoint_id_task_id_idx_pk" PRIMARY KEY("thread_id","ns","checkpoint_id","task_id","idx")
);
--> statement-breakpoint
CREATE TABLE "checkpoints" (
	"thread_id" text NOT NULL,
	"ns" text NOT NULL,
	"checkpoint_id" text NOT NULL,
	"parent_id" text,
	"body" text NOT NULL,
	"metadata" text NOT NULL,
	CONSTRAINT "checkpoints_thread_id_ns_pk" PRIMARY KEY("thread_id","ns")
);
--> statement-breakpoint
CREATE TABLE "deliveries" (
	"run_id" text NOT NULL,
	"place" text NOT NULL,
	"seq" integer NOT NULL,
	"part" integer NOT NULL,
	"nonce" text NOT NULL,
	"state" text NOT NULL,
	"platform_id" text,
	"more" boolean DEFAULT false NOT NULL,
	"data" jsonb DEFAULT '{}'::jsonb NOT NULL,
	"error" text,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	"delivered_at" timestamp with time zone,
	CONSTRAINT "deliveries_run_id_place_seq_part_pk" PRIMARY KEY("run_id","place","seq","part")
);
--> statement-breakpoint
CREATE TABLE "destinations" (
	"run_id" text NOT NULL,
	"place" text NOT NULL,
	"delivered" integer DEFAULT 0 NOT NULL,
	"done" boolean DEFAULT false NOT NULL,
	"not_before" timestamp with time zone DEFAULT now() NOT NULL,
	"failures" integer DEFAULT 0 NOT NULL,
	"last_error" text,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "destinations_run_id_place_pk" PRIMARY KEY("run_id","place")
);
--> statement-breakpoint
CREATE TABLE "grants" (
	"id" text PRIMARY KEY NOT NULL,
	"tool" text NOT NULL,
	"tool_version" text NOT NULL,
	"constraint" jsonb DEFAULT '{}'::jsonb NOT NULL,
	"scope" text NOT NULL,
	"requester" text NOT NULL,
	"granted_by" text NOT NULL,
	"approval_id" text NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	"expires_at" timestamp with time zone NOT NULL,
	"uses_left" integer,
	"revoked_at" timestamp with time zone,
	"revoked_by" text
);
--> statement-breakpoint
CREATE TABLE "inbox" (
	"key" text PRIMARY KEY NOT NULL,
	"platform" text NOT NULL,
	"inbound" json NOT NULL,
	"received_at" timestamp with time zone DEFAULT now() NOT NULL,
	"handled_at" timestamp with time zone,
	"outcome" text,
	"attempts" integer DEFAULT 0 NOT NULL
);
--> statement-breakpoint
CREATE TABLE "leases" (
	"name" text PRIMARY KEY NOT NULL,
	"holder" text NOT NULL,
	"fence" bigint NOT NULL,
	"expires_at" timestamp with time zone NOT NULL
);
--> statement-breakpoint
CREATE TABLE "memories" (
	"id" text PRIMARY KEY NOT NULL,
	"owner" text NOT NULL,
	"kind" text NOT NULL,
	"text" text NOT NULL,
	"source" text NOT NULL,
	"author" text NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	"updated_at" timestamp with time zone DEFAULT now() NOT NULL
);
--> statement-breakpoint
CREATE TABLE "messages" (
	"run_id" text NOT NULL,
	"idx" integer NOT NULL,
	"session_id" text NOT NULL,
	"seq" integer NOT NULL,
	"body" json NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "messages_run_id_idx_pk" PRIMARY KEY("run_id","idx")
);
--> statement-breakpoint
CREATE TABLE "run_events" (
	"run_id" text NOT NULL,
	"seq" integer NOT NULL,
	"at" timestamp with time zone DEFAULT now() NOT NULL,
	"event" json NOT NULL,
	CONSTRAINT "run_events_run_id_seq_pk" PRIMARY KEY("run_id","seq")
);
--> statement-breakpoint
CREATE TABLE "runs" (
	"id" text PRIMARY KEY NOT NULL,
	"session_id" text NOT NULL,
	"external_key" text,
	"position" bigserial NOT NULL,
	"requester" text NOT NULL,
	"status" text DEFAULT 'queued' NOT NULL,
	"input" text NOT NULL,
	"system_message" text,
	"language" text NOT NULL,
	"wake" integer DEFAULT 0 NOT NULL,
	"attempt" integer DEFAULT 0 NOT NULL,
	"recoveries" integer DEFAULT 0 NOT NULL,
	"last_seq" integer DEFAULT 0 NOT NULL,
	"steers" text,
	"stop_requested" jsonb,
	"answer" text,
	"error" jsonb,
	"shown_approval" text,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	"queued_at" timestamp with time zone DEFAULT now() NOT NULL,
	"started_at" timestamp with time zone,
	"updated_at" timestamp with time zone DEFAULT now() NOT NULL,
	"finished_at" timestamp with time zone
);
--> statement-breakpoint
CREATE TABLE "sessions" (
	"id" text PRIMARY KEY NOT NULL,
	"place" text NOT NULL,
	"owner" text NOT NULL,
	"external_key" text,
	"title" text DEFAULT '' NOT NULL,
	"status" text DEFAULT 'open' NOT NULL,
	"ttl_seconds" integer,
	"settings" jsonb DEFAULT '{}'::jsonb NOT NULL,
	"taint" jsonb DEFAULT '{}'::jsonb NOT NULL,
	"last_message" integer DEFAULT 0 NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	"last_active_at" timestamp with time zone DEFAULT now() NOT NULL,
	"closed_at" timestamp with time zone
);
--> statement-breakpoint
CREATE TABLE "settings" (
	"scope" text NOT NULL,
	"key" text NOT NULL,
	"value" json NOT NULL,
	"updated_at" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "settings_scope_key_pk" PRIMARY KEY("scope","key")
);
--> statement-breakpoint
CREATE TABLE "state" (
	"key" text PRIMARY KEY NOT NULL,
	"value" text NOT NULL,
	"expires_at" timestamp with time zone NOT NULL
);
--> statement-breakpoint
CREATE TABLE "tool_calls" (
	"run_id" text NOT NULL,
	"call_key" text NOT NULL,
	"tool" text NOT NULL,
	"digest" text NOT NULL,
	"state" text NOT NULL,
	"attempt" integer NOT NULL,
	"starts" integer DEFAULT 1 NOT NULL,
	"result" text,
	"started_at" timestamp with time zone DEFAULT now() NOT NULL,
	"finished_at" timestamp with time zone,
	CONSTRAINT "tool_calls_run_id_call_key_pk" PRIMARY KEY("run_id","call_key")
);
--> statement-breakpoint
ALTER TABLE "approval_steps" ADD CONSTRAINT "approval_steps_approval_id_approvals_id_fk" FOREIGN KEY ("approval_id") REFERENCES "public"."approvals"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "approval_views" ADD CONSTRAINT "approval_views_approval_id_approvals_id_fk" FOREIGN KEY ("approval_id") REFERENCES "public"."approvals"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "approval_votes" ADD CONSTRAINT "approval_votes_approval_id_approvals_id_fk" FOREIGN KEY ("approval_id") REFERENCES "public"."approvals"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "approvals" ADD CONSTRAINT "approvals_run_id_runs_id_fk" FOREIGN KEY ("run_id") REFERENCES "public"."runs"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "approvals" ADD CONSTRAINT "approvals_session_id_sessions_id_fk" FOREIGN KEY ("session_id") REFERENCES "public"."sessions"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "deliveries" ADD CONSTRAINT "deliveries_run_id_runs_id_fk" FOREIGN KEY ("run_id") REFERENCES "public"."runs"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "destinations" ADD CONSTRAINT "destinations_run_id_runs_id_fk" FOREIGN KEY ("run_id") REFERENCES "public"."runs"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "messages" ADD CONSTRAINT "messages_run_id_runs_id_fk" FOREIGN KEY ("run_id") REFERENCES "public"."runs"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "messages" ADD CONSTRAINT "messages_session_id_sessions_id_fk" FOREIGN KEY ("session_id") REFERENCES "public"."sessions"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "run_events" ADD CONSTRAINT "run_events_run_id_runs_id_fk" FOREIGN KEY ("run_id") REFERENCES "public"."runs"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "runs" ADD CONSTRAINT "runs_session_id_sessions_id_fk" FOREIGN KEY ("session_id") REFERENCES "public"."sessions"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "tool_calls" ADD CONSTRAINT "tool_calls_run_id_runs_id_fk" FOREIGN KEY ("run_id") REFERENCES "public"."runs"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "approval_steps_due" ON "approval_steps" USING btree ("due_at") WHERE fired_at is null;--> statement-breakpoint
CREATE UNIQUE INDEX "approvals_call" ON "approvals" USING btree ("run_id","call_key","kind") WHERE kind = 'tool_call';--> statement-breakpoint
CREATE UNIQUE INDEX "approvals_unknown" ON "approvals" USING btree ("run_id","call_key") WHERE kind = 'outcome_unknown' and status = 'pending';--> statement-breakpoint
CREATE INDEX "approvals_run" ON "approvals" USING btree ("run_id");--> statement-breakpoint
CREATE INDEX "approvals_pending" ON "approvals" USING btree ("expires_at") WHERE status = 'pending';--> statement-breakpoint
CREATE INDEX "approvals_requester" ON "approvals" USING btree ("requester","requested_at" DESC NULLS LAST);--> statement-breakpoint
CREATE INDEX "audit_approval" ON "audit" USING btree ("approval_id");--> statement-breakpoint
CREATE INDEX "audit_run" ON "audit" USING btree ("run_id");--> statement-breakpoint
CREATE INDEX "audit_actor" ON "audit" USING btree ("actor");--> statement-breakpoint
CREATE INDEX "destinations_open" ON "destinations" USING btree ("place","not_before") WHERE not done;--> statement-breakpoint
CREATE INDEX "grants_lookup" ON "grants" USING btree ("tool","scope");--> statement-breakpoint
CREATE INDEX "grants_requester" ON "grants" USING btree ("requester");--> statement-breakpoint
CREATE INDEX "inbox_open" ON "inbox" USING btree ("received_at") WHERE handled_at is null;--> statement-breakpoint
CREATE INDEX "leases_expires" ON "leases" USING btree ("expires_at");--> statement-breakpoint
CREATE INDEX "memories_owner" ON "memories" USING btree ("owner","created_at");--> statement-breakpoint
CREATE INDEX "messages_session" ON "messages" USING btree ("session_id","seq");--> statement-breakpoint
CREATE UNIQUE INDEX "runs_session_key" ON "runs" USING btree ("session_id","external_key");--> statement-breakpoint
CREATE INDEX "runs_session_position" ON "runs" USING btree ("session_id","position");--> statement-breakpoint
CREATE INDEX "runs_unfinished" ON "runs" USING btree ("session_id","position") WHERE finished_at is null;--> statement-breakpoint
CREATE INDEX "runs_queued" ON "runs" USING btree ("queued_at") WHERE finished_at is null;--> statement-breakpoint
CREATE UNIQUE INDEX "sessions_place" ON "sessions" USING btree ("place");--> statement-breakpoint
CREATE UNIQUE INDEX "sessions_owner_key" ON "sessions" USING btree ("owner","external_key");--> statement-breakpoint
CREATE INDEX "sessions_owner_active" ON "sessions" USING btree ("owner","last_active_at" DESC NULLS LAST);--> statement-breakpoint
CREATE INDEX "sessions_open" ON "sessions" USING btree ("last_active_at") WHERE status = 'open';--> statement-breakpoint
CREATE INDEX "state_expires" ON "state" USING btree ("expires_at");