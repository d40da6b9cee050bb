"""What a program said when it asked."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("accounts", "0003_api_tokens"), ("chat", "0007_files_and_days")]

    operations = [
        migrations.CreateModel(
            name="AskedByProgram",
            fields=[
                (
                    "turn",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        related_name="by_program",
                        serialize=False,
                        to="chat.turn",
                    ),
                ),
                (
                    "door",
                    models.CharField(
                        choices=[("openai", "/v1/chat/completions"), ("api", "/api/"), ("mcp", "/mcp")], max_length=10
                    ),
                ),
                ("before", models.JSONField(default=list)),
                (
                    "token",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to="accounts.apitoken",
                    ),
                ),
            ],
        ),
    ]
