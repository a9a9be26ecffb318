-- A posting has entries, and they sum to zero. SQLite checks only foreign keys at COMMIT: a posting that isn't balanced has a row
-- that refers to nothing.
CREATE TABLE no_rows (id INTEGER PRIMARY KEY NOT NULL CHECK (false));
CREATE TABLE unbalanced_postings (
  posting_id INTEGER PRIMARY KEY NOT NULL REFERENCES no_rows (id) DEFERRABLE INITIALLY DEFERRED
);

CREATE TRIGGER postings_begin AFTER INSERT ON postings BEGIN
  INSERT INTO unbalanced_postings VALUES (new.id);
END;
CREATE TRIGGER entries_balance AFTER INSERT ON entries BEGIN
  INSERT OR IGNORE INTO unbalanced_postings VALUES (new.posting_id);
  -- mizzle's function adds decimals exactly.
  DELETE FROM unbalanced_postings WHERE posting_id = new.posting_id AND (
    SELECT count(*) >= 2 AND decimal_sum(amount) COLLATE decimal = '0' FROM entries WHERE posting_id = new.posting_id
  );
END;

-- What is booked stays as it is. REPLACE deletes without a trigger, so the insert refuses an id that there is.
CREATE TRIGGER postings_no_update BEFORE UPDATE ON postings BEGIN
  SELECT RAISE(ABORT, 'what is booked stays: UPDATE on postings is refused');
END;
CREATE TRIGGER postings_no_delete BEFORE DELETE ON postings BEGIN
  SELECT RAISE(ABORT, 'what is booked stays: DELETE on postings is refused');
END;
CREATE TRIGGER postings_no_replace BEFORE INSERT ON postings WHEN EXISTS (SELECT 1 FROM postings WHERE id = new.id) BEGIN
  SELECT RAISE(ABORT, 'what is booked stays: there is a posting with this id');
END;
CREATE TRIGGER entries_no_update BEFORE UPDATE ON entries BEGIN
  SELECT RAISE(ABORT, 'what is booked stays: UPDATE on entries is refused');
END;
CREATE TRIGGER entries_no_delete BEFORE DELETE ON entries BEGIN
  SELECT RAISE(ABORT, 'what is booked stays: DELETE on entries is refused');
END;
CREATE TRIGGER entries_no_replace BEFORE INSERT ON entries WHEN EXISTS (SELECT 1 FROM entries WHERE id = new.id) BEGIN
  SELECT RAISE(ABORT, 'what is booked stays: there is an entry with this id');
END;
