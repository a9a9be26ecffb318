DROP TABLE "users", "posts";
