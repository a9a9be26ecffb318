ALTER TABLE "users" DROP CONSTRAINT "users_nick_key";
ALTER TABLE "posts" DROP COLUMN "published";
ALTER TABLE "users" RENAME COLUMN "nick" TO "name";
