DROP INDEX notes_text;
