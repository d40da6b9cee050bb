from django.db import migrations

# The role that serves requests inserts rows; when, and under which number, is for the database to say. A link for an
# event that is not there would keep later events from being sealed.
OWN = """
CREATE FUNCTION audit_event_is_stamped() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.id := nextval(pg_get_serial_sequence(format('%I.%I', TG_TABLE_SCHEMA, TG_TABLE_NAME), 'id'));
    NEW.at := clock_timestamp();
    RETURN NEW;
END $$;
CREATE TRIGGER audit_auditevent_is_stamped BEFORE INSERT ON audit_auditevent
    FOR EACH ROW EXECUTE FUNCTION audit_event_is_stamped();

CREATE FUNCTION audit_seal_is_stamped() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT EXISTS (SELECT FROM audit_auditevent WHERE id = NEW.event_id) THEN
        RAISE EXCEPTION 'the event that is sealed does not exist' USING ERRCODE = 'foreign_key_violation';
    END IF;
    NEW.id := nextval(pg_get_serial_sequence(format('%I.%I', TG_TABLE_SCHEMA, TG_TABLE_NAME), 'id'));
    NEW.sealed_at := clock_timestamp();
    RETURN NEW;
END $$;
CREATE TRIGGER audit_auditseal_is_stamped BEFORE INSERT ON audit_auditseal
    FOR EACH ROW EXECUTE FUNCTION audit_seal_is_stamped();
"""
LET_GO = """
DROP TRIGGER audit_auditseal_is_stamped ON audit_auditseal;
DROP TRIGGER audit_auditevent_is_stamped ON audit_auditevent;
DROP FUNCTION audit_seal_is_stamped();
DROP FUNCTION audit_event_is_stamped();
"""


class Migration(migrations.Migration):
    dependencies = [("audit", "0003_chain_without_forks")]
    operations = [migrations.RunSQL(OWN, LET_GO)]
