from django.db import migrations

# What is forgotten about people, and what is old, may go; nothing else changes.
FORBID = """
CREATE FUNCTION llm_calls_are_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' THEN
        IF OLD.at < now() - interval '30 days' THEN
            RETURN OLD;
        END IF;
    ELSIF to_jsonb(NEW) - ARRAY['asker_id', 'token_id', 'answer_id']
            = to_jsonb(OLD) - ARRAY['asker_id', 'token_id', 'answer_id']
        AND (NEW.asker_id IS NULL OR NEW.asker_id = OLD.asker_id)
        AND (NEW.token_id IS NULL OR NEW.token_id = OLD.token_id)
        AND (NEW.answer_id IS NULL OR NEW.answer_id = OLD.answer_id) THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION 'model calls are append-only' USING ERRCODE = 'insufficient_privilege';
END $$;
CREATE TRIGGER llm_calls_are_append_only BEFORE UPDATE OR DELETE ON llm_call
    FOR EACH ROW EXECUTE FUNCTION llm_calls_are_append_only();
"""
ALLOW = """
DROP TRIGGER llm_calls_are_append_only ON llm_call;
DROP FUNCTION llm_calls_are_append_only();
"""


class Migration(migrations.Migration):
    dependencies = [("llm", "0002_routes_and_calls")]
    operations = [migrations.RunSQL(FORBID, ALLOW)]
