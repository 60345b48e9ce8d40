-- Sessions.
CREATE SCHEMA auth;

/* The table. */
CREATE TABLE IF NOT EXISTS auth.sessions (
    id BIGSERIAL PRIMARY KEY,
    user_id INTEGER NOT NULL REFERENCES users (id),
    token TEXT DEFAULT 'none',
    created_at TIMESTAMP WITH TIME ZONE DEFAULT now()
);

CREATE UNIQUE INDEX sessions_token ON auth.sessions (token);

-- The active ones.
CREATE OR REPLACE VIEW active_sessions AS
SELECT s.id, u.name
FROM auth.sessions s
JOIN users u ON u.id = s.user_id
WHERE s.token <> 'none';

CREATE FUNCTION refresh(session_id BIGINT) RETURNS TEXT AS $$
BEGIN
    UPDATE auth.sessions SET token = md5(random()::text) WHERE id = session_id;
    RETURN 'done';
END;
$$ LANGUAGE plpgsql;

CREATE TRIGGER touch BEFORE UPDATE ON auth.sessions
    FOR EACH ROW EXECUTE FUNCTION touch_row();

CREATE TYPE level AS ENUM ('debug', 'info');

ALTER TABLE auth.sessions ADD COLUMN level level;

INSERT INTO users (name) VALUES ('it''s'), ('b');

SELECT * FROM active_sessions;
