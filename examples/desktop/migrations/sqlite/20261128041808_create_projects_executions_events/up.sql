BEGIN IMMEDIATE;
CREATE TABLE "projects" (
  "id" INTEGER NOT NULL CONSTRAINT "projects_pkey" PRIMARY KEY AUTOINCREMENT,
  "name" VARCHAR(100) NOT NULL,
  "folder" TEXT NOT NULL,
  "archived" BOOLEAN NOT NULL DEFAULT 0,
  "created_at" BIGINT NOT NULL DEFAULT (CAST(strftime('%s', 'now') AS INTEGER)),
  CONSTRAINT "projects_name_key" UNIQUE ("name"),
  CONSTRAINT "projects_name_check" CHECK (length("name") <= 100),
  CONSTRAINT "projects_name_check1" CHECK (name <> '')
);
CREATE TABLE "executions" (
  "id" INTEGER NOT NULL CONSTRAINT "executions_pkey" PRIMARY KEY AUTOINCREMENT,
  "project_id" BIGINT NOT NULL,
  "command" TEXT NOT NULL,
  "status" TEXT NOT NULL DEFAULT 'queued',
  "created_at" BIGINT NOT NULL,
  "expires_at" BIGINT NOT NULL,
  "finished_at" BIGINT,
  CONSTRAINT "executions_status_check" CHECK ("status" IN ('queued', 'running', 'succeeded', 'failed', 'timed_out')),
  CONSTRAINT "executions_command_check" CHECK (command <> ''),
  CONSTRAINT "ended" CHECK ((finished_at IS NULL) = (status IN ('queued', 'running'))),
  CONSTRAINT "executions_project_id_fkey" FOREIGN KEY ("project_id") REFERENCES "projects" ("id") ON DELETE CASCADE
);
CREATE INDEX "executions_project_id_created_at_id_idx" ON "executions" ("project_id", "created_at" DESC, "id" DESC);
CREATE INDEX "executions_status_expires_at_idx" ON "executions" ("status", "expires_at");
CREATE TABLE "events" (
  "id" INTEGER NOT NULL CONSTRAINT "events_pkey" PRIMARY KEY AUTOINCREMENT,
  "execution_id" BIGINT NOT NULL,
  "kind" TEXT NOT NULL,
  "text" TEXT NOT NULL,
  "at" BIGINT NOT NULL,
  CONSTRAINT "events_kind_check" CHECK ("kind" IN ('started', 'output', 'ended')),
  CONSTRAINT "events_execution_id_fkey" FOREIGN KEY ("execution_id") REFERENCES "executions" ("id") ON DELETE CASCADE
);
CREATE INDEX "events_execution_id_id_idx" ON "events" ("execution_id", "id");
COMMIT;
