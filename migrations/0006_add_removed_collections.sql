-- A collection that is being removed: nobody's, seen by nobody, and gone once its items are.
ALTER TABLE collections
    DROP CONSTRAINT collections_visibility_check,
    ADD CONSTRAINT collections_visibility_check CHECK (visibility IN ('public', 'groups', 'owner', 'removed'));
COMMENT ON COLUMN collections.visibility IS
    'public: everyone sees it and its items; groups: its subjects and its owner do; owner: its owner alone does; '
    'removed: its items are being deleted, and then it is.';
