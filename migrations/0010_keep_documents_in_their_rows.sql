-- A document that is compressed fits a page: kept in its row, it is read with it rather than looked up elsewhere. Rows
-- that are there already move when they are written again.
ALTER TABLE items SET (toast_tuple_target = 8160);
