DROP TRIGGER postings_append_only ON postings;
DROP TRIGGER entries_append_only ON entries;
DROP FUNCTION ledger_is_append_only;
DROP TRIGGER postings_balanced ON postings;
DROP TRIGGER entries_balanced ON entries;
DROP FUNCTION posting_is_balanced;
