DROP TABLE "users", "wallets", "postings", "entries", "calls", "payments", "webhooks";
