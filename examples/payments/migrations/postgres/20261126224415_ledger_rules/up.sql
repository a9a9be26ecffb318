-- A posting has entries, and they sum to zero. Checked at COMMIT, when all of them are there.
CREATE FUNCTION posting_is_balanced() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  posting bigint := to_jsonb(NEW) ->> TG_ARGV[0];
BEGIN
  IF (SELECT count(*) < 2 OR sum(amount) <> 0 FROM entries WHERE posting_id = posting) THEN
    RAISE EXCEPTION 'the entries of posting % don''t sum to zero', posting
      USING ERRCODE = 'check_violation', TABLE = 'postings', CONSTRAINT = 'postings_balanced';
  END IF;
  RETURN NULL;
END $$;

CREATE CONSTRAINT TRIGGER postings_balanced AFTER INSERT ON postings
  DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION posting_is_balanced('id');
CREATE CONSTRAINT TRIGGER entries_balanced AFTER INSERT ON entries
  DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION posting_is_balanced('posting_id');

-- What is booked stays as it is.
CREATE FUNCTION ledger_is_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'what is booked stays: % on % is refused', TG_OP, TG_TABLE_NAME;
END $$;

CREATE TRIGGER postings_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON postings
  FOR EACH STATEMENT EXECUTE FUNCTION ledger_is_append_only();
CREATE TRIGGER entries_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON entries
  FOR EACH STATEMENT EXECUTE FUNCTION ledger_is_append_only();
