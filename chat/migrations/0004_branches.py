"""Questions know what they follow, so that one that was edited stands beside the first one."""

import django.db.models.deletion
import django.utils.timezone
from django.db import migrations, models

IN_ONE_LINE = """
UPDATE chat_turn SET parent_id = earlier.before
FROM (SELECT id, lag(id) OVER (PARTITION BY conversation_id ORDER BY ordinal) AS before FROM chat_turn) AS earlier
WHERE chat_turn.id = earlier.id AND earlier.before IS NOT NULL
"""


class Migration(migrations.Migration):
    dependencies = [("chat", "0003_hidden_conversations")]

    operations = [
        migrations.AddField(
            model_name="turn",
            name="parent",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="follow_ups",
                to="chat.turn",
            ),
        ),
        migrations.AddField(
            model_name="turn",
            name="chosen_at",
            field=models.DateTimeField(default=django.utils.timezone.now),
        ),
        migrations.AddField(
            model_name="turn",
            name="chosen_answer",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="+",
                to="chat.answer",
            ),
        ),
        # The constraints of the new columns are checked before the next change of the table.
        migrations.RunSQL("SET CONSTRAINTS ALL IMMEDIATE; SET CONSTRAINTS ALL DEFERRED", migrations.RunSQL.noop),
        migrations.RunSQL(IN_ONE_LINE, migrations.RunSQL.noop),
    ]
