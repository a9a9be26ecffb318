BEGIN IMMEDIATE;
CREATE TABLE "conversations" (
  "id" INTEGER NOT NULL CONSTRAINT "conversations_pkey" PRIMARY KEY AUTOINCREMENT,
  "title" VARCHAR(200) NOT NULL,
  "created_at" TIMESTAMPTZ_TEXT NOT NULL DEFAULT (strftime('%Y-%m-%d %H:%M:%f000+00:00', 'now')),
  "updated_at" TIMESTAMPTZ_TEXT NOT NULL DEFAULT (strftime('%Y-%m-%d %H:%M:%f000+00:00', 'now')),
  CONSTRAINT "conversations_title_check" CHECK (length("title") <= 200),
  CONSTRAINT "conversations_title_check1" CHECK (title <> '')
);
CREATE INDEX "conversations_updated_at_id_idx" ON "conversations" ("updated_at" DESC, "id" DESC);
CREATE TABLE "messages" (
  "id" INTEGER NOT NULL CONSTRAINT "messages_pkey" PRIMARY KEY AUTOINCREMENT,
  "conversation_id" BIGINT NOT NULL,
  "author" VARCHAR(100) NOT NULL,
  "content" VARCHAR(10000) NOT NULL,
  "created_at" TIMESTAMPTZ_TEXT NOT NULL DEFAULT (strftime('%Y-%m-%d %H:%M:%f000+00:00', 'now')),
  CONSTRAINT "messages_author_check" CHECK (length("author") <= 100),
  CONSTRAINT "messages_content_check" CHECK (length("content") <= 10000),
  CONSTRAINT "messages_author_check1" CHECK (author <> ''),
  CONSTRAINT "messages_content_check1" CHECK (content <> ''),
  CONSTRAINT "messages_conversation_id_fkey" FOREIGN KEY ("conversation_id") REFERENCES "conversations" ("id") ON DELETE CASCADE
);
CREATE INDEX "messages_conversation_id_id_idx" ON "messages" ("conversation_id", "id");
COMMIT;
