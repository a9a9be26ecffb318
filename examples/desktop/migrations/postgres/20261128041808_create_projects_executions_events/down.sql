-- alone: what else depends on it, and no statement drops, stops this.
DROP TABLE "projects", "executions", "events";
